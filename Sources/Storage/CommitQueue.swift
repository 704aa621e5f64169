import Causality
import Dispatch
import Documents
import Synchronization

/// A batch that waits to become durable.
final class PendingCommit: Sendable {
  let batch: Batch
  let log: LogBatch
  /// Where its documents stand in the batch; of one that occurs twice, the last.
  let places: [DocumentKey: Int]
  /// Made when it is first asked for.
  private let found = Mutex<[Index: [IndexValue: [Int]]]>([:])
  private let outcome = Mutex<Result<Void, StorageError>?>(nil)
  private let wake = DispatchSemaphore(value: 0)

  private struct Index: Hashable {
    let type: String
    let place: Int
  }

  init(batch: Batch, log: LogBatch) {
    self.batch = batch
    self.log = log
    places = Dictionary(
      batch.documents.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { $1 })
  }

  /// The documents of a type that have a value in an index, as this batch leaves them.
  /// - Parameter place: of the index among those of its type.
  func documents(ofType type: String, index place: Int, _ value: IndexValue) -> [Document] {
    let numbers = found.withLock { found in
      let index = Index(type: type, place: place)
      if let numbers = found[index] { return numbers[value] ?? [] }
      let numbers = self.numbers(index)
      found[index] = numbers
      return numbers[value] ?? []
    }
    return numbers.map { batch.documents[$0] }
  }

  private func numbers(_ index: Index) -> [IndexValue: [Int]] {
    var numbers: [IndexValue: [Int]] = [:]
    for (number, document) in batch.documents.enumerated()
    where document.key.type == index.type && places[document.key] == number {
      guard let key = batch.details[number].keys[index.place] else { continue }
      numbers[IndexValue(of: key), default: []].append(number)
    }
    return numbers
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
