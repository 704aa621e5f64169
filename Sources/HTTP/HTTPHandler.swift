/// What a server does with a request whose head has arrived.
package enum HTTPAdmission: Sendable {
  /// Take the body, of at most so many bytes (and at most the server's own limit), then call
  /// `handle` when it is the lane's turn.
  case accept(maximumBodyByteCount: Int, lane: HTTPLane = .common)
  /// Answer now and never call `handle`. If a body was announced, it is not read and the connection
  /// closes.
  case refuse(HTTPResponse)

  /// Answer now, and answer the same bytes on this connection in the same way from now on without asking
  /// again: for what depends on nothing but the request.
  case constant(HTTPResponse)

  /// The same as `refuse`, for an answer that is no refusal and needs no worker thread.
  package static func answer(_ response: HTTPResponse) -> HTTPAdmission { .refuse(response) }
}

/// The program behind a server.
package protocol HTTPHandler: Sendable {
  /// Decides about a request from its head alone. Called on the server's one connection thread, so
  /// it must not block; `head.body` is empty.
  func admit(_ head: HTTPRequest) -> HTTPAdmission

  /// Handles a whole request. Called on a worker thread, where it may block. The answer goes to
  /// `reply`, now or later; dropping `reply` unanswered answers 500.
  func handle(_ request: HTTPRequest, _ reply: HTTPReply)
}
