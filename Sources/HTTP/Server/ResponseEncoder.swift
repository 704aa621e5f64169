/// Writes answers as bytes.
enum ResponseEncoder {
  /// The interim answer to `Expect: 100-continue`.
  static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// The whole answer. One that cannot be sent (a status outside 200 … 599, or a field with a line
  /// end in it) becomes 500.
  /// - Parameters:
  ///   - isHead: whether the request was HEAD, whose answer has no body.
  ///   - closes: whether to announce that the connection closes.
  ///   - date: when it is answered; nil for an answer without a date.
  /// - Returns: the status line and the fields, and the body as it was given.
  static func encode(
    _ response: HTTPResponse, isHead: Bool, closes: Bool, date: String? = nil
  ) -> (head: [UInt8], body: [UInt8]) {
    guard isSendable(response) else {
      return encode(HTTPRefusal.unanswered.response, isHead: isHead, closes: closes, date: date)
    }
    let hasBody = response.status != 204 && response.status != 304
    var head = "HTTP/1.1 \(response.status) \(HTTPStatus.reason(response.status))\r\n"
    for field in response.headers.fields where !isServerField(field.name) {
      head += "\(field.name): \(field.value)\r\n"
    }
    if let date { head += "Date: \(date)\r\n" }
    if hasBody { head += "Content-Length: \(response.body.count)\r\n" }
    if closes { head += "Connection: close\r\n" }
    head += "\r\n"
    return (Array(head.utf8), hasBody && !isHead ? response.body : [])
  }

  private static func isSendable(_ response: HTTPResponse) -> Bool {
    (200...599).contains(response.status)
      && response.headers.fields.allSatisfy { FieldLine.isSendable(name: $0.name, value: $0.value) }
  }

  private static func isServerField(_ name: String) -> Bool {
    ["Connection", "Content-Length", "Date", "Transfer-Encoding"].contains {
      ASCII.isEqualIgnoringCase($0, name)
    }
  }
}
