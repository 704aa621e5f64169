import HTTP
import Platform
import Testing

struct ServerStopTests {
  @Test func `what is being handled is answered before the server stops`() throws {
    let (kept, arrived, stopped) = (Collected<HTTPReply>(), Signal(), Signal())
    let fixture = try ServerFixture { _, reply in
      kept.add(reply)
      arrived.fire()
    }
    let idle = try fixture.rawPeer()
    let peer = try fixture.rawPeer()
    try peer.send(request("GET / HTTP/1.1"))
    #expect(arrived.wait())
    let server = fixture.server
    let thread = try SystemThread {
      server.stop(withinSeconds: 60)
      stopped.fire()
    }
    #expect(try idle.readToEnd() == "")
    kept.all[0].send(HTTPResponse(status: 204))
    let answer = try peer.readToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 204 No Content\r\n"))
    #expect(answer.hasSuffix("\r\nConnection: close\r\n\r\n"))
    #expect(stopped.wait())
    thread.join()
    #expect(throws: HTTPClientError.self) { try fixture.client() }
  }

  @Test func `what is not answered in time is answered 503 and cancelled`() throws {
    let (kept, arrived, cancelled) = (Collected<HTTPReply>(), Signal(), Signal())
    let fixture = try ServerFixture { _, reply in
      kept.add(reply)
      reply.onCancel { cancelled.fire() }
      arrived.fire()
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("GET / HTTP/1.1"))
    #expect(arrived.wait())
    fixture.server.stop(withinSeconds: 0.1)
    #expect(cancelled.wait())
    #expect(kept.all[0].isCancelled)
    #expect(try peer.readToEnd().hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
    kept.all[0].send(HTTPResponse(status: 200))
  }

  @Test func `half a request does not hold the server up`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("PUT / HTTP/1.1", "Content-Length: 2", "Expect: 100-continue"))
    #expect(try peer.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
    fixture.server.stop(withinSeconds: 0.1)
    #expect(try peer.readToEnd() == "")
  }

  @Test func `a server that was never started stops and frees its endpoint`() throws {
    let server = HTTPServer(
      handler: ClosureHandler(admitting: { _ in .answer(HTTPResponse(status: 200)) }) { _, _ in })
    let endpoint = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    server.stop(withinSeconds: 0)
    server.stop(withinSeconds: 0)
    #expect(throws: HTTPClientError.self) {
      try HTTPClient(connectingTo: endpoint, timeoutSeconds: 5)
    }
  }

  @Test func `a server's port can be bound again at once`() throws {
    let first = try ServerFixture()
    _ = try first.client().send(method: "GET", target: "/")
    first.server.stop(withinSeconds: 5)
    let socket: (any Sendable)? = try {
      guard case .tcp(let host, let port) = first.endpoint else { return nil }
      return try ListeningSocket.tcp(host: host, port: port)
    }()
    #expect(socket != nil)
  }
}
