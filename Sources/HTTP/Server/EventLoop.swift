internal import Platform

/// The one thread that owns all connections: it accepts, reads, writes and keeps the deadlines.
///
/// Made and used on its own thread only.
final class EventLoop {
  typealias Instant = ContinuousClock.Instant

  /// What the loop shares with the rest of the server.
  struct Environment: Sendable {
    let handler: any HTTPHandler
    let observer: any HTTPObserver
    let limits: HTTPLimits
    let poller: Poller
    let mailbox: LoopMailbox
    let work: WorkQueue
    let clock: any WallClock
  }

  /// The mailbox's token; listeners have the next ones, connections those after.
  static let mailboxToken: UInt64 = 0
  /// How often the deadlines are looked at, and how long accepting pauses for want of descriptors.
  private static let scanMilliseconds: Int32 = 200
  /// What one read takes in at most, in bytes.
  private static let readByteCount = 64 * 1_024

  let environment: Environment
  var listeners: [UInt64: ListeningSocket]
  var connections: [UInt64: Connection] = [:]
  /// The connections that are welcome, by address.
  var connectionCounts: [String: Int] = [:]
  /// The other ones: each is told that it is one too many, and closes.
  var farewellCount = 0
  var nextID: UInt64
  /// What all connections hold.
  private var heldByteCount = 0
  /// Whether accepting waits for the next scan.
  var isAcceptingPaused = false
  var now: Instant
  private var events: [ReadyEvent] = []
  private var scratch = [UInt8](repeating: 0, count: EventLoop.readByteCount)
  private var nextScan: Instant
  /// Set once the server stops: when what is not answered is given up.
  private var stopTime: Instant?

  init(_ environment: Environment, listeners: [UInt64: ListeningSocket]) {
    self.environment = environment
    self.listeners = listeners
    nextID = UInt64(listeners.count) + 1
    now = .now
    nextScan = now
  }

  /// Runs until the server has stopped.
  func run() {
    while stopTime == nil || !connections.isEmpty {
      do throws(SystemError) {
        try environment.poller.wait(into: &events, milliseconds: waitMilliseconds)
      } catch {
        // The poller is gone, and with it every way to hear of anything.
        break
      }
      now = .now
      for event in events { handle(event) }
      if now >= nextScan { scan() }
    }
    for connection in connections.values { close(connection) }
  }

  private var waitMilliseconds: Int32 {
    connections.isEmpty && !isAcceptingPaused && stopTime == nil ? -1 : Self.scanMilliseconds
  }

  private func handle(_ event: ReadyEvent) {
    if event.token == Self.mailboxToken {
      for message in environment.mailbox.takeAll() { handle(message) }
    } else if let listener = listeners[event.token] {
      accept(from: listener)
    } else if let connection = connections[event.token] {
      handle(event.readiness, on: connection)
    }
  }

  private func handle(_ message: LoopMailbox.Message) {
    switch message {
    case .answer(let id, let response):
      guard let connection = connections[id] else { return }
      connection.pending = nil
      connection.conversation.answer(response, at: now)
      settle(connection, handing: nil)
      if heldByteCount > environment.limits.maximumHeldByteCount { dropSlowestReaders() }
    case .stop(let time):
      stopTime = time
      // Who has connected already may send a request and gets its answer.
      for listener in listeners.values {
        listener.hide()
        acceptAll(from: listener)
      }
      listeners.removeAll()
      for connection in Array(connections.values) {
        connection.conversation.stop(at: now)
        settle(connection, handing: nil)
      }
    }
  }

  private func handle(_ readiness: Readiness, on connection: Connection) {
    var request: HTTPRequest?
    if connection.conversation.wantsInput && !readiness.isDisjoint(with: [.readable, .broken]) {
      do throws(SystemError) {
        request = try read(from: connection)
      } catch {
        close(connection)
        return
      }
    }
    settle(connection, handing: request)
    if readiness.contains(.broken) {
      close(connection)
    } else if readiness.contains(.peerFinished) {
      cancel(connection)
      updateInterest(of: connection)
    }
  }

