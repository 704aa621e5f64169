extension JSONParser {
  /// A string without escapes is taken over in one piece.
  mutating func parseString() throws(JSONError) -> String {
    let start = position + 1
    let end = StringScanner.endOfCleanRun(in: bytes, from: start)
    guard end < bytes.count else { throw failure("the string has no end", at: position) }
    guard bytes[end] == UInt8(ascii: "\"") else { return try parseEscapedString() }
    let text = try decode(start..<end)
    position = end + 1
    return text
  }

  private mutating func parseEscapedString() throws(JSONError) -> String {
    let quote = position
    var decoded: [UInt8] = []
    position += 1
    while true {
      let end = StringScanner.endOfCleanRun(in: bytes, from: position)
      decoded.append(contentsOf: try decode(position..<end).utf8)
      position = end
      guard let byte = peek() else { throw failure("the string has no end", at: quote) }
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: decoded, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        throw failure("a control character must be escaped", at: end)
      }
      try parseEscape(into: &decoded)
    }
  }

  /// What follows a `\`.
  private mutating func parseEscape(into decoded: inout [UInt8]) throws(JSONError) {
    let start = position - 1
    guard let byte = peek() else { throw failure("the string has no end", at: start) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(byte)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0c)
    case UInt8(ascii: "n"): decoded.append(0x0a)
    case UInt8(ascii: "r"): decoded.append(0x0d)
    case UInt8(ascii: "t"): decoded.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try parseCodePoint(escapeStart: start)
      decoded.append(contentsOf: String(Character(scalar)).utf8)
    default: throw failure("there is no such escape", at: start)
    }
  }

  /// What follows `\u`: four digits, or a pair of surrogates.
  private mutating func parseCodePoint(escapeStart: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try parseHexadecimal(escapeStart: escapeStart)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure("a surrogate stands alone", at: escapeStart) }
    position += 2
    let second = try parseHexadecimal(escapeStart: position - 2)
    guard (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw failure("a surrogate stands alone", at: escapeStart) }
    return scalar
  }

  private mutating func parseHexadecimal(escapeStart: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Self.hexadecimalValue(byte) else {
        throw failure("\\u needs four hexadecimal digits", at: escapeStart)
      }
      value = value << 4 | digit
      position += 1
    }
    return value
  }

  private static func hexadecimalValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }

  private func decode(_ range: Range<Int>) throws(JSONError) -> String {
    do throws(UTF8.ValidationError) {
      let piece = UnsafeBufferPointer(rebasing: bytes[range])
      return String(copying: try UTF8Span(validating: piece.span))
    } catch {
      throw failure("not valid UTF-8", at: range.lowerBound + error.byteOffsets.lowerBound)
    }
  }
}
