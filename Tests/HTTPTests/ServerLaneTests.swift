import Dispatch
import Glibc
import HTTP
import Testing

/// Requests that hold one another up, and those that must not.
struct ServerLaneTests {
  /// Handles requests to `/slow…` in a lane of their own, and keeps them until it is told.
  private final class Slow: Sendable {
    let arrived = Signal()
    let proceed = DispatchSemaphore(value: 0)
    let lane: HTTPLane

    init(width: Int, maximumWaitingCount: Int = .max) {
      lane = HTTPLane("slow", width: width, maximumWaitingCount: maximumWaitingCount)
    }

    func fixture() throws -> ServerFixture {
      var limits = HTTPLimits.standard
      limits.workerCount = 4
      return try ServerFixture(
        limits: limits,
        admit: { [lane] head in
          .accept(maximumBodyByteCount: 0, lane: head.path.hasPrefix("/slow") ? lane : .common)
        },
        handle: { [self] request, reply in
          if request.path.hasPrefix("/slow") {
            arrived.fire()
            // A test that fails lets go of it, too.
            _ = proceed.wait(timeout: .now() + 10)
          }
          reply.send(.echo(request))
        })
    }
  }

  @Test func `a lane takes no more worker threads than it is wide`() throws {
    let slow = Slow(width: 2)
    let fixture = try slow.fixture()
    let peers = try (0..<6).map { _ in try fixture.rawPeer() }
    for (number, peer) in peers.enumerated() {
      try peer.send(request("GET /slow\(number) HTTP/1.1"))
    }
    #expect(slow.arrived.wait(2))
    let other = try fixture.client()
    for _ in 0..<20 { #expect(try other.send(method: "GET", target: "/").status == 200) }
    for _ in peers { slow.proceed.signal() }
    for (number, peer) in peers.enumerated() {
      #expect(try peer.read(until: "GET /slow\(number) ").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `one request too many in a lane is answered 503 at once`() throws {
    let slow = Slow(width: 1, maximumWaitingCount: 1)
    let fixture = try slow.fixture()
    let peers = try (0..<3).map { _ in try fixture.rawPeer() }
    try peers[0].send(request("GET /slow0 HTTP/1.1"))
    #expect(slow.arrived.wait())
    try peers[1].send(request("GET /slow1 HTTP/1.1"))
    // The loop has seen it once it has answered this.
    #expect(try fixture.client().send(method: "GET", target: "/").status == 200)
    try peers[2].send(request("GET /slow2 HTTP/1.1"))
    let refused = try peers[2].read(until: "}}")
    #expect(refused.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    #expect(refused.contains("\r\nRetry-After: 1\r\n"))
    slow.proceed.signal()
    slow.proceed.signal()
    for number in 0...1 {
      #expect(try peers[number].read(until: "GET /slow\(number) ").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `while too much is held, requests that are not small are answered 503`() throws {
    var limits = HTTPLimits.standard
    (limits.maximumHeldByteCount, limits.smallRequestByteCount) = (20_000, 1_000)
    let fixture = try ServerFixture(
      limits: limits, admit: { _ in .accept(maximumBodyByteCount: 30_000) },
      handle: { _, reply in reply.send(HTTPResponse(status: 204)) })
    let first = try fixture.rawPeer()
    try first.send(request("PUT /1 HTTP/1.1", "Content-Length: 25000"))
    try first.send([UInt8](repeating: 1, count: 19_000))
    #expect(try fixture.client().send(method: "PUT", target: "/", body: [1]).status == 204)
    let second = try fixture.rawPeer()
    try second.send(request("PUT /2 HTTP/1.1", "Content-Length: 2000"))
    try second.send([UInt8](repeating: 2, count: 1_900))
    #expect(try second.readToEnd().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    let small = try fixture.client()
    let body = [UInt8](repeating: 3, count: 1_000)
    #expect(try small.send(method: "PUT", target: "/3", body: body).status == 204)
    // Room is made again, and the first goes on.
    try first.send([UInt8](repeating: 1, count: 500))
    try first.send([UInt8](repeating: 1, count: 1_000))
    #expect(try first.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
    let third = try fixture.client()
    let large = [UInt8](repeating: 4, count: 19_000)
    #expect(try third.send(method: "PUT", target: "/4", body: large).status == 204)
  }

  @Test func `while too much is held, the peer goes that has taken nothing for longest`()
    throws
  {
    var limits = HTTPLimits.standard
    let byteCount = 32 * 1_024 * 1_024
    limits.maximumHeldByteCount = 3 * byteCount + 1_000_000
    let body = [UInt8](repeating: UInt8(ascii: "a"), count: byteCount)
    let fixture = try ServerFixture(limits: limits) { _, reply in
      reply.send(HTTPResponse(status: 200, body: body))
    }
    let peers = try (0..<4).map { number in
      let peer = try fixture.rawPeer()
      try peer.send(request("GET /\(number) HTTP/1.1", "Connection: close"))
      _ = try peer.read(until: "\r\n\r\n")
      // What the system buffers for it is full.
      usleep(50_000)
      return peer
    }
    #expect(try peers[0].readToEnd().utf8.count < byteCount)
    for peer in peers[1...] { #expect(try peer.readToEnd().utf8.count == byteCount) }
  }
}
