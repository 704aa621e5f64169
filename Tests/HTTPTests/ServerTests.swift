import HTTP
import Platform
import Testing

struct ServerTests {
  @Test(arguments: EndpointKind.allCases)
  func `several requests go over one connection`(_ kind: EndpointKind) throws {
    let fixture = try ServerFixture(kind) { request, reply in
      reply.send(HTTPResponse(status: 200, body: Array("\(request.peer) \(request.path)".utf8)))
    }
    let client = try fixture.client()
    for number in 1...3 {
      let response = try client.send(method: "GET", target: "/\(number)")
      let peer = [.ipv4: "127.0.0.1", .ipv6: "::1"][kind] ?? "unix"
      #expect(response.status == 200)
      #expect(response.text == "\(peer) /\(number)")
      #expect(response.headers["Connection"] == nil)
    }
  }

  @Test func `a server listens on several endpoints`() throws {
    let directory = TemporaryDirectory()
    let server = HTTPServer(
      handler: ClosureHandler(
        admitting: { _ in .accept(maximumBodyByteCount: 0) },
        handling: { request, reply in reply.send(.echo(request)) }))
    let endpoints = [
      try server.listen(on: .tcp(host: "localhost", port: 0)),
      try server.listen(on: .unix(path: directory.path + "/s")),
    ]
    try server.start()
    defer { server.stop(withinSeconds: 0) }
    for endpoint in endpoints {
      let client = try HTTPClient(connectingTo: endpoint, timeoutSeconds: 10)
      #expect(try client.send(method: "GET", target: "/").text == "GET / ")
    }
  }

