extension JSONValue {
  /// The canonical form of RFC 8785: members sorted by their keys' UTF-16 code units, numbers as
  /// ECMAScript prints the nearest double, no white space. Equal values have equal bytes.
  /// - Throws: if a number is too large for a double; nothing can be done with the value here.
  package func canonicalBytes() throws(JSONError) -> [UInt8] {
    var bytes: [UInt8] = []
    try writeCanonical(into: &bytes)
    return bytes
  }

  private func writeCanonical(into bytes: inout [UInt8]) throws(JSONError) {
    switch self {
    case .null, .bool, .string: write(into: &bytes)
    case .number(let number):
      guard let text = CanonicalNumber.text(number.double) else {
        let spelling = String(number.text.prefix(40))
        throw JSONError(problem: "the number \(spelling) is too large for a canonical form")
      }
      JSONWriter.write(text, into: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        try element.writeCanonical(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      let members = object.members.sorted { utf16Less($0.key, $1.key) }
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONWriter.writeString(member.key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        try member.value.writeCanonical(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}

/// Numbers as ECMAScript's `Number::toString` prints them.
enum CanonicalNumber {
  /// Nil for what is not finite.
  static func text(_ value: Double) -> String? {
    guard value.isFinite else { return nil }
    guard value != 0 else { return "0" }
    let (digits, pointPosition) = shortestDecimal(value.magnitude)
    return (value < 0 ? "-" : "") + layOut(digits: digits, pointPosition: pointPosition)
  }

  /// The shortest digits that name a positive double (no zeros at either end), and where the decimal
  /// point stands: the value is 0.digits × 10^pointPosition. `description` gives those digits.
  private static func shortestDecimal(_ value: Double) -> (digits: [UInt8], pointPosition: Int) {
    let parts = value.description.split(separator: "e")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? Array(mantissa[1].utf8) : []
    let all = Array(mantissa[0].utf8) + fraction
    let zero = UInt8(ascii: "0")
    let leadingZeros = all.prefix { $0 == zero }.count
    var digits = Array(all.dropFirst(leadingZeros))
    while digits.last == zero { digits.removeLast() }
    return (digits, mantissa[0].utf8.count - leadingZeros + exponent)
  }

  /// The cases of ECMA-262, Number::toString, where n is `pointPosition`. There are at most 17
  /// digits.
  private static func layOut(digits: [UInt8], pointPosition: Int) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    switch pointPosition {
    case digits.count...21:
      return text + String(repeating: "0", count: pointPosition - digits.count)
    case 1...21:
      return text.prefix(pointPosition) + "." + text.dropFirst(pointPosition)
    case -5...0:
      return "0." + String(repeating: "0", count: -pointPosition) + text
    default:
      let exponent = pointPosition - 1
      let power = (exponent < 0 ? "e-" : "e+") + String(exponent.magnitude)
      return digits.count == 1 ? text + power : text.prefix(1) + "." + text.dropFirst() + power
    }
  }
}
