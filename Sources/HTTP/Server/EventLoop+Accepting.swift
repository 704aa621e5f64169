internal import Platform

extension EventLoop {
  /// How many connections one event accepts at most, so that the others get their turn.
  private static let acceptedAtOnce = 64

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
    guard connections.count < limits.maximumConnections, count < limits.maximumConnectionsPerAddress
    else {
      turnAway(socket)
      return
    }
    let id = nextID
    nextID += 1
    try environment.poller.add(socket.descriptor, token: id, for: .readable)
    connectionCounts[socket.peer] = count + 1
    let conversation = Conversation(
      handler: environment.handler, observer: environment.observer, limits: limits,
      peer: socket.peer, at: now)
    connections[id] = Connection(id: id, socket: socket, conversation: conversation)
    environment.observer.connectionsChanged(to: connections.count)
  }

  /// Takes a closed connection out of its address's count.
  func release(_ peer: String) {
    let count = connectionCounts[peer, default: 1] - 1
    connectionCounts[peer] = count > 0 ? count : nil
  }

  private func turnAway(_ socket: StreamSocket) {
    environment.observer.turnedAway(socket.peer)
    let response = HTTPRefusal.tooManyConnections.response
    let bytes = ResponseEncoder.encode(response, isHead: false, closes: true)
    do throws(SystemError) {
      _ = try socket.write(bytes, from: 0)
      socket.shutdownWrite()
    } catch {
      // The peer is gone already.
    }
  }
}
