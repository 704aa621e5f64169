/// The first line of a request: `GET /path HTTP/1.1`.
struct RequestLine: Sendable {
  var method: String
  var target: RequestTarget

  /// Reads a line without its end.
  /// - Throws: 505 for another version of HTTP, else 400.
  init(_ line: [UInt8]) throws(HTTPRefusal) {
    let parts = line.split(separator: ASCII.space, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed("The request line is malformed.") }
    guard let method = Self.method(line) else { throw .malformed("The method is malformed.") }
    try Self.checkVersion(parts[2])
    self.method = method
    target = try RequestTarget(parts[1], method: method)
  }

  /// The method alone, however malformed the rest of the line is.
  /// - Returns: nil for none, or a malformed one.
  static func method(_ line: [UInt8]) -> String? {
    guard let end = line.firstIndex(of: ASCII.space), end > 0 else { return nil }
    let method = line[..<end]
    return method.allSatisfy(ASCII.isToken) ? String(decoding: method, as: UTF8.self) : nil
  }

  private static func checkVersion(_ version: ArraySlice<UInt8>) throws(HTTPRefusal) {
    if version.elementsEqual("HTTP/1.1".utf8) { return }
    let digits = version.dropFirst("HTTP/".count)
    guard version.starts(with: "HTTP/".utf8), digits.count == 3,
      let first = digits.first, let last = digits.last, ASCII.isDigit(first), ASCII.isDigit(last),
      digits[digits.startIndex + 1] == UInt8(ascii: ".")
    else { throw .malformed("The HTTP version is malformed.") }
    throw HTTPRefusal(505, "Only HTTP/1.1 is spoken here.")
  }
}
