package import Platform

/// Why a client has no answer. The connection cannot be used again; make a new client.
package enum HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The system could not connect, send or receive. `ECONNREFUSED` and `ENOENT` on connecting mean
  /// that nobody listens, so nothing has been sent.
  case system(SystemError)
  /// The time was over before the answer was complete. The server may have done what was asked.
  case timedOut
  /// The connection ended before the answer was complete, or was closed earlier. Once the request
  /// was sent, the server may have done what was asked.
  case closed
  /// The server does not speak HTTP/1.1, or its answer is too large.
  case malformed(HTTPRefusal)
  /// The method, target or a header field cannot be sent: it has a blank or a line end in it.
  case unsendable

  package var description: String {
    switch self {
    case .system(let error): error.description
    case .timedOut: "the server did not answer in time"
    case .closed: "the server closed the connection without an answer"
    case .malformed(let refusal): "the server's answer is not understood: \(refusal.message)"
    case .unsendable: "the request cannot be sent: its method, target or a header is malformed"
    }
  }
}
