import Glibc
import HTTP
import Platform
import Testing

struct ServerHostileTests {
  @Test func `an error is answered, what follows is drained, and the connection closes`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send("GET / HTTP/1.1\nHost: evil\n\n" + String(repeating: "x", count: 32_000))
    try peer.send(String(repeating: "y", count: 16_000))
    let text = try peer.readToEnd()
    #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(text.contains("\r\nConnection: close\r\n"))
    #expect(text.contains("{\"error\":{\"code\":\"bad_request\",\"message\":\""))
    #expect(!text.contains("evil"))
  }

  @Test func `a peer that goes on after an error is cut off`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send("bad\r\n")
    #expect(throws: SystemError.self) {
      let junk = [UInt8](repeating: 120, count: 65_536)
      _ = try peer.flood(junk, quietMilliseconds: 10_000, limit: 64 << 20)
      _ = try peer.readToEnd()
    }
  }

  @Test func `a head that does not come in time is answered 408`() throws {
    var limits = HTTPLimits.standard
    limits.headerDeadlineSeconds = 0.05
    let fixture = try ServerFixture(limits: limits)
    let peer = try fixture.rawPeer()
    try peer.send("GET / HTTP/1.1\r\n")
    #expect(try peer.readToEnd().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
  }

  @Test func `an idle connection is closed without a word`() throws {
    var limits = HTTPLimits.standard
    limits.idleTimeoutSeconds = 0.05
    let fixture = try ServerFixture(limits: limits)
    let peer = try fixture.rawPeer()
    #expect(try peer.readToEnd() == "")
  }

  @Test(arguments: [true, false])
  func `one connection too many is answered 503`(_ isPerAddress: Bool) throws {
    var limits = HTTPLimits.standard
    if isPerAddress {
      limits.maximumConnectionsPerAddress = 2
    } else {
      limits.maximumConnections = 2
    }
    let fixture = try ServerFixture(limits: limits)
    let clients = try [fixture.client(), fixture.client()]
    for client in clients { #expect(try client.send(method: "GET", target: "/").status == 200) }
    let text = try fixture.rawPeer().readToEnd()
    #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    for client in clients { #expect(try client.send(method: "GET", target: "/").status == 200) }
  }

  @Test func `many that are turned away take no other's place`() throws {
    var limits = HTTPLimits.standard
    (limits.maximumConnections, limits.drainSeconds) = (2, 60)
    let fixture = try ServerFixture(limits: limits)
    let first = try fixture.rawPeer()
    try first.send(request("GET /1 HTTP/1.1"))
    _ = try first.read(until: "GET /1")
    let second = try fixture.rawPeer()
    try second.send(request("GET /2 HTTP/1.1"))
    _ = try second.read(until: "GET /2")
    // More than are told why; they keep their side open.
    let others = try (0..<300).map { _ in try fixture.rawPeer() }
    let texts = try others.map { try $0.readToEnd() }
    #expect(texts.filter { $0.hasPrefix("HTTP/1.1 503 ") }.count == 256)
    #expect(texts.filter(\.isEmpty).count == 44)
    try second.breakOff()
    #expect(welcomesSoon(fixture))
    try first.send(request("GET /4 HTTP/1.1"))
    #expect(try first.read(until: "GET /4").contains("HTTP/1.1 200 "))
  }

  /// Whether a new connection is answered, as soon as the server has seen that another one ended.
  private func welcomesSoon(_ fixture: ServerFixture) -> Bool {
    for _ in 0..<500 {
      do {
        if try fixture.client().send(method: "GET", target: "/3").status == 200 { return true }
      } catch {
        usleep(10_000)
      }
    }
    return false
  }

  @Test func `who is turned away reads why, though the request was not read`() throws {
    var limits = HTTPLimits.standard
    limits.maximumConnections = 1
    let fixture = try ServerFixture(limits: limits)
    #expect(try fixture.client().send(method: "GET", target: "/").status == 200)
    let kept = try fixture.rawPeer()
    try kept.send(request("GET / HTTP/1.1"))
    _ = try kept.read(until: "GET /")
    for _ in 0..<20 {
      let peer = try fixture.rawPeer()
      try peer.send(request("PUT / HTTP/1.1", "Content-Length: 30000"))
      try peer.send([UInt8](repeating: 1, count: 30_000))
      let answers = try RawAnswer.all(in: peer.readToEnd())
      #expect(answers.map(\.status) == [503])
    }
  }

  @Test func `a broken connection makes room for another`() throws {
    var limits = HTTPLimits.standard
    limits.maximumConnectionsPerAddress = 1
    let (arrived, cancelled) = (Signal(), Signal())
    let kept = Collected<HTTPReply>()
    let fixture = try ServerFixture(limits: limits) { _, reply in
      reply.onCancel { cancelled.fire() }
      kept.add(reply)
      arrived.fire()
    }
    for _ in 0..<3 {
      let peer = try fixture.rawPeer()
      try peer.send(request("GET / HTTP/1.1"))
      #expect(arrived.wait())
      try peer.breakOff()
      #expect(cancelled.wait())
    }
  }

  @Test func `without descriptors the server waits quietly and goes on later`() async {
    await #expect(processExitsWith: .success) {
      let fixture = try ServerFixture()
      let first = try fixture.client()
      _ = try first.send(method: "GET", target: "/warm")
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { exit(2) }
      let spare = dup(0)
      var others: [Int32] = []
      while case let descriptor = dup(0), descriptor >= 0 { others.append(descriptor) }
      close(spare)
      let peer = try fixture.rawPeer()
      try peer.send(request("GET /late HTTP/1.1"))
      let before = clock()
      guard try peer.socket.wait(for: .readable, milliseconds: 700).isEmpty else { exit(3) }
      guard clock() - before < CLOCKS_PER_SEC / 10 else { exit(4) }
      for descriptor in others { close(descriptor) }
      first.close()
      guard try peer.read(until: "GET /late ").hasPrefix("HTTP/1.1 200 OK\r\n") else { exit(5) }
      exit(0)
    }
  }
}
