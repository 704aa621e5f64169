import Glibc
import Synchronization

/// A thread of the operating system, for work that blocks.
package final class SystemThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let handle: pthread_t
  private let isJoined = Mutex(false)

  /// Starts a thread that runs `body` once.
  /// - Throws: when the system has no room for another thread.
  package init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    var handle = pthread_t()
    let retained = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, retained.toOpaque())
    guard code == 0 else {
      retained.release()
      throw SystemError("pthread_create", "", code: code)
    }
    self.handle = handle
  }

  deinit {
    if !isJoined.withLock({ $0 }) { pthread_detach(handle) }
  }

  /// Waits until the body has returned. Returns at once on the thread itself.
  package func join() {
    guard pthread_equal(handle, pthread_self()) == 0 else { return }
    isJoined.withLock { isJoined in
      guard !isJoined else { return }
      pthread_join(handle, nil)
      isJoined = true
    }
  }
}
