import Documents
import Platform
import Synchronization

/// Has the next segment made ready by a thread of its own, so that no writer waits for it.
final class SegmentKeeper: Sendable {
  private let pool: SegmentPool
  /// One thread at a time makes or drops segments.
  private let turn = Mutex(())
  private let thread = Mutex<SystemThread?>(nil)
  private let isRunning = Atomic(false)

  init(_ pool: SegmentPool) { self.pool = pool }

  /// Makes a segment ready now. One that is not ready costs time later, nothing else.
  func prepare() { turn.withLock { _ in try? pool.prepare() } }

  /// Makes a segment ready soon; does nothing if that is under way.
  func prepareSoon() {
    guard !isRunning.exchange(true, ordering: .acquiringAndReleasing) else { return }
    thread.withLock { thread in
      thread?.join()
      thread = try? SystemThread {
        self.prepare()
        self.isRunning.store(false, ordering: .releasing)
      }
      if thread == nil { isRunning.store(false, ordering: .releasing) }
    }
  }

  /// Drops what a checkpoint covers.
  func release(before segment: UInt64) throws(StorageError) {
    try turn.withLock { (_) throws(StorageError) in
      try translated { () throws(SystemError) in try pool.release(before: segment) }
    }
  }

  /// Waits for what is under way.
  func stop() {
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}
