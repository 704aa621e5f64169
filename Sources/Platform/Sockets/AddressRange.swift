/// Addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
package struct AddressRange: Sendable, Equatable {
  private let bytes: [UInt8]
  private let bitCount: Int

  /// - Returns: nil for anything but a numeric IPv4 or IPv6 address, with or without a number of bits.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let bytes = SocketAddress(host: String(parts[0]), port: 0)?.bytes
    else { return nil }
    self.bytes = bytes
    guard parts.count == 2 else {
      bitCount = bytes.count * 8
      return
    }
    guard let count = Int(parts[1]), (0...bytes.count * 8).contains(count),
      parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    bitCount = count
  }

  /// The range of an address and its neighbours.
  /// - Parameter host: as a socket spells it: `127.0.0.1`, `::1`.
  /// - Returns: nil for what is no address, such as `unix`.
  package init?(around host: String, bitCount: (ipv4: Int, ipv6: Int)) {
    guard let bytes = SocketAddress(host: host, port: 0)?.bytes else { return nil }
    self.bitCount = bytes.count == 4 ? bitCount.ipv4 : bitCount.ipv6
    self.bytes = bytes
  }

  /// Whether an address is in the range. False for what is no address.
  package func contains(_ host: String) -> Bool {
    guard let other = SocketAddress(host: host, port: 0)?.bytes, other.count == bytes.count else {
      return false
    }
    return Self.masked(other, bitCount) == Self.masked(bytes, bitCount)
  }

  /// The same for all addresses of the range, and no others.
  package var key: [UInt8] { Self.masked(bytes, bitCount) + [UInt8(bitCount)] }

  private static func masked(_ bytes: [UInt8], _ bitCount: Int) -> [UInt8] {
    bytes.enumerated().map { index, byte in
      let kept = min(8, max(0, bitCount - 8 * index))
      return byte & (kept == 0 ? 0 : 0xff << UInt8(8 - kept))
    }
  }
}
