import Platform
import Synchronization
import Testing

@testable import HTTP

/// When answers say that they were made.
struct DateTests {
  private final class Clock: WallClock {
    private let milliseconds = Atomic<UInt64>(784_111_777_000)

    func now() -> UInt64 { milliseconds.load(ordering: .relaxed) }
    func advance(_ count: UInt64) { milliseconds.add(count, ordering: .relaxed) }
  }

  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
      (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
      (UInt64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(UInt64, String)])
  func `a time is told in one form`(_ seconds: UInt64, _ text: String) {
    #expect(HTTPDate.text(seconds) == text)
  }

  @Test func `every answer is dated, what the server refuses and what is repeated too`() throws {
    let clock = Clock()
    let answer = HTTPResponse(status: 200, headers: ["Date": "never"], body: [65])
    let handler = ClosureHandler(
      admitting: { $0.path == "/same" ? .constant(answer) : .accept(maximumBodyByteCount: 0) },
      handling: { $1.send(answer) })
    let server = HTTPServer(handler: handler, clock: clock)
    let peer = try RawPeer(server.listen(on: .tcp(host: "127.0.0.1", port: 0)))
    try server.start()
    defer { server.stop(withinSeconds: 1) }
    func date(_ line: String) throws -> String? {
      try peer.send(request(line))
      let head = try peer.read(until: "\r\n\r\n")
      if head.hasPrefix("HTTP/1.1 200") { _ = try peer.read(until: "A") }
      return head.split(separator: "\r\n").filter { $0.hasPrefix("Date: ") }.joined()
    }
    #expect(try date("GET /same HTTP/1.1") == "Date: Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(try date("GET /same HTTP/1.1") == "Date: Sun, 06 Nov 1994 08:49:37 GMT")
    clock.advance(60_000)
    #expect(try date("GET /same HTTP/1.1") == "Date: Sun, 06 Nov 1994 08:50:37 GMT")
    #expect(try date("GET /other HTTP/1.1") == "Date: Sun, 06 Nov 1994 08:50:37 GMT")
    #expect(try date("GET /other HTTP/1.0") == "Date: Sun, 06 Nov 1994 08:50:37 GMT")
  }
}
