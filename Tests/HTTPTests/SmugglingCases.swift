/// Streams whose bodies two readers could end in two places.
extension ParserCase {
  /// What an attacker wants taken for a request of its own.
  private static let hidden = request("GET /hidden HTTP/1.1")
  private static let inChunk =
    "\(String(hidden.utf8.count, radix: 16))\r\n\(hidden)\r\n0\r\n\r\n"

  private static func put(_ fields: String..., body: String) -> String {
    (["PUT /a HTTP/1.1", "Host: a"] + fields).map { $0 + "\r\n" }.joined() + "\r\n" + body
  }

  static let hostileLengths =
    [
      "+0", "-0", "000", "1;1", "1;", "1,", ",1", "0,0", "1\t1", "1_0", "0b1", "0o1", "0xA", "1a",
      "'1'", "\"1\"", "1\u{a0}", "１", "Infinity", "NaN", "1\u{b}",
    ].map { value in
      ParserCase(
        "a hidden request behind Content-Length '\(value)'",
        put("Content-Length: \(value)", body: hidden), "400")
    }
    + [
      "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616",
      "18446744073709551617", "340282366920938463463374607431768211457",
    ].map { value in
      ParserCase(
        "a hidden request behind Content-Length '\(value)'",
        put("Content-Length: \(value)", body: hidden), "413")
    }

  static let hostileCodings =
    [
      ("chunked\u{b}", "400"), ("\u{b}chunked", "400"), ("\u{c}chunked", "400"),
      ("chunked\0", "400"), ("chun\u{212a}ed", "400"), ("chunked;", "400"), ("chunked ,", "400"),
      (", chunked", "400"), ("chunked, identity", "400"), ("chunked,chunked", "400"),
      ("chunked\tgzip", "400"), ("[chunked]", "400"), ("x: chunked", "400"), ("chunked\r", "400"),
      ("\nchunked", "400"), ("\r\n chunked", "400"), ("gzip;q=1", "400"),
      ("'chunked'", "501"), ("chunk", "501"), ("chunkedd", "501"), ("cow", "501"),
      ("deflate, chunked", "501"), ("identity, chunked", "501"), ("trailers", "501"),
      ("chunked-", "501"),
    ].map { value, status in
      ParserCase(
        "a hidden request behind Transfer-Encoding '\(value)'",
        put("Transfer-Encoding: \(value)", body: "0\r\n\r\n" + hidden), status)
    }
    + [
      "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
      "X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked",
      "Transfer-Encoding\0: chunked", "\u{b}Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
      "Transfer-Encoding: identity\r\ntransfer-encoding: chunked",
      "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
      "Transfer Encoding: chunked", "Transfer-Encoding chunked",
    ].map { field in
      ParserCase("a coding spelled '\(field)'", put(field, body: "0\r\n\r\n" + hidden), "400")
    }