  private func read(from connection: Connection) throws(SystemError) -> HTTPRequest? {
    switch try connection.socket.read(into: &scratch) {
    case .bytes(let count):
      let request = connection.conversation.receive(scratch[..<count], at: now)
      makeRoom(for: connection)
      return request
    case .end:
      connection.conversation.receiveEnd()
      return nil
    case .wouldBlock:
      return nil
    }
  }

  /// Refuses a request that is not small while all connections hold too much.
  private func makeRoom(for connection: Connection) {
    count(connection)
    let limits = environment.limits
    if heldByteCount > limits.maximumHeldByteCount,
      connection.countedByteCount > limits.smallRequestByteCount
    {
      connection.conversation.refuseBody(at: now)
    }
  }

  /// Ends the connections that have taken nothing of a large answer for the longest time, until there is
  /// room again: who reads gets the answer, who does not makes no other wait.
  /// - Complexity: O(n log n) for n connections.
  private func dropSlowestReaders() {
    let holders = connections.values.filter(\.conversation.isHoldingAnswer)
      .sorted { $0.conversation.progressTime < $1.conversation.progressTime }
    for connection in holders.dropLast() {
      guard heldByteCount > environment.limits.maximumHeldByteCount else { return }
      environment.observer.droppedReader(connection.socket.peer)
      close(connection)
    }
  }

  private func count(_ connection: Connection) {
    let held = connection.conversation.heldByteCount
    heldByteCount += held - connection.countedByteCount
    connection.countedByteCount = held
  }

  /// Carries out what the conversation has come to: hands its request over, writes its output,
  /// closes it.
  func settle(_ connection: Connection, handing first: HTTPRequest?) {
    guard connections[connection.id] != nil else { return }
    var request = first
    do throws(SystemError) {
      if request == nil { request = try connection.flush(at: now) }
    } catch {
      close(connection)
      return
    }
    if let request { dispatch(request, of: connection) }
    connection.shutDownIfDraining()
    if connection.conversation.phase == .closed {
      close(connection)
    } else {
      count(connection)
      updateInterest(of: connection)
    }
  }

  private func dispatch(_ request: HTTPRequest, of connection: Connection) {
    let (mailbox, handler, id) = (environment.mailbox, environment.handler, connection.id)
    let pending = PendingReply { mailbox.post(.answer(connection: id, $0)) }
    connection.pending = pending
    let job: WorkQueue.Job = {
      // Given up while it waited, the request is not begun.
      guard !pending.isSent else { return }
      handler.handle(request, HTTPReply(pending))
    }
    if !environment.work.push(job, in: connection.conversation.lane) {
      pending.send(HTTPRefusal.busy.response)
    }
  }

  private func updateInterest(of connection: Connection) {
    let wanted = connection.wantedInterest
    guard wanted != connection.interest, connections[connection.id] != nil else { return }
    do throws(SystemError) {
      try environment.poller.modify(
        connection.socket.descriptor, token: connection.id, for: wanted)
      connection.interest = wanted
    } catch {
      close(connection)
    }
  }

  private func cancel(_ connection: Connection) {
    // The common lane takes whatever comes.
    for body in connection.pending?.cancel() ?? [] { _ = environment.work.push(body) }
  }

  /// Forgets a connection; its socket closes.
  private func close(_ connection: Connection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    connection.conversation.tellRepeated()
    heldByteCount -= connection.countedByteCount
    cancel(connection)
    release(connection)
  }

  private func scan() {
    nextScan = now + .milliseconds(Int(Self.scanMilliseconds))
    for connection in connections.values { connection.conversation.tellRepeated() }
    let late = connections.values.filter { $0.conversation.deadline.map { $0 <= now } ?? false }
    for connection in late {
      connection.conversation.expire(at: now)
      settle(connection, handing: nil)
    }
    if isAcceptingPaused { resumeAccepting() }
    if let stopTime, now >= stopTime { giveUp(since: stopTime) }
  }

  /// The time to stop is over: answers what is with the handler, lets answers be read for a moment
  /// longer, and closes the rest.
  private func giveUp(since stopTime: Instant) {
    let isLast = now >= stopTime + .seconds(environment.limits.drainSeconds)
    for connection in Array(connections.values) {
      if let pending = connection.pending, !isLast {
        cancel(connection)
        pending.send(HTTPRefusal.stopping.response)
      } else if isLast || connection.conversation.isReadingRequest {
        close(connection)
      }
    }
  }
}
