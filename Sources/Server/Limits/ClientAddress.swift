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

  /// - Returns: an address as a socket spells it; the peer's own if a header is no list of addresses.
  func of(_ request: HTTPRequest) -> String {
    var client = request.peer
    let hops = request.headers.all(Self.header).flatMap { $0.split(separator: ",") }.map {
      String($0.filter { $0 != " " && $0 != "\t" })
    }
    for hop in hops.reversed() {
      guard isTrusted(client) else { break }
      guard AddressRange(hop) != nil, !hop.contains("/") else { break }
      client = hop
    }
    return client
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