  static let hostileChunks =
    [
      ("a quoted extension", "1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", "400"),
      ("an empty extension", "1;\r\nx\r\n0\r\n\r\n", "400"),
      ("an extension that ends in LF", "1;\nx\r\n0\r\n\r\n" + hidden, "400"),
      ("an extension at the end", "1\r\nx\r\n0;a\r\n\r\n", "400"),
      ("a blank after the last size", "0 \r\n\r\n", "400"),
      ("a blank line at the end", "0\r\n \r\n", "400"),
      ("a length among the trailers", "0\r\nContent-Length: 5\r\n\r\n", "400"),
      ("a coding among the trailers", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
      ("a request for a trailer", "0\r\n" + hidden, "400"),
      ("a size below zero", "-1\r\nx\r\n0\r\n\r\n", "400"),
      ("a last size below zero", "-0\r\n\r\n", "400"),
      ("a tab before the size", "\t1\r\nx\r\n0\r\n\r\n", "400"),
      ("a tab after the size", "1\t\r\nx\r\n0\r\n\r\n", "400"),
      ("a NUL in the size", "1\0\r\nx\r\n0\r\n\r\n", "400"),
      ("a size of other letters", "g\r\nx\r\n0\r\n\r\n", "400"),
      ("a size of other digits", "１\r\nx\r\n0\r\n\r\n", "400"),
      ("a point in the size", "1.0\r\nx\r\n0\r\n\r\n", "400"),
      ("an underscore in the size", "1_0\r\nx\r\n0\r\n\r\n", "400"),
      ("two CR after the size", "1\r\r\nx\r\n0\r\n\r\n", "400"),
      ("LF CR after the size", "1\n\rx\r\n0\r\n\r\n", "400"),
      ("LF CR after the data", "1\r\nx\n\r0\r\n\r\n", "400"),
      ("no line end after the data", "1\r\nx0\r\n\r\n", "400"),
      ("an empty line between", "1\r\nx\r\n\r\n0\r\n\r\n", "400"),
      ("two CR at the end", "0\r\n\r\r\n", "400"),
      ("a size of 64 bits that is one", "10000000000000001\r\nx\r\n0\r\n\r\n", "400"),
      ("the size of the largest number", "7fffffffffffffff\r\nx\r\n0\r\n\r\n", "400"),
      ("the size -1 of 64 bits", "ffffffffffffffff\r\nx\r\n0\r\n\r\n", "400"),
      ("a size of 33 bits", "100000001\r\nx\r\n0\r\n\r\n", "413"),
      ("a size of 32 bits", "FFFFFFFF\r\nx\r\n0\r\n\r\n", "413"),
      ("a size of fifteen digits", "000000000000001\r\nx\r\n0\r\n\r\n", "PUT /a 1"),
      ("an end of fifteen digits", "1\r\nx\r\n000000000000000\r\n\r\n", "PUT /a 1"),
      ("a hidden request as data", inChunk, "PUT /a \(hidden.utf8.count)"),
      ("an end as data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "PUT /a 5"),
    ].map { name, body, outcome in
      ParserCase("chunks with \(name)", put("Transfer-Encoding: chunked", body: body), outcome)
    }

  static let smuggled =
    [
      ("CL.TE", ["Content-Length: 6", "Transfer-Encoding: chunked"], "0\r\n\r\nG"),
      ("TE.CL", ["Transfer-Encoding: chunked", "Content-Length: 4"], inChunk),
      ("CL.TE in other case", ["content-length: 6", "TRANSFER-ENCODING: cHuNkEd"], "0\r\n\r\nG"),
      ("CL.TE of nothing", ["Content-Length: 0", "Transfer-Encoding: chunked"], inChunk),
      ("CL.CL", ["Content-Length: 0", "Content-Length: 44"], hidden),
      ("CL.CL in a list", ["Content-Length: 0, 44"], hidden),
      ("TE.TE", ["Transfer-Encoding: chunked", "Transfer-Encoding: cow"], "0\r\n\r\n" + hidden),
      ("a folded coding", ["Content-Length: 5", "Transfer-Encoding:", " chunked"], hidden),
      ("a folded length", ["Content-Length:", " 44"], hidden),
      ("a length behind a bare CR", ["X: y\rContent-Length: 44"], hidden),
      ("a length behind a NUL", ["X: y\0Content-Length: 44"], hidden),
      ("a length with a blank before the colon", ["Content-Length : 44"], hidden),
    ].map { name, fields, body in
      let head = (["PUT /a HTTP/1.1", "Host: a"] + fields).map { $0 + "\r\n" }.joined()
      return ParserCase(name, head + "\r\n" + body, "400")
    }
    + [
      ParserCase(
        "a hidden request as a body", put("Content-Length: \(hidden.utf8.count)", body: hidden),
        "PUT /a \(hidden.utf8.count)"),
      ParserCase(
        "a hidden request as the body of a GET",
        request("GET /a HTTP/1.1", "Content-Length: \(hidden.utf8.count)", body: hidden),
        "GET /a \(hidden.utf8.count)"),
      ParserCase(
        "a hidden request as the body of a HEAD",
        request("HEAD /a HTTP/1.1", "Content-Length: \(hidden.utf8.count)", body: hidden),
        "HEAD /a \(hidden.utf8.count)"),
      ParserCase(
        "a length that Connection names",
        put("Connection: Content-Length", "Content-Length: 3", body: "abc"),
        "PUT /a 3"),
      ParserCase(
        "a coding that Connection names",
        put("Connection: Transfer-Encoding", "Transfer-Encoding: chunked", body: inChunk),
        "PUT /a \(hidden.utf8.count)"),
      ParserCase(
        "fields whose names only look like a length's",
        put("Content_Length: 9", "Content-Length: 3", "XContent-Length: 9", body: "abc"),
        "PUT /a 3"),
      ParserCase(
        "fields whose names only look like a coding's",
        put("Transfer_Encoding: chunked", "TE: chunked", "Content-Length: 5", body: "0\r\n\r\n"),
        "PUT /a 5"),
      ParserCase(
        "a tab before the coding", put("Transfer-Encoding:\tchunked\t", body: "0\r\n\r\n"),
        "PUT /a 0"),
      ParserCase(
        "a hidden request behind a body of nothing", put("Content-Length: 0", body: hidden),
        "PUT /a 0", "GET /hidden 0"),
      ParserCase(
        "a second request for another protocol",
        put("Content-Length: 1", body: "x" + request("GET /b HTTP/1.0")), "PUT /a 1", "505"),
      ParserCase(
        "a body one byte longer than announced", put("Content-Length: 2", body: "abc" + hidden),
        "PUT /a 2", "cGET /hidden 0"),
      ParserCase(
        "two line ends behind a body", put("Content-Length: 1", body: "x\r\n\r\n" + hidden),
        "PUT /a 1", "400"),
      ParserCase(
        "a line end behind a body", put("Content-Length: 1", body: "x\r\n" + hidden), "PUT /a 1",
        "GET /hidden 0"),
    ]

  static let unfinished =
    [
      ("a letter", "G"), ("a CR", "\r"), ("an empty line", "\r\n"),
      ("a line", "GET / HTTP/1.1\r\n"),
      ("a line without its LF", "GET / HTTP/1.1\r"), ("half a field", "GET / HTTP/1.1\r\nHost"),
      ("fields without their end", request("GET / HTTP/1.1").dropLast(2) + ""),
      ("a short body", put("Content-Length: 100", body: hidden)),
      ("half a size", put("Transfer-Encoding: chunked", body: "1")),
      ("a short chunk", put("Transfer-Encoding: chunked", body: "64\r\n" + hidden)),
      ("chunks without an end", put("Transfer-Encoding: chunked", body: "1\r\nx\r\n")),
      ("chunks with half an end", put("Transfer-Encoding: chunked", body: "1\r\nx\r\n0\r\n")),
    ].map { name, text in ParserCase("\(name) and nothing more", text, "unfinished") }
    + [
      ParserCase(
        "a request and half another", hidden + "GET /b HTTP/1.1\r\n", "GET /hidden 0", "unfinished")
    ]
}
