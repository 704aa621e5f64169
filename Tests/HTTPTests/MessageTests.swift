import HTTP
import Testing

struct MessageTests {
  @Test func `header names have no case and keep their order`() {
    var headers: HTTPHeaders = ["A": "1", "b": "2", "a": "3"]
    #expect(headers["a"] == "1")
    #expect(headers.all("A") == ["1", "3"])
    headers.append("B", "4")
    headers.set("a", "5")
    #expect(headers.fields.map(\.name) == ["b", "B", "a"])
    #expect(headers.fields.map(\.value) == ["2", "4", "5"])
    headers.remove("B")
    #expect(headers["b"] == nil)
  }

  @Test func `names that only Unicode takes for equal are different`() {
    let headers: HTTPHeaders = ["é": "1"]
    #expect(headers["e\u{301}"] == nil)
    #expect(headers["é"] == "1")
  }

  @Test(arguments: [
    ("127.0.0.1:7420", "127.0.0.1:7420", true), ("localhost:1", "localhost:1", true),
    ("[::1]:0", "[::1]:0", true), ("127.9.9.9:1", "127.9.9.9:1", true),
    ("[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", true),
    ("0.0.0.0:80", "0.0.0.0:80", false), ("[::]:80", "[::]:80", false),
    ("192.168.0.1:65535", "192.168.0.1:65535", false), ("unix:/a:b", "unix:/a:b", true),
  ])
  func `an endpoint is read and written`(_ text: String, _ written: String, _ isLoopback: Bool) {
    let endpoint = Endpoint(text)
    #expect(endpoint?.description == written)
    #expect(endpoint?.isLoopback == isLoopback)
  }

  @Test(arguments: [
    "", ":1", "1", "localhost", "localhost:", "localhost:+1", "localhost:65536", "::1:1", "[::1]",
    "[::1:1", "example.org:80", "127.0.0.1:1 ", "127.1:80", "unix:", "[127.0.0.1:1",
  ])
  func `what is no endpoint is refused`(_ text: String) {
    #expect(Endpoint(text) == nil)
  }
}
