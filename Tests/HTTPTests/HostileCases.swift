/// More streams that a peer sends by mistake or with intent.
extension ParserCase {
  static let hostile =
    otherProtocols + hostileTargets + hostileFields + hostileHosts + goodHosts + expectations
    + hostileLengths + hostileCodings + hostileChunks + smuggled + unfinished

  private static func lines(_ status: String, _ lines: [String]) -> [ParserCase] {
    lines.map { ParserCase("the line '\($0)'", request($0), status) }
  }

  private static let otherProtocols =
    lines(
      "400",
      [
        "   ", "GET", "GET /", "GET / HTTP/1.1 HTTP/1.1", "GET / HTTP/1.1\t", "GET / HTTP/ 1.1",
        "GET / HTTP/1,1", "GET / HTTP/1.1x", "GET / HTTP/01.1", "GET / HTTP/1.", "GET / HTTP/.1",
        "GET / HTTP/-1.1", "GET / HTTP/+1.1", "GET / HTTP/١.١", "GET / hTTP/1.1", "GET / HTTPS/1.1",
        "GET / ICAP/1.0", "OPTIONS rtsp://a/ RTSP/1.0", "G\u{0}T / HTTP/1.1",
        "\u{feff}GET / HTTP/1.1",
        "G(T / HTTP/1.1", "{\"method\": \"GET\"}", "HTTP/1.1 200 OK", "EHLO a", "*1",
        "PROXY TCP4 127.0.0.1 127.0.0.1 1 2", "GET\u{b}/ HTTP/1.1", "GET /\r HTTP/1.1",
        " GET / HTTP/1.1", "GET / HTTP/1.1\r",
      ])
    + lines(
      "505",
      ["GET / HTTP/0.9", "GET / HTTP/1.9", "GET / HTTP/3.0", "GET / HTTP/9.9"])
    + [
      ParserCase("a line feed alone", "\n", "400"),
      ParserCase("an empty line and a line feed", "\r\n\n", "400"),
      ParserCase("a SOCKS greeting", bytes: [5, 1, 0], ["400"]),
      ParserCase("a proxy's signature", "\r\n\r\n\u{0}\r\nQUIT\n", "400"),
      ParserCase("bytes above ASCII", bytes: [0xff, 0xfe, 13, 10], ["400"]),
    ]

  private static let hostileTargets =
    [
      "?a", "a/b", "/a\tb", "/<", "/{a}", "/a|b", "/a^b", "/a`b", "/[a]", "/%7f", "/%1b%5b",
      "/%c3%28",
      "/%f4%90%80%80", "/%u0041", "/%2", "/.%2e/a", "/%2e", "/a/./b", "/a/%2E%2E",
      "/../../etc/passwd",
      "/a%5C%2f", "/a%0A", "/?a#b", "/?a%", "/?<a>", "/?a=%C0%80", "**", "http:/a", "http:a",
      "http:///a", "http://a:80/", "http://a?b", "http://a#b", "http://[::1]/", "http://a@a/",
      "file:///etc/passwd", "javascript:a", "ws://a/", "//%2f",
    ].map { ParserCase("the target '\($0)'", request("GET \($0) HTTP/1.1"), "400") }
    + [
      "//a", "/..;/a", "/a;b=c", "/?[a]={b}|^`", "/?a=b?c/d", "/?", "/?&&", "/%E2%82%AC",
      "HTTP://A/b",
      "https://a/", "http://a/?b",
    ].map { ParserCase("the target '\($0)'", request("GET \($0) HTTP/1.1"), "GET \($0) 0") }
    + [
      ParserCase("an asterisk with a query", request("OPTIONS *?a HTTP/1.1"), "400"),
      ParserCase("CONNECT to an address", request("CONNECT [::1]:22 HTTP/1.1"), "400"),
      ParserCase("OPTIONS of a path", request("OPTIONS /a HTTP/1.1"), "OPTIONS /a 0"),
      ParserCase("a small method", request("get / HTTP/1.1"), "get / 0"),
    ]

  private static let hostileFields =
    [
      "X(A): b", "X\"A: b", "X/A: b", "X@A: b", "{X}: b", "X-A; b", "X A: b", "X-A\u{b}: b", ":",
      " ",
      "\tb: c", "X-A: \u{b}b", "X-A: b\u{c}", "X-A: \u{7}", "X-A: b\r", "X-A: b\n",
      "X-A: b\nX-B: c",
      "X-A: b\rX-B: c", "X-A: b\r\n\tc", "X-A: b\r\n c: d", "\u{feff}X-A: b", "X-A\r\n: b",
      "Host : b",
      "GET /b HTTP/1.1",
    ].map { ParserCase("the field '\($0)'", request("GET / HTTP/1.1", $0), "400") }
    + [
      "X-A: \u{85}", "X-A: :", "X-A: \"b", "!#$%&'*+-.^_`|~: b", "X-A: a,,b", "Upgrade: h2c",
      "Connection: Upgrade, Host", "Content-Encoding: gzip", "Cookie: a=b; a=c", "TE: trailers",
    ].map { ParserCase("the field '\($0)'", request("GET / HTTP/1.1", $0), "GET / 0") }
    + [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3]].map { value in
      ParserCase(
        "the value \(value)",
        bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + value + Array("\r\n\r\n".utf8),
        ["400"])
    }

  private static func host(_ value: String, _ outcome: String) -> ParserCase {
    ParserCase("the Host '\(value)'", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n", outcome)
  }

  private static let hostileHosts =
    [
      "a b", "a\tb", "a#b", "a?b", "a\\b", "http://a", "<a>", "é", "a;b", "a=b", "\"a\"", "a,a",
      "a:b", "a:-1", "a:+1", "a:8 0", "a:80:80", "::1", ":80", ":", "[::1", "::1]", "[]", "[::1]a",
      "[::1]:x", "[a]:1", "a[::1]", "[[::1]]", "a:123456", "%00", "a%2fb", "%61",
    ].map { host($0, "400") }
    + [
      ParserCase("two equal Hosts", request("GET / HTTP/1.1", "Host: a"), "400"),
      ParserCase(
        "an absolute target with a bad port",
        "GET http://a:b/ HTTP/1.1\r\nHost: a:b\r\n\r\n", "400"),
      ParserCase("a Host with a blank before it", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"),
      ParserCase("an absolute target without Host", "GET http://a/ HTTP/1.1\r\n\r\n", "400"),
    ]

  private static let goodHosts = [
    "A", "a:", "a:7420", "127.0.0.1:80", "[::1]", "[::1]:7420", "[::ffff:127.0.0.1]:65535",
    "a-b_c.example.~", "localhost",
  ].map { host($0, "GET / 0") }

  private static let expectations =
    [
      "", "100", "100 continue", "100-continue, 100-continue", "100-continue; a",
      "\"100-continue\"",
      "200-ok", "100-continuе",
    ].map { ParserCase("Expect '\($0)'", request("GET / HTTP/1.1", "Expect: \($0)"), "417") }
    + [
      ParserCase(
        "two expectations",
        request("GET / HTTP/1.1", "Expect: 100-continue", "expect: 100-continue"), "417"),
      ParserCase(
        "an unknown expectation with a body",
        request("PUT / HTTP/1.1", "Expect: 1", "Content-Length: 4", body: "GET "), "417"),
    ]
}
