import Dispatch
import Platform
import Replica
import Storage
import Synchronization

/// Finds out when a sealed store must be closed: people share it, and none of them is there.
final class LockWatch: Sendable {
  private static let seconds = 1.0
  /// How long a store stays open in which nobody has logged in yet, in milliseconds.
  private static let grace: UInt64 = 60_000

  private let replica: Replica
  private let tell: @Sendable () -> Void
  private let openedAt = monotonicMilliseconds()
  private let due = Atomic(false)
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)
  private let thread = Mutex<SystemThread?>(nil)

  init(_ replica: Replica, tell: @escaping @Sendable () -> Void) {
    (self.replica, self.tell) = (replica, tell)
  }

  var isDue: Bool { due.load(ordering: .acquiring) }

  func start() throws(SystemError) {
    guard replica.store.isSealed else { return }
    let started = try SystemThread { [self] in
      while !isStopped.load(ordering: .acquiring), !isDue {
        look()
        _ = wake.wait(timeout: .now() + Self.seconds)
      }
    }
    thread.withLock { $0 = started }
  }

  private func look() {
    switch replica.people.standing(at: replica.now()) {
    case .unshared, .open, .emergency: return
    case .locked:
      let isLate = monotonicMilliseconds() - openedAt > Self.grace
      guard replica.people.hasMet || isLate else { return }
      due.store(true, ordering: .releasing)
      tell()
    }
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
    wake.signal()
    thread.withLock { $0 }?.join()
  }
}
