/// Why the server itself refuses a request.
package struct HTTPRefusal: Error, Sendable, Equatable {
  /// The status of the answer.
  package var status: Int
  /// One fixed sentence for people: never holds what the peer sent, nor a character that JSON
  /// escapes.
  package var message: String

  package init(_ status: Int, _ message: String) {
    self.status = status
    self.message = message
  }

  static func malformed(_ message: String) -> HTTPRefusal { HTTPRefusal(400, message) }
  static let bodyTooLarge = HTTPRefusal(413, "The body is too large.")
  static let tooSlow = HTTPRefusal(408, "The request took too long to arrive.")
  static let unanswered = HTTPRefusal(500, "The request was not answered.")
  static let stopping = HTTPRefusal(503, "The server is stopping.")
  static let tooManyConnections = HTTPRefusal(503, "There are too many connections.")
  static let busy = HTTPRefusal(503, "The server has too much to do; try again soon.")

  /// The answer that says so.
  package var response: HTTPResponse {
    let code = HTTPStatus.errorCode(status)
    let body = "{\"error\":{\"code\":\"\(code)\",\"message\":\"\(message)\",\"fields\":[]}}"
    var response = HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
    if status == 503 { response.headers.append("Retry-After", "1") }
    return response
  }
}
