internal import Platform

/// Where a server listens or a client connects.
package enum Endpoint: Sendable, Equatable, CustomStringConvertible {
  /// A numeric IPv4 or IPv6 address, or `localhost` (127.0.0.1). Port 0 means any free one, when
  /// listening.
  case tcp(host: String, port: UInt16)
  /// A Unix socket, of any path length.
  case unix(path: String)

  /// Reads `127.0.0.1:7420`, `[::1]:7420`, `localhost:7420` or `unix:/path`.
  /// - Returns: nil for anything else, names of other hosts included.
  package init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard !path.isEmpty else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard digits.utf8.allSatisfy(ASCII.isDigit), let port = UInt16(digits) else { return nil }
    guard let host = Self.host(spelled: text[..<colon]) else { return nil }
    guard SocketAddress(host: host, port: port) != nil else { return nil }
    self = .tcp(host: host, port: port)
  }

  private static func host(spelled text: Substring) -> String? {
    guard text.contains(":") else { return String(text) }
    guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
    return String(text.dropFirst().dropLast())
  }

  /// `HOST:PORT`, with brackets around an IPv6 address, or `unix:PATH`; `init(_:)` reads it back.
  package var description: String {
    switch self {
    case .tcp: authority
    case .unix(let path): "unix:\(path)"
    }
  }

  /// Whether only this machine can reach it. False for a host that is no address.
  package var isLoopback: Bool {
    switch self {
    case .tcp(let host, let port): SocketAddress(host: host, port: port)?.isLoopback ?? false
    case .unix: true
    }
  }

  /// What a client sends as `Host`.
  var authority: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix: "localhost"
    }
  }
}
