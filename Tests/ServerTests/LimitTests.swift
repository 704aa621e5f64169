import HTTP
import Platform
import Testing

@testable import Server

struct LimitTests {
  @Test func `who failed too often waits until the first failure is long enough ago`() {
    let limit = FailureLimit(3, within: 1000)
    for time in [UInt64(100), 200] { limit.note("a", at: time) }
    #expect(limit.wait("a", at: 300) == nil)
    limit.note("a", at: 300)
    #expect(limit.wait("a", at: 300) == 800)
    #expect(limit.wait("b", at: 300) == nil)
    #expect(limit.wait("a", at: 1099) == 1)
    #expect(limit.wait("a", at: 1100) == nil)
    limit.note("a", at: 1100)
    #expect(limit.wait("a", at: 1100) == 100)
    limit.clear("a")
    #expect(limit.wait("a", at: 1100) == nil)
  }

  @Test func `a rate lets so many pass at once and then so many a second`() {
    let limit = RateLimit(perSecond: 2)
    for _ in 0..<20 { #expect(limit.take("a", at: 1000) == nil) }
    #expect(limit.take("a", at: 1000) == 0.5)
    #expect(limit.take("b", at: 1000) == nil)
    #expect(limit.take("a", at: 1499) != nil)
    #expect(limit.take("a", at: 1500) == nil)
    #expect(limit.take("a", at: 1500) != nil)
    // A clock that was read before another's turn.
    #expect(limit.take("a", at: 900) != nil)
    for _ in 0..<20 { #expect(limit.take("a", at: 900_000) == nil) }
    #expect(limit.take("a", at: 900_000) != nil)
  }

  private func request(_ peer: String, _ forwarded: String...) -> HTTPRequest {
    var request = HTTPRequest(method: "GET", target: "/", path: "/", segments: [])
    request.peer = peer
    for value in forwarded { request.headers.append("X-Forwarded-For", value) }
    return request
  }

  @Test func `only what trusted proxies wrote tells where a request comes from`() {
    let proxies = ["127.0.0.0/8", "10.1.0.0/16", "::1"].compactMap { AddressRange($0) }
    let behind = ClientAddress(trustedProxies: proxies)
    #expect(behind.of(request("127.0.0.1")) == "127.0.0.1")
    #expect(behind.of(request("127.0.0.1", "203.0.113.9")) == "203.0.113.9")
    #expect(behind.of(request("127.0.0.1", "1.2.3.4, 203.0.113.9,10.1.2.3")) == "203.0.113.9")
    #expect(behind.of(request("::1", "1.2.3.4", "2001:db8::7")) == "2001:db8::7")
    // Who is no proxy may write anything.
    #expect(behind.of(request("203.0.113.9", "1.2.3.4")) == "203.0.113.9")
    for nonsense in ["", "unknown", "1.2.3.4:80", "1.2.3.4/8", "1.2.3.4, x"] {
      #expect(behind.of(request("127.0.0.1", nonsense)) == "127.0.0.1", "\(nonsense)")
    }
    let direct = ClientAddress(trustedProxies: [])
    #expect(direct.of(request("127.0.0.1", "1.2.3.4")) == "127.0.0.1")
  }

  @Test func `neighbours of an IPv6 network count as one`() {
    #expect("2001:db8::1".networkKey == "2001:db8::2:3".networkKey)
    #expect("2001:db8::1".networkKey != "2001:db8:0:1::1".networkKey)
    #expect("10.0.0.1".networkKey != "10.0.0.2".networkKey)
    #expect("::ffff:10.0.0.1".networkKey == "10.0.0.1".networkKey)
    #expect("unix".networkKey == "unix")
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
    ("10.0.0.128/25", "10.0.0.129", true), ("10.0.0.128/25", "10.0.0.127", false),
    ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("1.2.3.4", "1.2.3.4", true),
    ("1.2.3.4", "1.2.3.5", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
    ("2001:db8::/33", "2001:db8:8000::1", false), ("10.0.0.0/8", "unix", false),
  ])
  func `a range holds the addresses that begin as it does`(
    range: String, address: String, isIn: Bool
  ) throws {
    #expect(try #require(AddressRange(range)).contains(address) == isIn)
  }

  @Test(arguments: [
    "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "::1/129", "host", "1.2.3", "1/2/3",
  ])
  func `what is no range is refused`(text: String) { #expect(AddressRange(text) == nil) }
}
