internal import Platform

/// An open connection of the event loop: its socket, and the conversation on it. Used on the loop's
/// thread only.
final class Connection {
  let id: UInt64
  let socket: StreamSocket
  /// Whether it is one too many, and only told so.
  let isFarewell: Bool
  var conversation: Conversation
  /// The answer that is awaited. Invariant: set exactly while the conversation is `.handling`.
  var pending: PendingReply?
  /// What the event loop last counted for it.
  var countedByteCount = 0
  /// What the poller was last told.
  var interest: Readiness = .readable
  private var isShutDown = false

  init(id: UInt64, socket: StreamSocket, conversation: Conversation, isFarewell: Bool) {
    (self.id, self.socket, self.isFarewell) = (id, socket, isFarewell)
    self.conversation = conversation
  }

  /// What the poller should watch for now.
  var wantedInterest: Readiness {
    var wanted: Readiness = []
    if conversation.wantsInput { wanted.insert(.readable) }
    if conversation.hasOutput { wanted.insert(.writable) }
    if let pending, !pending.isCancelled { wanted.insert(.peerFinished) }
    return wanted
  }

  /// Writes what the socket takes.
  /// - Returns: the next request, if it had come in with the one before.
  func flush(at now: ContinuousClock.Instant) throws(SystemError) -> HTTPRequest? {
    while conversation.hasOutput {
      let count = try socket.write(conversation.output, from: conversation.outputOffset)
      guard let count else { return nil }
      if let request = conversation.wrote(count, at: now) { return request }
    }
    return nil
  }

  /// Closes our side once the conversation has come to its end.
  func shutDownIfDraining() {
    guard conversation.isDraining, !isShutDown else { return }
    isShutDown = true
    socket.shutdownWrite()
  }
}
