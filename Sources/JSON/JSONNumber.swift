/// A number as it was spelled: `1.0`, `1` and `1e0` stay what they are, and no digit is lost.
package struct JSONNumber: Sendable {
  /// Valid by RFC 8259, section 6.
  package let text: String

  package init(_ value: Int) { text = String(value) }
  package init(_ value: UInt64) { text = String(value) }

  /// Nil if the text is not exactly one JSON number.
  package init?(text: String) {
    var copy = text
    let isNumber = copy.withUTF8 { bytes in
      var position = 0
      return Self.scan(bytes, &position) == nil && position == bytes.count
    }
    guard isNumber else { return nil }
    self.text = text
  }

  /// - Parameter text: must be a valid number.
  init(scanned text: String) { self.text = text }

  /// The value if it is spelled as an integer (no point, no exponent) that fits into `Int`.
  package var int: Int? { Int(text) }

  /// The nearest double; infinite if the number is too large for one.
  package var double: Double { Double(text) ?? .nan }

  /// Moves the position over one number; on failure, says what is wrong at the position reached.
  static func scan(_ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int) -> String? {
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    let start = position
    guard skipDigits(bytes, &position) else { return "a number needs a digit here" }
    if bytes[start] == UInt8(ascii: "0"), position > start + 1 {
      position = start
      return "a number must not begin with 0 if more digits follow"
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard skipDigits(bytes, &position) else { return "a digit must follow the decimal point" }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      guard skipDigits(bytes, &position) else { return "an exponent needs a digit here" }
    }
    return nil
  }

  private static func skipDigits(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: inout Int
  ) -> Bool {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    return position > start
  }
}
