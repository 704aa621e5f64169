import JSON
import Platform
import Simulation
import Storage
import Testing

/// Plays a workload on a store, until it is through or a step fails, and keeps account of what was
/// acknowledged.
final class Player {
  let workload: Workload
  let fileSystem: SimulatedFileSystem
  /// How many batches must be there whatever happens.
  private(set) var acknowledged: Int
  /// How many batches may be there: one more while a commit is under way, or has failed so that
  /// nobody knows.
  private(set) var attempted: Int
  /// Whether a store must be there.
  private(set) var isCreated: Bool
  private(set) var store: Store?
  /// How many steps are through.
  private(set) var stepsDone = 0

  /// A player for an empty file system.
  init(_ workload: Workload, _ fileSystem: SimulatedFileSystem) {
    self.workload = workload
    self.fileSystem = fileSystem
    (acknowledged, attempted, isCreated) = (0, 0, false)
  }

  /// A player that goes on where another one was cut off.
  init(_ other: Player, on fileSystem: SimulatedFileSystem) {
    workload = other.workload
    self.fileSystem = fileSystem
    (acknowledged, attempted, isCreated) = (other.acknowledged, other.attempted, other.isCreated)
  }

  deinit { store?.close() }

  /// Makes the store, and does every step.
  func playAll() throws(StorageError) {
    try create()
    while try playNext() {}
    close()
  }

  func create() throws(StorageError) {
    store = try SimulatedStore.create(fileSystem)
    isCreated = true
  }

  /// Does the next step, which stays the next one if it fails; false if there is none.
  func playNext() throws(StorageError) -> Bool {
    guard stepsDone < workload.steps.count else { return false }
    switch workload.steps[stepsDone] {
    case .commit: try commit()
    case .checkpoint: try checkpoint()
    case .reopen: try reopen()
    }
    stepsDone += 1
    return true
  }

  /// Commits the batch that follows the state of the store.
  func commit() throws(StorageError) {
    attempted = acknowledged + 1
    try store?.commit(try begun(workload.batches[acknowledged]))
    acknowledged = attempted
  }

  /// Writes all documents of a larger batch but the last into the log before the batch is whole.
  private func begun(_ batch: Batch) throws(StorageError) -> Batch {
    guard let last = batch.documents.last, batch.documents.count > 1 else { return batch }
    var batch = batch
    for document in batch.documents.dropLast() {
      var part = Batch()
      part.documents = [document]
      try store?.begin(part, behind: &batch.begun)
    }
    batch.documents = [last]
    return batch
  }

  /// Commits a batch that changes nothing and is shorter than any other: what a torn one left is
  /// not quite written over.
  func commitNothing() throws(StorageError) {
    var batch = Batch()
    batch.registers = [("none", .null)]
    try store?.commit(batch)
  }

  func checkpoint() throws(StorageError) { _ = try store?.checkpoint() }

  /// A commit was refused so that nothing has changed.
  func noteRefusal() { attempted = acknowledged }

  func reopen() throws(StorageError) {
    close()
    store = try SimulatedStore.open(fileSystem)
  }

  func close() {
    store?.close()
    store = nil
  }

  /// Opens the store and finds out which batches it holds: from now on those must be there, since
  /// they were shown. False if it is none of the states that are allowed.
  func recover() throws(StorageError) -> Bool {
    close()
    do { store = try SimulatedStore.open(fileSystem) } catch {
      guard error.code == .noStore, !isCreated, !fileSystem.isDead else { throw error }
      store = try SimulatedStore.create(fileSystem)
    }
    isCreated = true
    return try adoptState()
  }

  private func adoptState() throws(StorageError) -> Bool {
    guard let store else { return false }
    let state = try SimulatedStore.state(of: store)
    let found = (acknowledged...attempted).first { workload.states[$0] == state }
    guard let found else { return false }
    (acknowledged, attempted) = (found, found)
    return true
  }

  /// Whether the open store holds what was acknowledged and nothing else.
  func holdsAcknowledged() throws(StorageError) -> Bool {
    guard let store else { return false }
    return try SimulatedStore.state(of: store) == workload.states[acknowledged]
  }
}
