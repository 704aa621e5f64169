import HTTP
import Platform
import SyncProtocol

/// What goes wrong between a laptop program and its server.
enum Fault {
  /// What is answered to an exchange; nil if nothing is and the connection is closed.
  typealias Answer = @Sendable (FaultyExchange) -> HTTPResponse?

  case none
  case answers(Answer)
  /// The connection breaks after so many bytes in a direction, and every later one at once.
  case cuts(sent: Int?, received: Int?)
  /// Answers arrive drop by drop.
  case drips

  /// Where a portal leads people.
  static let portalPath = "/portal"

  /// A page for people, as portals and proxies answer.
  static func page(status: Int) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/html; charset=utf-8"],
      body: Array("<!DOCTYPE html><html><body><h1>Welcome to our network</h1></body></html>\n".utf8)
    )
  }

  /// A refusal of the protocol.
  static func refusal(status: Int, code: String) -> HTTPResponse {
    let text = "{\"error\":{\"code\":\"\(code)\",\"message\":\"refused by the fault\"}}"
    return HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
  }

  /// Damages whatever the sane server answers with status 200.
  static func damaging(_ damage: @escaping @Sendable (inout HTTPResponse) -> Void) -> Fault {
    .answers { exchange in
      var answer = exchange.answer()
      if answer.status == 200 { damage(&answer) }
      return answer
    }
  }

  /// Changes the lines of whatever the sane server answers, and their end with them.
  static func rewriting(_ rewrite: @escaping @Sendable (inout AnswerLines) -> Void) -> Fault {
    .answers { exchange in
      var answer = exchange.answer()
      guard answer.status == 200 else { return answer }
      var lines = exchange.lines(of: answer)
      rewrite(&lines)
      answer.body = lines.bytes
      return answer
    }
  }

  /// One request is answered by itself, all others by the sane server.
  static func once(_ number: Int, _ answer: @escaping Answer) -> Fault {
    .answers { $0.number == number ? answer($0) : $0.answer() }
  }

  /// From one request on.
  static func from(_ number: Int, _ answer: @escaping Answer) -> Fault {
    .answers { $0.number >= number ? answer($0) : $0.answer() }
  }
}
