import HTTP
import Testing

struct RequestParserTests {
  @Test(arguments: ParserCase.all)
  func `a stream fed whole has its outcome`(_ stream: ParserCase) {
    #expect(outcome([stream.bytes[...]]) == stream.outcome)
  }

  @Test(arguments: ParserCase.all)
  func `a stream fed byte by byte has the same outcome`(_ stream: ParserCase) {
    #expect(outcome(stream.bytes.indices.map { stream.bytes[$0...$0] }) == stream.outcome)
  }

  @Test(arguments: ParserCase.all)
  func `a stream split anywhere has the same outcome`(_ stream: ParserCase) {
    for middle in 0...stream.bytes.count {
      let pieces = [stream.bytes[..<middle], stream.bytes[middle...]]
      #expect(outcome(pieces) == stream.outcome, "split at \(middle)")
    }
  }

  @Test func `a request says what was sent`() throws {
    let text = request(
      "PATCH /api/patients/J%C3%BCrgen%20B/?q=a+b%2Bc&flag&&x=1=2&q= HTTP/1.1", "X-A: one",
      "Content-Length: 2", "x-a: two", body: "{}")
    let parsed = try #require(parse([Array(text.utf8)[...]]).requests.first)
    #expect(parsed.method == "PATCH")
    #expect(parsed.target == "/api/patients/J%C3%BCrgen%20B/?q=a+b%2Bc&flag&&x=1=2&q=")
    #expect(parsed.path == "/api/patients/J%C3%BCrgen%20B/")
    #expect(parsed.segments == ["api", "patients", "Jürgen B"])
    #expect(parsed.query.map(\.name) == ["q", "flag", "x", "q"])
    #expect(parsed.query.map(\.value) == ["a b+c", "", "1=2", ""])
    #expect(parsed.headers["x-A"] == "one")
    #expect(parsed.headers.all("X-a") == ["one", "two"])
    #expect(parsed.body == Array("{}".utf8))
  }

  @Test(arguments: [
    ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a//b", ["a", "", "b"]), ("/a//", ["a", ""]),
    ("/...", ["..."]), ("/%252e", ["%2e"]), ("/a%3Fb", ["a?b"]), ("/a+b", ["a+b"]),
    ("http://a/b/", ["b"]),
  ])
  func `a path splits into segments, each decoded once`(_ target: String, _ segments: [String]) {
    let parsed = parse([Array(request("GET \(target) HTTP/1.1").utf8)[...]])
    #expect(parsed.requests.first?.segments == segments)
  }

  @Test func `a refusal never holds what was sent`() {
    for stream in ParserCase.all {
      guard let refusal = parse([stream.bytes[...]]).refusal else { continue }
      let body = String(decoding: refusal.response.body, as: UTF8.self)
      #expect(body.hasPrefix("{\"error\":{\"code\":\""))
      #expect(!body.contains("X-A"), "\(stream.name)")
      #expect(refusal.message.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c })
    }
  }

  @Test func `a refused stream stays refused`() {
    var parser = RequestParser()
    parser.feed(Array("x\r\n".utf8)[...])
    for _ in 0..<3 {
      guard case .refused(let refusal) = parser.next() else {
        Issue.record("not refused")
        return
      }
      #expect(refusal.status == 400)
      parser.feed(Array(request("GET / HTTP/1.1").utf8)[...])
    }
  }

  @Test func `what came with a refused body is not kept`() {
    var parser = RequestParser()
    parser.feed(Array(request("PUT / HTTP/1.1", "Content-Length: 9", body: "abcd").utf8)[...])
    guard case .head = parser.next() else {
      Issue.record("no head")
      return
    }
    parser.accept(maximumBodyByteCount: 8)
    #expect(!parser.hasUnparsedBytes)
  }

  @Test func `a body's bytes are kept as they are`() {
    let body = (0...255).map { UInt8($0) }
    let head = request("PUT / HTTP/1.1", "Content-Length: 256")
    let bytes = Array(head.utf8) + body
    for size in [1, 7, 300] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        bytes[$0..<min($0 + size, bytes.count)]
      }
      #expect(parse(pieces, maximumBodyByteCount: 256).requests.first?.body == body)
    }
  }
}
