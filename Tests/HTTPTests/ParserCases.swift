extension ParserCase {
  static let all =
    good + badRequestLines + badTargets + badFields + badHosts + badLengths + badCodings
    + badChunks + sequences + hostile

  static let good = [
    ParserCase("a plain request", request("GET / HTTP/1.1"), "GET / 0"),
    ParserCase("one empty line in front", "\r\n" + request("GET / HTTP/1.1"), "GET / 0"),
    ParserCase("an unknown method", request("BREW /a HTTP/1.1"), "BREW /a 0"),
    ParserCase(
      "a fixed body", request("PUT /a HTTP/1.1", "Content-Length: 3", body: "abc"), "PUT /a 3"),
    ParserCase("an empty body", request("PUT /a HTTP/1.1", "Content-Length: 0"), "PUT /a 0"),
    ParserCase(
      "a chunked body",
      request(
        "PUT /a HTTP/1.1", "Transfer-Encoding: CHUNKED",
        body: "3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n"),
      "PUT /a 13"),
    ParserCase(
      "an empty chunked body",
      request("PUT /a HTTP/1.1", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
      "PUT /a 0"),
    ParserCase(
      "blanks around a value", request("GET / HTTP/1.1", "Content-Length:\t 0 \t"), "GET / 0"),
    ParserCase("an empty value", request("GET / HTTP/1.1", "X-Empty:"), "GET / 0"),
    ParserCase("UTF-8 in a value", request("GET / HTTP/1.1", "X-Name: Zoë"), "GET / 0"),
    ParserCase("a tab in a value", request("GET / HTTP/1.1", "X-Name: a\tb"), "GET / 0"),
    ParserCase("the asterisk", request("OPTIONS * HTTP/1.1"), "OPTIONS * 0"),
    ParserCase("an absolute target", request("GET http://A/b?c HTTP/1.1"), "GET http://A/b?c 0"),
    ParserCase("an expectation", request("GET / HTTP/1.1", "Expect: 100-Continue"), "GET / 0"),
    ParserCase("nothing", ""),
    ParserCase("half a request", "GET / HTTP/1.1\r\nHost: a\r\n", "unfinished"),
  ]

  static let badRequestLines = [
    ParserCase("two empty lines in front", "\r\n\r\n" + request("GET / HTTP/1.1"), "400"),
    ParserCase("HTTP/1.0", request("GET / HTTP/1.0"), "505"),
    ParserCase("HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    ParserCase("HTTP/1.2", request("GET / HTTP/1.2"), "505"),
    ParserCase("HTTP/0.9", "GET /\r\n", "400"),
    ParserCase("a small version", request("GET / http/1.1"), "400"),
    ParserCase("a long version", request("GET / HTTP/1.10"), "400"),
    ParserCase("a version without a point", request("GET / HTTP/111"), "400"),
    ParserCase("a blank at the end", request("GET / HTTP/1.1 "), "400"),
    ParserCase("two blanks", request("GET  / HTTP/1.1"), "400"),
    ParserCase("a tab for a blank", request("GET\t/ HTTP/1.1"), "400"),
    ParserCase("no method", request(" / HTTP/1.1"), "400"),
    ParserCase("a colon in the method", request("GE:T / HTTP/1.1"), "400"),
    ParserCase("another protocol", "SSH-2.0-x\r\n", "400"),
    ParserCase("a TLS greeting", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], ["400"]),
  ]

  static let badTargets = [
    ParserCase("no slash in front", request("GET a HTTP/1.1"), "400"),
    ParserCase("an asterisk for GET", request("GET * HTTP/1.1"), "400"),
    ParserCase("CONNECT", request("CONNECT a:1 HTTP/1.1"), "400"),
    ParserCase("another scheme", request("GET ftp://a/ HTTP/1.1"), "400"),
    ParserCase("an absolute target without a path", request("GET http://a HTTP/1.1"), "400"),
    ParserCase("an absolute target with a user", request("GET http://u@a/ HTTP/1.1"), "400"),
    ParserCase("an absolute target for another host", request("GET http://b/ HTTP/1.1"), "400"),
    ParserCase("a fragment", request("GET /a#b HTTP/1.1"), "400"),
    ParserCase("a quote in the path", request("GET /\" HTTP/1.1"), "400"),
    ParserCase("a backslash in the path", request("GET /a\\b HTTP/1.1"), "400"),
    ParserCase("a quote in the query", request("GET /?\" HTTP/1.1"), "400"),
    ParserCase("a byte above ASCII", request("GET /é HTTP/1.1"), "400"),
    ParserCase("an escaped slash", request("GET /a%2Fb HTTP/1.1"), "400"),
    ParserCase("a small escaped slash", request("GET /a%2fb HTTP/1.1"), "400"),
    ParserCase("an escaped NUL", request("GET /a%00 HTTP/1.1"), "400"),
    ParserCase("an escaped line end", request("GET /a%0d%0a HTTP/1.1"), "400"),
    ParserCase("an escape of one digit", request("GET /a%2 HTTP/1.1"), "400"),
    ParserCase("an escape without digits", request("GET /a% HTTP/1.1"), "400"),
    ParserCase("an escape of other letters", request("GET /a%zz HTTP/1.1"), "400"),
    ParserCase("an escape with a sign", request("GET /a%+1 HTTP/1.1"), "400"),
    ParserCase("escapes that are not UTF-8", request("GET /%ff HTTP/1.1"), "400"),
    ParserCase("an escaped surrogate", request("GET /%ed%a0%80 HTTP/1.1"), "400"),
    ParserCase("an overlong escaped slash", request("GET /%c0%af HTTP/1.1"), "400"),
    ParserCase("a dot segment", request("GET /./a HTTP/1.1"), "400"),
    ParserCase("two dots", request("GET /a/.. HTTP/1.1"), "400"),
    ParserCase("two escaped dots", request("GET /%2e%2E/a HTTP/1.1"), "400"),
    ParserCase("a bad escape in the query", request("GET /?a=%g1 HTTP/1.1"), "400"),
    ParserCase("an escaped NUL in the query", request("GET /?a=%00 HTTP/1.1"), "400"),
    ParserCase("a query that is not UTF-8", request("GET /?a=%ff HTTP/1.1"), "400"),
  ]

  static let badFields = [
    ParserCase("a folded line", request("GET / HTTP/1.1", "X-A: b", " c"), "400"),
    ParserCase("a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"),
    ParserCase("a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"),
    ParserCase("a bare LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400"),
    ParserCase("a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400"),
    ParserCase("a bare CR in a value", request("GET / HTTP/1.1", "X-A: b\rc"), "400"),
    ParserCase("two CR", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"),
    ParserCase("a NUL in a value", request("GET / HTTP/1.1", "X-A: b\0"), "400"),
    ParserCase("a NUL in a name", request("GET / HTTP/1.1", "X\0A: b"), "400"),
    ParserCase(
      "an escape character in a value", request("GET / HTTP/1.1", "X-A: \u{1b}[0m"), "400"),
    ParserCase("a DEL in a value", request("GET / HTTP/1.1", "X-A: \u{7f}"), "400"),
    ParserCase("a blank before the colon", request("GET / HTTP/1.1", "X-A : b"), "400"),
    ParserCase("a tab before the colon", request("GET / HTTP/1.1", "X-A\t: b"), "400"),
    ParserCase("an empty name", request("GET / HTTP/1.1", ": b"), "400"),
    ParserCase("no colon", request("GET / HTTP/1.1", "X-A"), "400"),
    ParserCase("a name above ASCII", request("GET / HTTP/1.1", "X-é: b"), "400"),
    ParserCase(
      "a value that is not UTF-8",
      bytes: Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xff] + Array("\r\n\r\n".utf8),
      ["400"]),
    ParserCase("an unknown expectation", request("GET / HTTP/1.1", "Expect: tea"), "417"),
  ]

  static let badHosts = [
    ParserCase("no Host", "GET / HTTP/1.1\r\n\r\n", "400"),
    ParserCase("two Hosts", request("GET / HTTP/1.1", "host: a"), "400"),
    ParserCase("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"),
    ParserCase("a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400"),
    ParserCase("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"),
    ParserCase("a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"),
  ]

  static let badLengths =
    [
      "", "+1", "-1", "0x1", "1,1", "1, 1", "1 1", "1.0", "1e0", "01", "00", "a", "١",
    ].map { value in
      ParserCase(
        "Content-Length '\(value)'",
        request("PUT / HTTP/1.1", "Content-Length: \(value)", body: "x"),
        "400")
    } + [
      ParserCase(
        "two equal lengths",
        request("PUT / HTTP/1.1", "Content-Length: 1", "Content-Length: 1", body: "x"), "400"),
      ParserCase(
        "two different lengths",
        request("PUT / HTTP/1.1", "Content-Length: 1", "content-length: 2", body: "xy"), "400"),
      ParserCase(
        "a length beyond 64 bits",
        request("PUT / HTTP/1.1", "Content-Length: 99999999999999999999999"), "413"),
      ParserCase(
        "a length beyond the limit", request("PUT / HTTP/1.1", "Content-Length: 101"), "413"),
      ParserCase(
        "a length and a coding",
        request(
          "PUT / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
        "400"),
      ParserCase(
        "a coding and a length",
        request("PUT / HTTP/1.1", "Transfer-Encoding: gzip", "Content-Length: 0"), "400"),
    ]

  static let badCodings =
    [
      ("gzip", "501"), ("identity", "501"), ("xchunked", "501"), ("gzip, chunked", "501"),
      ("", "400"), ("chunked, chunked", "400"), ("chunked, gzip", "400"), ("chunked;q=1", "400"),
      (",chunked", "400"), ("chunked,", "400"), ("\"chunked\"", "400"), ("chunked gzip", "400"),
    ].map { value, status in
      ParserCase(
        "Transfer-Encoding '\(value)'",
        request("PUT / HTTP/1.1", "Transfer-Encoding: \(value)", body: "0\r\n\r\n"), status)
    } + [
      ParserCase(
        "two codings",
        request(
          "PUT / HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
          body: "0\r\n\r\n"),
        "400")
    ]

  static let badChunks = [
    ("an extension", "1;a=b\r\nx\r\n0\r\n\r\n", "400"),
    ("a trailer", "1\r\nx\r\n0\r\nX-A: b\r\n\r\n", "400"),
    ("no size", "\r\nx\r\n0\r\n\r\n", "400"),
    ("a sign", "+1\r\nx\r\n0\r\n\r\n", "400"),
    ("a prefix", "0x1\r\nx\r\n0\r\n\r\n", "400"),
    ("a blank after the size", "1 \r\nx\r\n0\r\n\r\n", "400"),
    ("a blank before the size", " 1\r\nx\r\n0\r\n\r\n", "400"),
    ("a bare LF after the size", "1\nx\r\n0\r\n\r\n", "400"),
    ("a bare CR after the size", "1\rx\r\n0\r\n\r\n", "400"),
    ("more data than its size", "1\r\nxy\r\n0\r\n\r\n", "400"),
    ("less data than its size", "3\r\nx\r\n0\r\n\r\n", "400"),
    ("a bare LF after the data", "1\r\nx\n0\r\n\r\n", "400"),
    ("a bare LF at the end", "1\r\nx\r\n0\r\n\n", "400"),
    ("a size of sixteen digits", "0000000000000001\r\nx\r\n0\r\n\r\n", "400"),
    ("a size of 60 bits", "fffffffffffffff\r\n", "413"),
    ("a size beyond the limit", "65\r\n", "413"),
    ("a sum beyond the limit", "1\r\nx\r\n64\r\n", "413"),
  ].map { name, body, status in
    ParserCase(
      "chunks with \(name)",
      request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", body: body), status)
  }

  static let sequences = [
    ParserCase(
      "three requests",
      request("GET /1 HTTP/1.1") + request("PUT /2 HTTP/1.1", "Content-Length: 2", body: "xy")
        + request("PUT /3 HTTP/1.1", "Transfer-Encoding: chunked", body: "1\r\nx\r\n0\r\n\r\n")
        + request("GET /4 HTTP/1.1"),
      "GET /1 0", "PUT /2 2", "PUT /3 1", "GET /4 0"),
    ParserCase(
      "a bad request behind a good one",
      request("GET /1 HTTP/1.1") + "x\r\n" + request("GET /2 HTTP/1.1"),
      "GET /1 0", "400"),
    ParserCase(
      "more body than announced",
      request("PUT /1 HTTP/1.1", "Content-Length: 1", body: "x\u{1}y\r\n"),
      "PUT /1 1", "400"),
  ]
}
