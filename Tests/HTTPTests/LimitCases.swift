import HTTP

/// Streams one below, at and one above the limits of one connection.
extension ParserCase {
  private static let standard = HTTPLimits.standard
  private static let excesses = [-1, 0, 1]

  static let limits =
    requestLines + fieldLines + fieldCounts + fieldBytes + bodies + chunkedBodies + endless

  private static func filler(_ count: Int) -> String { String(repeating: "b", count: count) }

  private static let requestLines = excesses.map { excess in
    let count = standard.maximumLineByteCount + excess - "GET / HTTP/1.1".utf8.count
    let target = "/" + filler(count)
    return ParserCase(
      "a request line at the limit \(excess)", request("GET \(target) HTTP/1.1"),
      excess > 0 ? "414" : "GET \(target) 0")
  }

  private static let fieldLines = excesses.map { excess in
    let field = "X-A: " + filler(standard.maximumLineByteCount + excess - "X-A: ".utf8.count)
    return ParserCase(
      "a field line at the limit \(excess)", request("GET / HTTP/1.1", field),
      excess > 0 ? "431" : "GET / 0")
  }

  private static let fieldCounts = excesses.map { excess in
    // `Host` is one of them.
    let fields = (1..<standard.maximumFieldCount + excess).map { "X-\($0): y\r\n" }.joined()
    return ParserCase(
      "a number of fields at the limit \(excess)", "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n",
      excess > 0 ? "431" : "GET / 0")
  }

  private static let fieldBytes = excesses.map { excess in
    let others = "Host: a\r\nX-A: \r\nX-B: \r\nX-C: \r\n".utf8.count
    let rest = standard.maximumFieldsByteCount + excess - others - 12_000
    return ParserCase(
      "fields at the limit of bytes \(excess)",
      request(
        "GET / HTTP/1.1", "X-A: \(filler(6_000))", "X-B: \(filler(6_000))",
        "X-C: \(filler(rest))"),
      excess > 0 ? "431" : "GET / 0")
  }

  private static let bodies = excesses.map { excess in
    ParserCase(
      "a body at the limit \(excess)",
      request("PUT / HTTP/1.1", "Content-Length: \(100 + excess)", body: filler(100 + excess)),
      excess > 0 ? "413" : "PUT / \(100 + excess)")
  }

  private static let chunkedBodies = excesses.map { excess in
    let size = String(60 + excess, radix: 16)
    let chunks = "28\r\n\(filler(40))\r\n\(size)\r\n\(filler(60 + excess))\r\n0\r\n\r\n"
    return ParserCase(
      "a chunked body at the limit \(excess)",
      request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", body: chunks),
      excess > 0 ? "413" : "PUT / \(100 + excess)")
  }

  private static let endless = [
    ParserCase("a method without an end", filler(20_000), "414"),
    ParserCase("a target without an end", "GET /" + filler(20_000), "414"),
    ParserCase("a name without an end", "GET / HTTP/1.1\r\n" + filler(20_000), "431"),
    ParserCase("a value without an end", "GET / HTTP/1.1\r\nX-A: " + filler(20_000), "431"),
    ParserCase(
      "fields without an end", "GET / HTTP/1.1\r\n" + String(repeating: "a:b\r\n", count: 4_000),
      "431"),
    ParserCase("blanks without an end", String(repeating: " ", count: 20_000), "414"),
    ParserCase(
      "escapes without an end", "GET /" + String(repeating: "%41", count: 7_000), "414"),
    ParserCase(
      "dots without an end", request("GET " + String(repeating: "/..", count: 2_000) + " HTTP/1.1"),
      "400"),
    ParserCase(
      "one-byte chunks beyond the limit",
      request(
        "PUT / HTTP/1.1", "Transfer-Encoding: chunked",
        body: String(repeating: "1\r\nx\r\n", count: 101) + "0\r\n\r\n"), "413"),
    ParserCase(
      "one-byte chunks at the limit",
      request(
        "PUT / HTTP/1.1", "Transfer-Encoding: chunked",
        body: String(repeating: "1\r\nx\r\n", count: 100) + "0\r\n\r\n"), "PUT / 100"),
  ]
}
