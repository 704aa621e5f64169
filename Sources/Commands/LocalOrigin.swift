import API
import HTTP
import Platform

/// Keeps pages of the web away from an API on loopback: a browser on this machine lets any page send requests
/// there, under a name that the page's own server resolves to it, too.
enum LocalOrigin {
  /// - Throws: 403 for a request that names another host than this machine, or comes from another one's page.
  static func require(_ head: HTTPRequest) throws(APIError) {
    guard let host = head.headers["Host"], isLocal(authority: host) else {
      throw .forbidden("this address answers for localhost only")
    }
    for origin in head.headers.all("Origin") where !isLocal(origin: origin) {
      throw .forbidden("pages of other origins may not use this address")
    }
  }

  private static func isLocal(origin: String) -> Bool {
    for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
      return isLocal(authority: String(origin.dropFirst(scheme.count)))
    }
    return false
  }

  /// - Parameter authority: a host with or without a port.
  private static func isLocal(authority: String) -> Bool {
    let host: Substring
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return false }
      host = authority[..<end].dropFirst()
      guard isPort(authority[end...].dropFirst()) else { return false }
    } else {
      host = authority.prefix { $0 != ":" }
      guard isPort(authority.dropFirst(host.count)) else { return false }
    }
    if host.lowercased() == "localhost" { return true }
    return SocketAddress(host: String(host), port: 0)?.isLoopback ?? false
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
  }
}
