/// How the end of a body is found.
package enum BodyFraming: Sendable, Equatable {
  case none
  /// So many bytes, more than 0. A number too large for `Int` counts as `Int.max`.
  case length(Int)
  case chunked

  /// What the fields of a request say (RFC 9112, section 6), refusing all that two readers could
  /// take in two ways.
  /// - Throws: 501 for a transfer coding that is not known, else 400.
  init(_ headers: HTTPHeaders) throws(HTTPRefusal) {
    let lengths = headers.all("Content-Length")
    let codings = headers.all("Transfer-Encoding")
    guard lengths.isEmpty || codings.isEmpty else {
      throw .malformed("Content-Length and Transfer-Encoding exclude each other.")
    }
    guard lengths.count <= 1, codings.count <= 1 else {
      throw .malformed("A field that frames the body stands twice.")
    }
    if let length = lengths.first {
      self = try Self.parse(length: length)
    } else if let coding = codings.first {
      try Self.check(coding: coding)
      self = .chunked
    } else {
      self = .none
    }
  }

  private static func parse(length: String) throws(HTTPRefusal) -> BodyFraming {
    let isPadded = length.utf8.count > 1 && length.utf8.first == UInt8(ascii: "0")
    guard !length.isEmpty, !isPadded, length.utf8.allSatisfy(ASCII.isDigit) else {
      throw .malformed("Content-Length is malformed.")
    }
    let count = Int(length) ?? Int.max
    return count == 0 ? .none : .length(count)
  }

  private static func check(coding: String) throws(HTTPRefusal) {
    if ASCII.isEqualIgnoringCase(coding, "chunked") { return }
    let parts = coding.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { String(decoding: ASCII.trimmingBlanks(Array($0)[...]), as: UTF8.self) }
    let areTokens = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(ASCII.isToken) }
    let isChunkedEarly = parts.dropLast().contains { ASCII.isEqualIgnoringCase($0, "chunked") }
    guard areTokens, !isChunkedEarly else { throw .malformed("Transfer-Encoding is malformed.") }
    throw HTTPRefusal(501, "The transfer coding is not known.")
  }
}
