internal import Platform

extension EventLoop {
  /// How many connections one event accepts at most, so that the others get their turn.
  private static let acceptedAtOnce = 64
  /// How many connections beyond the limits are told at one time why they are turned away.
  private static let maximumFarewellCount = 256

  /// Accepts what waits. For want of descriptors or memory it pauses until the next scan, since the
  /// connection keeps waiting and would be reported again and again.
  func accept(from listener: ListeningSocket) {
    for _ in 0..<Self.acceptedAtOnce {
      do throws(SystemError) {
        guard let socket = try listener.accept() else { return }
        try open(socket)
      } catch {
        pauseAccepting()
        return
      }
    }
  }

  /// Accepts all that wait, before a listener is closed.
  func acceptAll(from listener: ListeningSocket) {
    var count = -1
    while connections.count != count, !isAcceptingPaused {
      count = connections.count
      accept(from: listener)
    }
  }

  /// Ends the pause after a want of descriptors.
  func resumeAccepting() {
    isAcceptingPaused = false
    setListeners(to: .readable)
  }

  private func pauseAccepting() {
    isAcceptingPaused = true
    setListeners(to: [])
  }

  private func setListeners(to interest: Readiness) {
    for (token, listener) in listeners {
      do throws(SystemError) {
        try environment.poller.modify(listener.descriptor, token: token, for: interest)
      } catch {
        // The kernel lacks memory: the next scan tries again.
        isAcceptingPaused = true
      }
    }
  }

  private func open(_ socket: StreamSocket) throws(SystemError) {
    let limits = environment.limits
    let count = connectionCounts[socket.peer, default: 0]
    let isWelcome =
      connections.count - farewellCount < limits.maximumConnections
      && count < limits.maximumConnectionsPerAddress
    if !isWelcome {
      environment.observer.turnedAway(socket.peer)
      // Beyond these, who is turned away sees that the connection closes, and perhaps not why.
      guard farewellCount < Self.maximumFarewellCount else { return }
    }
    let id = nextID
    nextID += 1
    try environment.poller.add(socket.descriptor, token: id, for: .readable)
    let conversation = Conversation(
      handler: environment.handler, observer: environment.observer, limits: limits,
      clock: environment.clock, peer: socket.peer, at: now)
    let connection = Connection(
      id: id, socket: socket, conversation: conversation, isFarewell: !isWelcome)
    connections[id] = connection
    if isWelcome {
      connectionCounts[socket.peer] = count + 1
      environment.observer.connectionsChanged(to: connections.count - farewellCount)
    } else {
      farewellCount += 1
      connection.conversation.turnAway(at: now)
      settle(connection, handing: nil)
    }
  }

  /// Takes a closed connection out of the counts.
  func release(_ connection: Connection) {
    if connection.isFarewell {
      farewellCount -= 1
      return
    }
    let peer = connection.socket.peer
    let count = connectionCounts[peer, default: 1] - 1
    connectionCounts[peer] = count > 0 ? count : nil
    environment.observer.connectionsChanged(to: connections.count - farewellCount)
  }
}
