/// Byte classes of RFC 9110 and RFC 3986.
enum ASCII {
  static let horizontalTab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let slash = UInt8(ascii: "/")
  static let percent = UInt8(ascii: "%")

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a }

  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

  static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }

  /// The value of a hexadecimal digit.
  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// `tchar`: what methods and field names are made of.
  static func isToken(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || isAny(byte, of: "!#$%&'*+-.^_`|~")
  }

  /// `pchar` with "/" and "%": what a path is made of.
  static func isPath(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || isAny(byte, of: "-._~!$&'()*+,;=:@/%")
  }

  /// What a query is made of. Wider than RFC 3986, as browsers send brackets and braces as they
  /// are.
  static func isQuery(_ byte: UInt8) -> Bool { isVisible(byte) && !isAny(byte, of: "\"#<>") }

  /// What the name or the IPv4 address of a host is made of.
  static func isHostName(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || isAny(byte, of: "-._~")
  }

  /// What an IPv6 address is made of.
  static func isIPv6Address(_ byte: UInt8) -> Bool {
    hexadecimal(byte) != nil || isAny(byte, of: ":.")
  }

  private static func isAny(_ byte: UInt8, of set: StaticString) -> Bool {
    set.withUTF8Buffer { $0.contains(byte) }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }

  /// Compares bytes; only the case of A … Z is ignored.
  static func isEqualIgnoringCase(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8) { lowercased($0) == lowercased($1) }
  }

  /// Without the spaces and tabs at both ends.
  static func trimmingBlanks(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank = { (byte: UInt8) in byte == space || byte == horizontalTab }
    guard let first = bytes.firstIndex(where: { !isBlank($0) }),
      let last = bytes.lastIndex(where: { !isBlank($0) })
    else { return [] }
    return bytes[first...last]
  }
}
