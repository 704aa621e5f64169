/// Times as databases print them: a space for the `T`, and mostly no zone. Those without one are UTC.
enum LegacyTime {
  /// The time in the form of RFC 3339; what is none stays as it is, for the validator to refuse.
  static func text(_ text: String) -> String {
    var bytes = Array(text.utf8)
    if bytes.count == dayByteCount { return text + "T00:00:00Z" }
    guard bytes.count > dayByteCount else { return text }
    if bytes[dayByteCount] == UInt8(ascii: " ") { bytes[dayByteCount] = UInt8(ascii: "T") }
    let time = bytes[dayByteCount...]
    let sign = time.lastIndex { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    if let sign {
      // An offset of whole hours may lack its minutes.
      if bytes.count - sign == 3 { bytes += ":00".utf8 }
    } else if let last = bytes.last, last != UInt8(ascii: "Z"), last != UInt8(ascii: "z") {
      bytes.append(UInt8(ascii: "Z"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Of `YYYY-MM-DD`.
  private static let dayByteCount = 10
}
