import API
import Causality
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
    #expect(behind.of(request("127.0.0.1", "")) == "127.0.0.1")
    for (written, meant) in [
      ("1.2.3.4:80", "1.2.3.4"), ("[2001:db8::7]:443", "2001:db8::7"),
      ("[2001:db8::7]", "2001:db8::7"), ("9.9.9.9, 1.2.3.4:80, 10.1.2.3:9", "1.2.3.4"),
    ] {
      #expect(behind.of(request("127.0.0.1", written)) == meant, "\(written)")
    }
    for nonsense in [
      "unknown", "1.2.3.4/8", "1.2.3.4, x", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:99999", "[::1",
      "[::1]x",
      "_hidden", "1.2.3.4, unknown, 10.1.2.3",
    ] {
      #expect(behind.of(request("127.0.0.1", nonsense)) == ClientAddress.unknown, "\(nonsense)")
    }
    let direct = ClientAddress(trustedProxies: [])
    #expect(direct.of(request("127.0.0.1", "1.2.3.4")) == "127.0.0.1")
  }

  @Test func `a client of whom nobody knows the address is not this machine`() {
    let throttles = Throttles(ServerSettings(listen: "127.0.0.1:0"))
    #expect(throttles.counts(address: ClientAddress.unknown))
    #expect(!throttles.counts(address: "127.0.0.1") && !throttles.counts(address: "unix"))
  }

  private func mayTry(_ throttles: Throttles, from address: String, isKnown: Bool) -> Bool {
    do {
      try throttles.requirePasswordTry(email: "a@b.org", from: address, isKnown: isKnown)
      return true
    } catch {
      return false
    }
  }

  @Test func `wrong passwords from everywhere lock nobody out where he logged in before`() {
    let throttles = Throttles(ServerSettings(listen: "127.0.0.1:0"))
    for number in 0..<100 {
      #expect(mayTry(throttles, from: "192.0.2.\(number)", isKnown: false), "\(number)")
      throttles.notePassword(isRight: false, email: "a@b.org", from: "192.0.2.\(number)")
    }
    #expect(!mayTry(throttles, from: "198.51.100.1", isKnown: false))
    #expect(mayTry(throttles, from: "198.51.100.1", isKnown: true))
    for _ in 0..<10 {
      throttles.notePassword(isRight: false, email: "a@b.org", from: "198.51.100.1")
    }
    #expect(!mayTry(throttles, from: "198.51.100.1", isKnown: true))
  }

  @Test func `who shows tokens that nobody was given waits, and others do not`() throws {
    let throttles = Throttles(ServerSettings(listen: "127.0.0.1:0"))
    func status(_ address: String, _ error: APIError?) -> Int {
      do throws(APIError) {
        try throttles.countingWrongTokens(from: address) { () throws(APIError) in
          if let error { throw error }
        }
        return 200
      } catch {
        return error.status
      }
    }
    for _ in 0..<30 { #expect(status("192.0.2.1", APIError(410, "gone", "over")) == 410) }
    for _ in 0..<30 { #expect(status("192.0.2.1", .notFound) == 404) }
    #expect(status("192.0.2.1", nil) == 429)
    #expect(status("192.0.2.2", nil) == 200)
  }

  @Test func `what is longer than an e-mail address takes no more room than one`() {
    let throttles = Throttles(ServerSettings(listen: "127.0.0.1:0"))
    let text = String(repeating: "a", count: 320)
    for number in 0..<10 {
      throttles.notePassword(isRight: false, email: "\(text)\(number)", from: "192.0.2.1")
    }
    #expect(throws: APIError.self) {
      try throttles.requirePasswordTry(email: text, from: "192.0.2.1", isKnown: false)
    }
  }

  @Test func `refusals of one address are told together`() {
    let count = RefusalCount()
    #expect(count.add(1, from: "a", at: 5) == 1)
    for time in UInt64(6)..<1006 { #expect(count.add(2, from: "a", at: time) == nil) }
    #expect(count.add(1, from: "b", at: 1007) == 1)
    #expect(count.add(1, from: "a", at: 10_004) == nil)
    #expect(count.add(1, from: "a", at: 10_005) == 2002)
    #expect(count.add(1, from: "a", at: 20_005) == 1)
    for number in 0..<3000 { #expect(count.add(1, from: "c\(number)", at: 20_006) == 1) }
  }

  @Test func `large work is done by few at once and never twice for one account`() {
    let work = LargeWork()
    let ids = (1...3).map { UniqueID(high: 0, low: UInt64($0)) }
    #expect(work.begin(ids[0]) && !work.begin(ids[0]))
    #expect(work.begin(ids[1]) && !work.begin(ids[2]))
    work.end(ids[0])
    #expect(work.begin(ids[2]) && !work.begin(ids[0]))
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
