internal import Synchronization

/// The answer to one request, to be sent once, from any thread, now or later.
///
/// A long poll keeps it without holding a thread. When the last reference goes before an answer was
/// sent, the answer is 500.
package final class HTTPReply: Sendable {
  private let pending: PendingReply

  init(_ pending: PendingReply) { self.pending = pending }

  /// A reply that hands its answer to `deliver`, for a handler that is called without a server.
  package convenience init(deliver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.init(PendingReply(deliver: deliver))
  }

  deinit {
    if !pending.isSent { pending.send(HTTPRefusal.unanswered.response) }
  }

  /// Sends the answer. Only the first call has an effect. Never blocks.
  package func send(_ response: HTTPResponse) { pending.send(response) }

  /// Whether nobody waits for the answer any more: the peer has closed its side, or the server has
  /// given the request up. An answer may still be sent; a peer that closed only its sending side
  /// gets it.
  package var isCancelled: Bool { pending.isCancelled }

  /// Calls `body` once when the reply becomes cancelled: on a worker thread, or right here if it is
  /// already. Not called after an answer was sent.
  package func onCancel(_ body: @escaping @Sendable () -> Void) { pending.onCancel(body) }
}

/// The server's side of a reply: it outlives the handler's `HTTPReply` and does not keep it alive.
final class PendingReply: Sendable {
  private struct State {
    var isSent = false
    var isCancelled = false
    var cancelBodies: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())
  private let deliver: @Sendable (HTTPResponse) -> Void

  init(deliver: @escaping @Sendable (HTTPResponse) -> Void) { self.deliver = deliver }

  var isSent: Bool { state.withLock { $0.isSent } }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func send(_ response: HTTPResponse) {
    // What the bodies captured is released outside the lock.
    let (isFirst, released) = state.withLock { state in
      defer { (state.isSent, state.cancelBodies) = (true, []) }
      return (!state.isSent, state.cancelBodies)
    }
    withExtendedLifetime(released) { if isFirst { deliver(response) } }
  }

  func onCancel(_ body: @escaping @Sendable () -> Void) {
    let runsNow = state.withLock { state in
      guard !state.isSent else { return false }
      if !state.isCancelled { state.cancelBodies.append(body) }
      return state.isCancelled
    }
    if runsNow { body() }
  }

  /// Marks the reply cancelled and returns what is to be called for that.
  func cancel() -> [@Sendable () -> Void] {
    state.withLock { state in
      guard !state.isSent, !state.isCancelled else { return [] }
      state.isCancelled = true
      defer { state.cancelBodies = [] }
      return state.cancelBodies
    }
  }
}
