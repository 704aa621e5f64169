package import Platform
internal import Synchronization

/// A strict HTTP/1.1 server: one thread for all connections, and a few worker threads that run the
/// handler.
///
/// The order of calls: `listen` for each endpoint, `start`, `stop`.
package final class HTTPServer: Sendable {
  private struct Threads {
    let loop: SystemThread
    let workers: [SystemThread]
    let mailbox: LoopMailbox
    let work: WorkQueue
  }

  private enum State {
    case listening([ListeningSocket])
    case running(Threads)
    case stopped
  }

  private let handler: any HTTPHandler
  private let observer: any HTTPObserver
  private let limits: HTTPLimits
  private let clock: any WallClock
  private let state = Mutex(State.listening([]))

  /// - Parameter observer: hears of every answer; nil if nobody wants to.
  package init(
    handler: any HTTPHandler, observer: (any HTTPObserver)? = nil, limits: HTTPLimits = .standard,
    clock: any WallClock = SystemClock()
  ) {
    (self.handler, self.observer) = (handler, observer ?? NoObserver())
    (self.limits, self.clock) = (limits, clock)
  }

  deinit { stop(withinSeconds: 0) }

  /// Binds an endpoint; peers may connect from now on and are served from `start` on. To be called
  /// before `start`, once for each endpoint.
  /// - Returns: the endpoint with its real port.
  /// - Throws: what the system says: `EADDRINUSE`, or `EINVAL` for a host that is not numeric.
  package func listen(on endpoint: Endpoint) throws(SystemError) -> Endpoint {
    let socket: ListeningSocket
    let bound: Endpoint
    switch endpoint {
    case .tcp(let host, let port):
      socket = try .tcp(host: host, port: port)
      bound = .tcp(host: host, port: socket.port)
    case .unix(let path):
      socket = try .unix(path: path)
      bound = endpoint
    }
    state.withLock { state in
      guard case .listening(let others) = state else { preconditionFailure("listen before start") }
      state = .listening(others + [socket])
    }
    return bound
  }

  /// Starts the threads.
  /// - Throws: when the system lacks descriptors or threads. The server is stopped then, its
  ///   endpoints closed.
  package func start() throws(SystemError) {
    try state.withLock { state throws(SystemError) in
      guard case .listening(let sockets) = state else { preconditionFailure("start once") }
      state = .stopped
      state = .running(try makeThreads(sockets))
    }
  }

  private func makeThreads(_ sockets: [ListeningSocket]) throws(SystemError) -> Threads {
    let environment = EventLoop.Environment(
      handler: handler, observer: observer, limits: limits, poller: try Poller(),
      mailbox: try LoopMailbox(), work: WorkQueue(), clock: clock)
    let listeners = try watch(sockets, environment)
    var workers: [SystemThread] = []
    do throws(SystemError) {
      for _ in 0..<max(1, limits.workerCount) {
        workers.append(try SystemThread { environment.work.runUntilClosed() })
      }
      let loop = try SystemThread { EventLoop(environment, listeners: listeners).run() }
      return Threads(
        loop: loop, workers: workers, mailbox: environment.mailbox, work: environment.work)
    } catch {
      environment.work.close()
      for worker in workers { worker.join() }
      throw error
    }
  }

  private func watch(
    _ sockets: [ListeningSocket], _ environment: EventLoop.Environment
  ) throws(SystemError) -> [UInt64: ListeningSocket] {
    try environment.poller.add(
      environment.mailbox.descriptor, token: EventLoop.mailboxToken, for: .readable)
    var listeners: [UInt64: ListeningSocket] = [:]
    for (index, socket) in sockets.enumerated() {
      let token = EventLoop.mailboxToken + 1 + UInt64(index)
      try environment.poller.add(socket.descriptor, token: token, for: .readable)
      listeners[token] = socket
    }
    return listeners
  }

  /// Stops accepting, closes idle connections, and answers what has begun. What is not answered
  /// within so many seconds is answered 503 by the server, and its reply is cancelled. Blocks until
  /// all threads have ended, so at least until every running `handle` has returned, and up to
  /// `HTTPLimits.drainSeconds` longer for peers that do not read. A handler that keeps replies
  /// should answer them first. Stopping twice is harmless. Not to be called from a handler.
  package func stop(withinSeconds seconds: Double) {
    state.withLock { state in
      defer { state = .stopped }
      guard case .running(let threads) = state else { return }
      threads.mailbox.post(.stop(by: .now + .seconds(seconds)))
      threads.loop.join()
      threads.work.close()
      for worker in threads.workers { worker.join() }
    }
  }
}
