import HTTP
import Platform

/// Finds out from which address a request really comes.
///
/// A proxy tells it in `X-Forwarded-For`, to whose end each proxy adds whom it hears. So from the end on
/// everything is true that a trusted proxy wrote, and the first address that is no trusted proxy is the client.
struct ClientAddress: Sendable {
  private static let header = "X-Forwarded-For"

  /// Empty where the server stands behind no proxy: then the header is anybody's word.
  let trustedProxies: [AddressRange]

  /// A client whose address its proxy did not tell: all of them are counted as one, which is nobody's neighbour.
  static let unknown = "unknown"

  /// - Returns: an address as a socket spells it; `unknown` where a trusted proxy wrote something else.
  func of(_ request: HTTPRequest) -> String {
    var client = request.peer
    let hops = request.headers.all(Self.header).flatMap { $0.split(separator: ",") }.map {
      String($0.filter { $0 != " " && $0 != "\t" })
    }
    for hop in hops.reversed() {
      guard isTrusted(client) else { break }
      client = Self.address(hop) ?? Self.unknown
    }
    return client
  }

  /// The address of an entry, behind which a proxy may write the port: `192.0.2.1:80`, `[2001:db8::1]:80`.
  private static func address(_ hop: String) -> String? {
    var text = hop[...]
    if text.first == "[", let end = text.firstIndex(of: "]") {
      guard isPort(text[end...].dropFirst()) else { return nil }
      text = text[..<end].dropFirst()
    } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
      guard isPort(text[colon...]) else { return nil }
      text = text[..<colon]
    }
    return AddressRange(String(text)) != nil && !text.contains("/") ? String(text) : nil
  }

  private static func isPort(_ text: Substring) -> Bool {
    text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
  }

  private func isTrusted(_ address: String) -> Bool {
    trustedProxies.contains { $0.contains(address) }
  }
}

extension String {
  /// Names the network of an address for counting: who has an IPv6 address has 2^64 of them.
  var networkKey: String {
    guard let range = AddressRange(around: self, bitCount: (ipv4: 32, ipv6: 64)) else {
      return self
    }
    return range.key.map { String($0) }.joined(separator: ".")
  }
}
