import HTTP
import Testing

/// Each limit is tried one below, at and one above.
struct RequestLimitTests {
  /// The outcome of a request fed whole, which is checked to be that of one fed byte by byte.
  private func status(_ text: String, _ limits: HTTPLimits) -> String? {
    let bytes = Array(text.utf8)
    let whole = outcome([bytes[...]], limits: limits)
    let single = outcome(bytes.indices.map { bytes[$0...$0] }, limits: limits)
    #expect(whole == single)
    return whole.last
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a request line has a limit`(_ excess: Int, _ isTaken: Bool) {
    var limits = HTTPLimits.standard
    limits.maximumLineByteCount = 60
    let target = "/" + String(repeating: "a", count: 60 + excess - "GET / HTTP/1.1".utf8.count)
    let result = status(request("GET \(target) HTTP/1.1"), limits)
    #expect(result == (isTaken ? "GET \(target) 0" : "414"))
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a field line has a limit`(_ excess: Int, _ isTaken: Bool) {
    var limits = HTTPLimits.standard
    limits.maximumLineByteCount = 60
    let field = "X-A: " + String(repeating: "b", count: 60 + excess - "X-A: ".utf8.count)
    let result = status(request("GET / HTTP/1.1", field), limits)
    #expect(result == (isTaken ? "GET / 0" : "431"))
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `the number of fields has a limit`(_ excess: Int, _ isTaken: Bool) {
    let limits = HTTPLimits.standard
    let count = limits.maximumFieldCount + excess - 1
    let fields = (0..<count).map { "X-\($0): y\r\n" }.joined()
    let result = status("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n", limits)
    #expect(result == (isTaken ? "GET / 0" : "431"))
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `the fields together have a limit`(_ excess: Int, _ isTaken: Bool) {
    var limits = HTTPLimits.standard
    limits.maximumFieldsByteCount = 100
    let others = "Host: a\r\nX-A: \r\n".utf8.count
    let value = String(repeating: "b", count: 100 + excess - others)
    let result = status(request("GET / HTTP/1.1", "X-A: \(value)"), limits)
    #expect(result == (isTaken ? "GET / 0" : "431"))
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a fixed body has a limit`(_ excess: Int, _ isTaken: Bool) {
    let count = 100 + excess
    let body = String(repeating: "b", count: count)
    let result = status(
      request("PUT / HTTP/1.1", "Content-Length: \(count)", body: body), .standard)
    #expect(result == (isTaken ? "PUT / \(count)" : "413"))
  }

  @Test(arguments: [(-1, true), (0, true), (1, false)])
  func `a chunked body has a limit`(_ excess: Int, _ isTaken: Bool) {
    let rest = String(repeating: "b", count: 60 + excess)
    let first = String(repeating: "b", count: 40)
    let size = String(60 + excess, radix: 16)
    let body = "28\r\n\(first)\r\n\(size)\r\n\(rest)\r\n0\r\n\r\n"
    let result = status(
      request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", body: body), .standard)
    #expect(result == (isTaken ? "PUT / \(100 + excess)" : "413"))
  }

  @Test func `a line without an end is refused at its limit`() {
    var limits = HTTPLimits.standard
    limits.maximumLineByteCount = 10
    #expect(outcome([Array("GET /aaaaa".utf8)[...]], limits: limits) == ["unfinished"])
    #expect(outcome([Array("GET /aaaaaa".utf8)[...]], limits: limits) == ["414"])
  }
}
