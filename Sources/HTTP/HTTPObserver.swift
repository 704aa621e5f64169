/// Hears of everything that a server answers. Called on the connection thread, so it must not block.
package protocol HTTPObserver: Sendable {
  /// An answer was made, so many times; whether the peer takes it is not known yet.
  func answered(_ exchange: HTTPExchange, times: Int)
  /// A connection was opened or closed.
  /// - Parameter count: those that are open now.
  func connectionsChanged(to count: Int)
  /// A connection was answered that there are too many, and closed.
  func turnedAway(_ peer: String)
  /// A connection was ended that did not take its answer, to make room for others.
  func droppedReader(_ peer: String)
}

extension HTTPObserver {
  package func connectionsChanged(to count: Int) {}
  package func turnedAway(_ peer: String) {}
  package func droppedReader(_ peer: String) {}
}

/// A request and what became of it.
package struct HTTPExchange: Sendable {
  /// Without its body; nil if the bytes were not understood.
  package let request: HTTPRequest?
  /// Where the connection came from, also if there is no request.
  package let peer: String
  package let status: Int
  /// Of the answer's body.
  package let byteCount: Int
  /// Since the request's head was there.
  package let seconds: Double
}

/// For whom it does not matter.
struct NoObserver: HTTPObserver {
  func answered(_ exchange: HTTPExchange, times: Int) {}
}