  @Test func `pipelined requests are answered in order`() throws {
    let fixture = try ServerFixture { request, reply in
      _ = try? SystemThread { reply.send(.echo(request)) }
    }
    let peer = try fixture.rawPeer()
    try peer.send((0..<100).map { request("GET /\($0) HTTP/1.1") }.joined())
    for number in 0..<100 {
      let text = try peer.read(until: "GET /\(number) ")
      #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test func `requests from before the peer's half-close are answered`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1"))
    peer.socket.shutdownWrite()
    let text = try peer.readToEnd()
    #expect(text.contains("GET /1 "))
    #expect(text.hasSuffix("GET /2 "))
  }

  @Test func `a peer that never reads is not read from for ever`() throws {
    let fixture = try ServerFixture(admit: { _ in
      .answer(HTTPResponse(status: 200, body: [UInt8](repeating: 65, count: 100_000)))
    })
    let peer = try fixture.rawPeer()
    let limit = 64 << 20
    let requests = Array(String(repeating: request("GET / HTTP/1.1"), count: 1_000).utf8)
    #expect(try peer.flood(requests, quietMilliseconds: 500, limit: limit) < limit)
  }

  @Test func `100 Continue comes after the admission and before the body`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("PUT /a HTTP/1.1", "Content-Length: 2", "Expect: 100-continue"))
    #expect(try peer.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    try peer.send("hi")
    #expect(try peer.read(until: "PUT /a hi").hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test func `no 100 Continue is sent for a body that is already here`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(
      request("PUT /a HTTP/1.1", "Content-Length: 2", "Expect: 100-continue", body: "h"))
    try peer.send("i")
    #expect(try peer.read(until: "PUT /a hi").hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test(arguments: ["Content-Length: 50", "Transfer-Encoding: chunked"])
  func `a refused request is answered before its body is sent`(_ framing: String) throws {
    let handled = Signal()
    let fixture = try ServerFixture(
      admit: { _ in .refuse(HTTPResponse(status: 401, body: Array("who?".utf8))) },
      handle: { _, _ in handled.fire() })
    let peer = try fixture.rawPeer()
    try peer.send(request("PUT /a HTTP/1.1", framing, "Expect: 100-continue"))
    let text = try peer.readToEnd()
    #expect(text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
    #expect(text.contains("\r\nConnection: close\r\n"))
    #expect(text.hasSuffix("\r\n\r\nwho?"))
  }

  @Test func `a refused request without a body keeps the connection`() throws {
    let fixture = try ServerFixture(admit: { head in
      head.path == "/no" ? .refuse(HTTPResponse(status: 404)) : .accept(maximumBodyByteCount: 0)
    })
    let client = try fixture.client()
    #expect(try client.send(method: "GET", target: "/no").status == 404)
    #expect(try client.send(method: "GET", target: "/yes").text == "GET /yes ")
  }

  @Test func `a body beyond its admission is refused with 413, announced or not`() throws {
    let fixture = try ServerFixture(admit: { _ in .accept(maximumBodyByteCount: 5) })
    let announced = try fixture.rawPeer()
    try announced.send(request("PUT /a HTTP/1.1", "Content-Length: 6", "Expect: 100-continue"))
    #expect(try announced.readToEnd().hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
    let chunked = try fixture.rawPeer()
    try chunked.send(request("PUT /a HTTP/1.1", "Transfer-Encoding: chunked", body: "6\r\n"))
    #expect(try chunked.readToEnd().hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
  }

  @Test func `the server's own limit of a body stands above the admission`() throws {
    var limits = HTTPLimits.standard
    limits.maximumBodyByteCount = 4
    let fixture = try ServerFixture(limits: limits)
    let client = try fixture.client()
    #expect(try client.send(method: "PUT", target: "/", body: [1, 2, 3, 4]).status == 200)
    #expect(try client.send(method: "PUT", target: "/", body: [1, 2, 3, 4, 5]).status == 413)
  }

  @Test func `HEAD is answered without a body, errors too`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("HEAD /a HTTP/1.1") + request("GET /b HTTP/1.1"))
    let text = try peer.read(until: "GET /b ")
    #expect(text.contains("Content-Length: 8\r\n\r\nHTTP/1.1 200 OK\r\n"))
    try peer.send(request("HEAD /a HTTP/1.1", "Content-Length: x"))
    let error = try peer.readToEnd()
    #expect(error.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(error.hasSuffix("\r\n\r\n"))
  }

  @Test func `a chunked request arrives whole`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("POST /a HTTP/1.1", "Transfer-Encoding: chunked", body: "2\r\nhe"))
    try peer.send("\r\n3\r\nllo\r\n0\r\n\r\n")
    #expect(try peer.read(until: "POST /a hello").hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test func `a connection closes when the peer or the handler asks for it`() throws {
    let fixture = try ServerFixture { request, reply in
      reply.send(
        HTTPResponse(status: 200, headers: request.path == "/h" ? ["connection": "Close"] : [:]))
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("GET /p HTTP/1.1", "Connection: te, close"))
    let answer = try RawAnswer.all(in: peer.readToEnd())
    #expect(answer.map(\.status) == [200] && answer.first?.closes == true)
    #expect(answer.first?.fields["content-length"] == "0")
    let client = try fixture.client()
    #expect(try client.send(method: "GET", target: "/h").headers["Connection"] == "close")
    #expect(throws: HTTPClientError.closed) { try client.send(method: "GET", target: "/h") }
  }

  @Test func `a handler that drops its reply answers 500`() throws {
    let fixture = try ServerFixture { _, _ in }
    let response = try fixture.client().send(method: "GET", target: "/")
    #expect(response.status == 500)
    #expect(response.headers["Content-Type"] == "application/json")
    #expect(response.text.hasPrefix("{\"error\":{\"code\":\"internal\",\"message\":"))
  }

  @Test(arguments: [
    HTTPResponse(status: 200, headers: ["Location": "/a\r\nSet-Cookie: b"]),
    HTTPResponse(status: 200, headers: ["A B": "c"]), HTTPResponse(status: 99),
    HTTPResponse(status: 100), HTTPResponse(status: 600),
  ])
  func `an answer that cannot be sent becomes 500`(_ bad: HTTPResponse) throws {
    let fixture = try ServerFixture { _, reply in reply.send(bad) }
    let response = try fixture.client().send(method: "GET", target: "/")
    #expect(response.status == 500)
    #expect(response.headers["Set-Cookie"] == nil)
  }

  @Test func `a large body goes both ways`() throws {
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let fixture = try ServerFixture(
      admit: { _ in .accept(maximumBodyByteCount: 3_000_000) },
      handle: { request, reply in reply.send(HTTPResponse(status: 200, body: request.body)) })
    #expect(try fixture.client().send(method: "POST", target: "/", body: body).body == body)
  }
}
