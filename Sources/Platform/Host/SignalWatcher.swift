internal import CSystem
internal import Glibc
internal import Synchronization

/// Calls a handler when the process gets one of some signals, on a thread of its own, where the
/// handler may do anything (a real signal handler may do next to nothing).
///
/// The signals are blocked in the calling thread, and so in every thread that it starts later: make
/// the watcher on the main thread before there are others, or a signal may reach one of those and
/// have its default effect. Equal signals that come quickly may be reported once. Programs that are
/// started inherit the block.
package final class SignalWatcher: Sendable {
  /// Why the signals cannot be watched; nil if they are. In that case they were not blocked and
  /// have their default effect: SIGTERM, SIGINT and SIGHUP end the process.
  package let failure: SystemError?

  private let loop: SignalLoop?
  /// The thread, until it has been told to stop.
  private let running: Mutex<pthread_t?>
  private let wakingSignal: Int32

  /// - Parameter handler: is called with the number of the signal, never twice at the same time.
  package init(signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
    precondition(!signals.isEmpty, "there is a signal to watch")
    wakingSignal = signals[0]
    do throws(SystemError) {
      let loop = try SignalLoop(signals: signals, handler: handler)
      running = Mutex(try loop.start(blocking: signals))
      self.loop = loop
      failure = nil
    } catch {
      running = Mutex(nil)
      loop = nil
      failure = error
    }
  }

  deinit { stop() }

  /// Ends the thread. When it returns, the handler is not running and will not be called again,
  /// unless the handler itself made this call. The signals stay blocked, so they have no effect
  /// from now on. Calling it again does nothing.
  package func stop() {
    let running = running.withLock { running in
      defer { running = nil }
      return running
    }
    guard let running else { return }
    loop?.requestStop()
    pthread_kill(running, wakingSignal)
    if pthread_equal(running, pthread_self()) != 0 {
      pthread_detach(running)
    } else {
      pthread_join(running, nil)
    }
  }

  /// Sends a signal to the watching thread only, which leaves the rest of the process alone.
  func deliver(_ signal: Int32) {
    running.withLock { running in
      if let running { _ = pthread_kill(running, signal) }
    }
  }
}

/// What the thread of a watcher does.
private final class SignalLoop: Sendable {
  private let descriptor: Int32
  private let handler: @Sendable (Int32) -> Void
  private let isStopping = Atomic(false)

  init(signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
    let descriptor = system_open_signals(signals, signals.count)
    guard descriptor >= 0 else { throw SystemError("signalfd", "", code: -descriptor) }
    self.descriptor = descriptor
    self.handler = handler
  }

  deinit { close(descriptor) }

  /// Blocks the signals in the calling thread, and starts the thread, which inherits that.
  func start(blocking signals: [Int32]) throws(SystemError) -> pthread_t {
    var blocked = sigset_t()
    var before = sigset_t()
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_BLOCK, &blocked, &before)

    var thread = pthread_t()
    let retained = Unmanaged.passRetained(self)
    let code = pthread_create(&thread, nil, runSignalLoop, retained.toOpaque())
    guard code == 0 else {
      retained.release()
      pthread_sigmask(SIG_SETMASK, &before, nil)
      throw SystemError("pthread_create", "", code: code)
    }
    return thread
  }

  func requestStop() {
    isStopping.store(true, ordering: .releasing)
  }

  func run() {
    while true {
      let signal = system_next_signal(descriptor)
      if isStopping.load(ordering: .acquiring) { return }
      if signal > 0 {
        handler(signal)
      } else if signal != -EINTR {
        return
      }
    }
  }
}

private func runSignalLoop(_ loop: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let loop { Unmanaged<SignalLoop>.fromOpaque(loop).takeRetainedValue().run() }
  return nil
}

/// Makes writing to a closed pipe or connection fail with `EPIPE` instead of ending the process. To
/// be called once, before anything is written.
package func ignoreBrokenPipes() {
  _ = signal(SIGPIPE, SIG_IGN)
}
