/// A host with an optional port, as `Host` and an absolute URI name it.
enum Authority {
  private static let maximumPortDigitCount = 5

  /// Whether it is a name, an IPv4 address or a bracketed IPv6 address, and then nothing, a colon,
  /// or a colon and a port (RFC 3986, section 3.2). Stricter than the RFC: no escapes and no
  /// delimiters in a name.
  static func isWellFormed(_ bytes: ArraySlice<UInt8>) -> Bool {
    let hostEnd = end(ofHostIn: bytes)
    return isHost(bytes[..<hostEnd]) && isPort(bytes[hostEnd...])
  }

  private static func end(ofHostIn bytes: ArraySlice<UInt8>) -> Int {
    guard bytes.first == UInt8(ascii: "[") else {
      return bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
    }
    return bytes.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? bytes.endIndex
  }

  private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
    guard host.first == UInt8(ascii: "[") else {
      return !host.isEmpty && host.allSatisfy(ASCII.isHostName)
    }
    let address = host.dropFirst().dropLast()
    return host.last == UInt8(ascii: "]") && address.contains(UInt8(ascii: ":"))
      && address.allSatisfy(ASCII.isIPv6Address)
  }

  private static func isPort(_ port: ArraySlice<UInt8>) -> Bool {
    guard port.first == UInt8(ascii: ":") else { return port.isEmpty }
    let digits = port.dropFirst()
    return digits.count <= maximumPortDigitCount && digits.allSatisfy(ASCII.isDigit)
  }
}
