import HTTP
import Platform
import Testing

/// What a table of streams cannot say: what comes when, and what does not come at all.
struct HostileExchangeTests {
  private static let body = String(repeating: "b", count: 50)

  // MARK: - HEAD

  @Test(arguments: [
    ("HEAD / HTTP/1.0", "", 505), ("HEAD /%zz HTTP/1.1", "", 400), ("HEAD * HTTP/1.1", "", 400),
    ("HEAD / HTTP/1.1", "Host: b", 400), ("HEAD / HTTP/1.1", "Expect: 1", 417),
    ("HEAD / HTTP/1.1", "Transfer-Encoding: gzip", 501),
    ("HEAD / HTTP/1.1", "Content-Length: 5000", 413),
    ("HEAD /" + String(repeating: "x", count: 9_000) + " HTTP/1.1", "", 414),
    ("HEAD / HTTP/1.1", "X: " + String(repeating: "x", count: 9_000), 431),
  ])
  func `a refused HEAD is answered without a body`(
    _ line: String, _ field: String, _ status: Int
  ) throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(field.isEmpty ? request(line) : request(line, field))
    let answers = try RawAnswer.all(in: peer.readToEnd(), to: ["HEAD"])
    #expect(answers.map(\.status) == [status])
    #expect(answers.first?.fields["content-length"] != "0")
  }

  @Test(arguments: ["HEADER / HTTP/1.1 x", "head / HTTP/1.0", "HEAD\t/ HTTP/1.1"])
  func `a refused method that only looks like HEAD is answered with a body`(
    _ line: String
  ) throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request(line))
    #expect(try RawAnswer.all(in: peer.readToEnd()).map(\.body.isEmpty) == [false])
  }

  // MARK: - 100 Continue

  @Test(arguments: [
    ("Content-Length: 1001", 413), ("Content-Length: 99999999999999999999", 413),
    ("Content-Length: x", 400), ("Content-Length: 2\r\nContent-Length: 2", 400),
    ("Transfer-Encoding: gzip", 501), ("Transfer-Encoding: chunked\r\nContent-Length: 2", 400),
    ("Content-Length: 2\r\nX-No: 1", 403), ("Transfer-Encoding: chunked\r\nX-No: 1", 403),
    ("Content-Length: 2\r\nExpect: 100-continue", 417), ("Content-Length: 2\r\nHost: a", 400),
  ])
  func `a refusal comes without 100 Continue`(_ fields: String, _ status: Int) throws {
    let fixture = try ServerFixture(admit: Self.admit)
    for pieces in [Delivery.whole, .byteByByte] {
      let peer = try fixture.rawPeer()
      let bytes = Array(request("PUT /a HTTP/1.1", "Expect: 100-continue", fields).utf8)
      for piece in pieces.pieces(of: bytes, seed: 0) { try peer.send(Array(piece)) }
      let answers = try RawAnswer.all(in: peer.readToEnd())
      #expect(answers.map(\.status) == [status])
      #expect(answers.last?.closes == true)
    }
  }

  private static func admit(_ head: HTTPRequest) -> HTTPAdmission {
    head.headers["X-No"] == nil
      ? .accept(maximumBodyByteCount: 1_000) : .refuse(HTTPResponse(status: 403))
  }

  @Test(arguments: ["Content-Length: 0", "X-A: b"])
  func `a request without a body is answered without 100 Continue`(_ field: String) throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    let text = request("PUT /a HTTP/1.1", "Expect: 100-continue", field)
    for byte in text.utf8 { try peer.send([byte]) }
    peer.socket.shutdownWrite()
    #expect(try RawAnswer.all(in: peer.readToEnd()).map(\.status) == [200])
  }

  @Test func `100 Continue comes once for each request, before the first byte of its body`() throws
  {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    for number in 1...3 {
      try peer.send(
        request("PUT /\(number) HTTP/1.1", "Transfer-Encoding: chunked", "Expect: 100-continue"))
      #expect(try peer.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      for byte in "1\r\nx\r\n0\r\n\r\n".utf8 { try peer.send([byte]) }
      let answer = try RawAnswer.all(in: peer.read(until: "PUT /\(number) x"))
      #expect(answer.map(\.status) == [200])
    }
  }

  @Test func `a body that is too large in its chunks is refused after 100 Continue`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", "Expect: 100-continue"))
    #expect(try peer.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    try peer.send("3e9\r\n")
    #expect(try RawAnswer.all(in: peer.readToEnd()).map(\.status) == [413])
  }

  // MARK: - Targets

  @Test func `an absolute target is served as its path`() throws {
    let fixture = try ServerFixture { request, reply in
      let text = "\(request.path) \(request.segments) \(request.query.map(\.value))!"
      reply.send(HTTPResponse(status: 200, body: Array(text.utf8)))
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("GET HTTP://A/b/c?d=e HTTP/1.1"))
    #expect(try peer.read(until: "!").hasSuffix("\r\n\r\n/b/c [\"b\", \"c\"] [\"e\"]!"))
  }

  @Test func `the asterisk reaches the handler and has no segments`() throws {
    let fixture = try ServerFixture { request, reply in
      let text = "\(request.path) \(request.segments)!"
      reply.send(HTTPResponse(status: 200, body: Array(text.utf8)))
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("OPTIONS * HTTP/1.1") + request("OPTIONS /a HTTP/1.1"))
    #expect(try peer.read(until: "!").hasSuffix("* []!"))
    #expect(try peer.read(until: "!").hasSuffix("/a [\"a\"]!"))
  }

  // MARK: - Order and room

  @Test(arguments: Delivery.allCases)
  func `a hundred requests sent at once are answered in order`(_ delivery: Delivery) throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    let text = (0..<100).map {
      request("PUT /\($0) HTTP/1.1", "Content-Length: 50", body: Self.body)
    }
    for piece in delivery.pieces(of: Array(text.joined().utf8), seed: 1) {
      try peer.send(Array(piece))
    }
    peer.socket.shutdownWrite()
    let answers = try RawAnswer.all(in: peer.readToEnd())
    #expect(answers.map(\.body) == (0..<100).map { "PUT /\($0) \(Self.body)" })
  }

  @Test func `a request ends the connection, and those behind it are not answered`() throws {
    let fixture = try ServerFixture()
    let peer = try fixture.rawPeer()
    try peer.send(
      request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1", "Connection: close")
        + request("GET /3 HTTP/1.1"))
    let answers = try RawAnswer.all(in: peer.readToEnd())
    #expect(answers.map(\.body) == ["GET /1 ", "GET /2 "])
    #expect(answers.map(\.closes) == [false, true])
  }

  @Test func `a refused body is not taken for a request`() throws {
    let fixture = try ServerFixture(admit: Self.admit)
    let hidden = request("GET /hidden HTTP/1.1")
    for framing in ["Content-Length: \(hidden.utf8.count)", "Transfer-Encoding: chunked"] {
      let peer = try fixture.rawPeer()
      try peer.send(request("PUT /a HTTP/1.1", framing, "X-No: 1", body: hidden + hidden))
      #expect(try RawAnswer.all(in: peer.readToEnd()).map(\.status) == [403])
    }
  }

  @Test func `a peer that sends on while its request is handled is not read from for ever`() throws
  {
    let kept = Collected<HTTPReply>()
    let arrived = Signal()
    let fixture = try ServerFixture { _, reply in
      kept.add(reply)
      arrived.fire()
    }
    let peer = try fixture.rawPeer()
    try peer.send(request("GET /1 HTTP/1.1"))
    #expect(arrived.wait())
    let limit = 64 << 20
    let requests = Array(String(repeating: request("GET /2 HTTP/1.1"), count: 1_000).utf8)
    #expect(try peer.flood(requests, quietMilliseconds: 500, limit: limit) < limit)
    #expect(kept.all.count == 1)
  }

  @Test func `the system keeps little for a peer that reads nothing`() throws {
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let peer = try RawPeer(.tcp(host: "127.0.0.1", port: listener.port))
    let accepted = try #require(try listener.accept())
    let answer = [UInt8](repeating: 65, count: 256 * 1_024)
    #expect(try peer.flood(answer, quietMilliseconds: 500, limit: 64 << 20) < 1 << 20)
    withExtendedLifetime(accepted) {}
  }
}
