/// A request line and its fields, with what they mean for the connection.
package struct RequestHead: Sendable {
  /// The request, without its body.
  package var request: HTTPRequest
  package var framing: BodyFraming
  /// Whether the peer waits for `100 Continue` before it sends the body.
  package var expectsContinue: Bool
  /// Whether the peer wants the connection closed after the answer.
  package var closesConnection: Bool

  init(_ line: RequestLine, _ headers: HTTPHeaders) throws(HTTPRefusal) {
    try Self.checkHost(headers, line.target)
    framing = try BodyFraming(headers)
    expectsContinue = try Self.expectsContinue(headers)
    closesConnection = headers.lists("close", in: "Connection")
    request = HTTPRequest(
      method: line.method, target: line.target.text, path: line.target.path,
      segments: line.target.segments, query: line.target.query, headers: headers)
  }

  private static func checkHost(
    _ headers: HTTPHeaders, _ target: RequestTarget
  ) throws(HTTPRefusal) {
    let hosts = headers.all("Host")
    guard hosts.count == 1, let host = hosts.first else {
      throw .malformed("There must be one Host field.")
    }
    guard Authority.isWellFormed(Array(host.utf8)[...]) else {
      throw .malformed("The Host field is malformed.")
    }
    guard target.authority.map({ ASCII.isEqualIgnoringCase($0, host) }) ?? true else {
      throw .malformed("The Host field differs from the request target.")
    }
  }

  private static func expectsContinue(_ headers: HTTPHeaders) throws(HTTPRefusal) -> Bool {
    let expectations = headers.all("Expect")
    guard let first = expectations.first else { return false }
    guard expectations.count == 1, ASCII.isEqualIgnoringCase(first, "100-continue") else {
      throw HTTPRefusal(417, "The expectation is not known.")
    }
    return true
  }
}
