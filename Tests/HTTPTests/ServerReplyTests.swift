import HTTP
import Platform
import Testing

struct ServerReplyTests {
  @Test func `two hundred kept replies hold no thread and are all answered`() throws {
    var limits = HTTPLimits.standard
    limits.workerCount = 2
    let (kept, signal) = (Collected<HTTPReply>(), Signal())
    let fixture = try ServerFixture(limits: limits) { request, reply in
      if request.path == "/now" { return reply.send(.echo(request)) }
      kept.add(reply)
      signal.fire()
    }
    let peers = try (0..<200).map { _ in try fixture.rawPeer() }
    for peer in peers { try peer.send(request("GET /later HTTP/1.1")) }
    #expect(signal.wait(200))
    #expect(try fixture.client().send(method: "GET", target: "/now").text == "GET /now ")
    let thread = try SystemThread {
      for (index, reply) in kept.all.enumerated() {
        reply.send(HTTPResponse(status: 200, body: Array("answer \(index % 10)!".utf8)))
      }
    }
    for peer in peers { #expect(try peer.read(until: "!").hasPrefix("HTTP/1.1 200 OK\r\n")) }
    thread.join()
  }

  @Test(arguments: EndpointKind.allCases)
  func `a peer that goes away cancels its reply`(_ kind: EndpointKind) throws {
    let (kept, arrived, cancelled) = (Collected<HTTPReply>(), Signal(), Signal())
    let fixture = try ServerFixture(kind) { request, reply in
      if request.path == "/alive" { return reply.send(.echo(request)) }
      kept.add(reply)
      reply.onCancel { cancelled.fire() }
      arrived.fire()
    }
    do {
      let peer = try fixture.rawPeer()
      try peer.send(request("GET / HTTP/1.1"))
      #expect(arrived.wait())
      #expect(kept.all[0].isCancelled == false)
    }
    #expect(cancelled.wait())
    #expect(kept.all[0].isCancelled)
    let late = Signal()
    kept.all[0].onCancel { late.fire() }
    #expect(late.wait())
    kept.all[0].send(HTTPResponse(status: 200))
    #expect(try fixture.client().send(method: "GET", target: "/alive").status == 200)
  }

  @Test func `a peer that only closed its sending side gets its answer`() throws {
    let fixture = try ServerFixture { request, reply in
      reply.onCancel { reply.send(.echo(request)) }
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("GET /a HTTP/1.1"))
    peer.socket.shutdownWrite()
    #expect(try peer.readToEnd().hasSuffix("GET /a "))
  }

  @Test func `an answered reply is not cancelled`() throws {
    let (answered, cancelled) = (Signal(), Collected<Bool>())
    let fixture = try ServerFixture { request, reply in
      reply.onCancel { cancelled.add(true) }
      reply.send(.echo(request))
      answered.fire()
    }
    let client = try fixture.client()
    _ = try client.send(method: "GET", target: "/")
    client.close()
    fixture.server.stop(withinSeconds: 5)
    #expect(answered.wait())
    #expect(cancelled.all.isEmpty)
  }

  @Test func `only the first answer counts, and one is given in any case`() {
    let answers = Collected<Int>()
    var reply: HTTPReply? = HTTPReply { answers.add($0.status) }
    reply?.send(HTTPResponse(status: 200))
    reply?.send(HTTPResponse(status: 404))
    reply = nil
    #expect(answers.all == [200])
    reply = HTTPReply { answers.add($0.status) }
    reply = nil
    #expect(answers.all == [200, 500])
  }
}
