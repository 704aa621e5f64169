import Dispatch
package import Platform
import Storage
import Synchronization

/// When a store's log should be brought into files: when it has grown, and when nothing was written
/// for a while.
package struct CheckpointClock: Sendable {
  private let idleMilliseconds: UInt64
  /// After a checkpoint that failed, so long passes before the next attempt.
  private let pauseMilliseconds: UInt64
  private var byteCount = 0
  private var since: UInt64 = 0
  private var pausedUntil: UInt64 = 0

  package init(idleMilliseconds: UInt64, pauseMilliseconds: UInt64) {
    self.idleMilliseconds = idleMilliseconds
    self.pauseMilliseconds = pauseMilliseconds
  }

  /// Whether a checkpoint is due.
  /// - Parameters:
  ///   - log: what the log holds, in bytes.
  ///   - limit: the size at which it is due whether anybody writes or not.
  ///   - now: milliseconds on a clock that never goes back.
  package mutating func isDue(log: Int, limit: Int, now: UInt64) -> Bool {
    if log != byteCount { (byteCount, since) = (log, now) }
    guard now >= pausedUntil, log > 0 else { return false }
    return log >= limit || now - since >= idleMilliseconds
  }

  package mutating func noteFailure(now: UInt64) { pausedUntil = now + pauseMilliseconds }
}

/// Keeps the stores of a process in order, on a thread of its own.
package final class Upkeep: Sendable {
  package struct Timing: Sendable {
    /// How often it looks, in milliseconds.
    package var interval = 1000
    /// After so long without a write, documents are brought into their files.
    package var idleMilliseconds: UInt64 = 30_000
    package var pauseMilliseconds: UInt64 = 60_000

    package init() {}
  }

  private let timing: Timing
  private let files: any FileSystem
  private let replicas: @Sendable () -> [Replica]
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)
  private let thread = Mutex<SystemThread?>(nil)

  /// - Parameter replicas: those that are open.
  package init(
    timing: Timing = Timing(), files: any FileSystem = POSIXFileSystem(),
    replicas: @escaping @Sendable () -> [Replica]
  ) {
    self.timing = timing
    self.files = files
    self.replicas = replicas
  }

  package func start() throws(SystemError) {
    let started = try SystemThread { self.run() }
    thread.withLock { $0 = started }
  }

  private func run() {
    var clocks: [ObjectIdentifier: CheckpointClock] = [:]
    var scrubs: [ObjectIdentifier: Scrub] = [:]
    while !isStopped.load(ordering: .acquiring) {
      _ = wake.wait(timeout: .now() + .milliseconds(timing.interval))
      for replica in replicas() where !isStopped.load(ordering: .acquiring) {
        keep(replica, &clocks[ObjectIdentifier(replica), default: newClock])
        scrubs[ObjectIdentifier(replica), default: Scrub(replica, files)].go(on: replica, files)
      }
    }
  }

  private var newClock: CheckpointClock {
    CheckpointClock(
      idleMilliseconds: timing.idleMilliseconds, pauseMilliseconds: timing.pauseMilliseconds)
  }

  private func keep(_ replica: Replica, _ clock: inout CheckpointClock) {
    let store = replica.store
    let isDue = clock.isDue(
      log: store.logByteCount, limit: store.checkpointByteCount, now: monotonicMilliseconds())
    guard isDue else { return }
    // The log holds everything meanwhile; the disk may have room later.
    do {
      _ = try replica.tidy()
    } catch {
      clock.noteFailure(now: monotonicMilliseconds())
    }
  }

  /// Waits for what is under way.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    wake.signal()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
  }
}

/// The scrub of one store: where it stands, and when its next piece is due.
private struct Scrub {
  private var cursor: ScrubCursor
  private var due: UInt64

  init(_ replica: Replica, _ files: any FileSystem) {
    cursor = ScrubCursor(replica.store.recall(.scrub) ?? [])
    due =
      monotonicMilliseconds()
      + ScrubSchedule.pause(pieces: replica.store.scrubPieceCount, last: 0)
  }

  /// Checks the next piece if it is due.
  mutating func go(on replica: Replica, _ files: any FileSystem) {
    let begin = monotonicMilliseconds()
    guard begin >= due else { return }
    let store = replica.store
    store.scrub(&cursor)
    let end = monotonicMilliseconds()
    due = end + ScrubSchedule.pause(pieces: store.scrubPieceCount, last: end - begin)
    // A disk that takes no more makes the next scrub begin where this one did.
    try? store.remember(.scrub, cursor.bytes)
  }
}
