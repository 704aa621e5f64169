import HTTP
import Testing

struct ResponseParserTests {
  private func feed(
    _ text: String, isHead: Bool = false
  ) throws(HTTPRefusal) -> (response: HTTPResponse?, keeps: Bool) {
    var parser = ResponseParser(isHead: isHead, maximumBodyByteCount: 10)
    var response: HTTPResponse?
    for byte in text.utf8 { response = try parser.feed([byte]) ?? response }
    return (response ?? parser.finish(), parser.keepsConnection)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", true),
    ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "", true),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi", true),
    ("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nhi", "hi", false),
    ("HTTP/1.1 200 OK\r\n\r\nhi", "hi", false),
    (
      "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "a",
      true
    ),
  ])
  func `an answer has its body`(_ text: String, _ body: String, _ keeps: Bool) throws {
    let result = try feed(text)
    let response = try #require(result.response)
    #expect(response.status == 200)
    #expect(String(decoding: response.body, as: UTF8.self) == body)
    #expect(response.headers["X"] == nil)
    #expect(result.keeps == keeps)
  }

  @Test func `an answer to HEAD has no body, whatever it announces`() throws {
    let result = try feed("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", isHead: true)
    #expect(result.response?.body == [])
  }

  @Test(arguments: ["204 No Content", "304 Not Modified"])
  func `an answer without content ends with its fields`(_ status: String) throws {
    #expect(try feed("HTTP/1.1 \(status)\r\n\r\n").response?.body == [])
  }

  @Test(arguments: [
    "HTTP/1.0 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 600 X\r\n",
    "HTTP/1.1 200 OK\n", "HTTP/1.1 101 Switching\r\n\r\n", "GET / HTTP/1.1\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n12345678901",
  ])
  func `a malformed or too large answer is refused`(_ text: String) {
    #expect(throws: HTTPRefusal.self) { try feed(text) }
  }

  @Test func `an answer that ends early is none`() throws {
    #expect(try feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh").response == nil)
  }
}

extension HTTPResponse {
  /// The body as text.
  var text: String { String(decoding: body, as: UTF8.self) }
}
