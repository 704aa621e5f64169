import Glibc

/// An address as the socket calls take it: numeric IPv4, numeric IPv6, or a path.
package struct SocketAddress: Sendable {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// The value to receive an address into.
  init() {}

  /// A numeric IPv4 or IPv6 address, or `localhost`, which is 127.0.0.1. Names are not looked up.
  /// - Returns: nil when `host` is none of these.
  package init?(host: String, port: UInt16) {
    let numeric = host == "localhost" ? "127.0.0.1" : host
    guard !numeric.utf8.contains(0) else { return nil }
    var ipv4 = sockaddr_in()
    var ipv6 = sockaddr_in6()
    if inet_pton(AF_INET, numeric, &ipv4.sin_addr) == 1 {
      ipv4.sin_family = sa_family_t(AF_INET)
      ipv4.sin_port = port.bigEndian
      set(ipv4)
    } else if inet_pton(AF_INET6, numeric, &ipv6.sin6_addr) == 1 {
      ipv6.sin6_family = sa_family_t(AF_INET6)
      ipv6.sin6_port = port.bigEndian
      set(ipv6)
    } else {
      return nil
    }
  }

  /// A Unix socket's path.
  /// - Returns: nil when `path` is empty, holds a NUL, or is too long for a socket address.
  init?(unixPath path: String) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let isFitting = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard !bytes.isEmpty, bytes.count < target.count, !bytes.contains(0) else { return false }
      target.copyBytes(from: bytes)
      return true
    }
    guard isFitting else { return nil }
    set(address)
  }

  private mutating func set<Address>(_ address: Address) {
    withUnsafeMutableBytes(of: &storage) { target in
      withUnsafeBytes(of: address) { target.copyMemory(from: $0) }
    }
    length = socklen_t(MemoryLayout<Address>.size)
  }

  var family: Int32 { Int32(storage.ss_family) }

  /// The TCP port; 0 for a path.
  package var port: UInt16 {
    switch family {
    case AF_INET: UInt16(bigEndian: view(as: sockaddr_in.self).sin_port)
    case AF_INET6: UInt16(bigEndian: view(as: sockaddr_in6.self).sin6_port)
    default: 0
    }
  }

  /// The host in its canonical spelling, without the port: `127.0.0.1`, `::1`, `unix`.
  /// An IPv4 address that arrived as IPv6 is spelled as IPv4.
  package var host: String {
    switch family {
    case AF_INET:
      return Self.spelled(AF_INET, view(as: sockaddr_in.self).sin_addr)
    case AF_INET6:
      let bytes = ipv6Bytes
      guard Self.isMappedIPv4(bytes) else {
        return Self.spelled(AF_INET6, view(as: sockaddr_in6.self).sin6_addr)
      }
      return bytes.suffix(4).map(String.init).joined(separator: ".")
    default:
      return "unix"
    }
  }

  /// Whether only this machine can reach the address.
  package var isLoopback: Bool {
    switch family {
    case AF_INET:
      return UInt32(bigEndian: view(as: sockaddr_in.self).sin_addr.s_addr) >> 24 == 127
    case AF_INET6:
      let bytes = ipv6Bytes
      if Self.isMappedIPv4(bytes) { return bytes[12] == 127 }
      return bytes.prefix(15).allSatisfy { $0 == 0 } && bytes[15] == 1
    default:
      return true
    }
  }

  /// The 4 or 16 bytes of the host, an IPv4 address that arrived as IPv6 as 4; empty for a path.
  var bytes: [UInt8] {
    switch family {
    case AF_INET:
      return withUnsafeBytes(of: view(as: sockaddr_in.self).sin_addr) { Array($0) }
    case AF_INET6:
      let bytes = ipv6Bytes
      return Self.isMappedIPv4(bytes) ? Array(bytes.suffix(4)) : bytes
    default:
      return []
    }
  }

  private var ipv6Bytes: [UInt8] {
    withUnsafeBytes(of: view(as: sockaddr_in6.self).sin6_addr) { Array($0) }
  }

  private static func isMappedIPv4(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
  }

  private func view<Address>(as type: Address.Type) -> Address {
    withUnsafeBytes(of: storage) { $0.loadUnaligned(as: type) }
  }

  private static func spelled<Address>(_ family: Int32, _ address: Address) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
      withUnsafeBytes(of: address) { bytes in
        let result = inet_ntop(
          family, bytes.baseAddress, text.baseAddress, socklen_t(INET6_ADDRSTRLEN))
        return result.map { String(cString: $0) } ?? "unknown"
      }
    }
  }

  /// Lends the address to a call that reads it.
  func read(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// Lends the address to a call that fills it.
  mutating func fill(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> Int32 {
    length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var length = length
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
    self.length = length
    return result
  }
}
