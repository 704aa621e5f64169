import Causality
import Dispatch
import Documents
import Synchronization

/// A batch that waits to become durable.
final class PendingCommit: Sendable {
  let batch: Batch
  let log: LogBatch
  /// The keys of each document in the indexes.
  let keys: [[[UInt8]?]]
  /// Where its documents stand in the batch; of one that occurs twice, the last.
  let places: [DocumentKey: Int]
  private let outcome = Mutex<Result<Void, StorageError>?>(nil)
  private let wake = DispatchSemaphore(value: 0)

  init(batch: Batch, keys: [[[UInt8]?]], log: LogBatch) {
    self.batch = batch
    self.keys = keys
    self.log = log
    places = Dictionary(
      batch.documents.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { $1 })
  }

  /// Ends the wait of the thread that brought it.
  func finish(_ result: Result<Void, StorageError>) {
    outcome.withLock { $0 = result }
    wake.signal()
  }

  /// Makes the thread that waits carry on the writing.
  func lead() { wake.signal() }

  /// - Returns: nil if this thread shall carry on the writing.
  func wait() -> Result<Void, StorageError>? {
    wake.wait()
    return outcome.withLock { $0 }
  }
}

/// The batches that are on their way into the log, in order. One thread, the leader, writes all that
/// have gathered with one sync while others go on gathering; so a writer waits for no more than the
/// write before its own.
struct CommitQueue: Sendable {
  /// Those that the leader is writing, then those that have gathered since.
  private(set) var pending: [PendingCommit] = []
  private var writingCount = 0
  private(set) var hasLeader = false

  /// - Returns: whether the caller becomes the leader.
  mutating func add(_ commit: PendingCommit) -> Bool {
    pending.append(commit)
    defer { hasLeader = true }
    return !hasLeader
  }

  /// What the leader writes next.
  mutating func beginWriting() -> [PendingCommit] {
    writingCount = pending.count
    return pending
  }

  /// Takes out what was written.
  /// - Returns: the thread that leads from now on, if anything is left.
  mutating func endWriting() -> PendingCommit? {
    pending.removeFirst(writingCount)
    writingCount = 0
    hasLeader = !pending.isEmpty
    return pending.first
  }

  /// Takes out everything: what gathered builds on what failed.
  mutating func fail() -> [PendingCommit] {
    defer { (pending, writingCount, hasLeader) = ([], 0, false) }
    return pending
  }
}
