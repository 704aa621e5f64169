import Causality
import Documents
import JSON
import Platform
import Simulation
import Storage
import TestSupport

/// What a store is asked to do, one after the other.
enum Step: Sendable {
  /// The next batch.
  case commit
  case checkpoint
  case reopen
}

/// A sequence of steps, the batches that they commit, and what a store holds after each batch.
struct Workload: Sendable {
  let steps: [Step]
  /// Two more than the steps commit: what comes after crashes.
  let batches: [Batch]
  /// The state before the first batch and after each.
  let states: [String]

  init(_ steps: [Step], batches: [Batch]) throws {
    self.steps = steps
    self.batches = batches
    let fileSystem = SimulatedFileSystem()
    let store = try SimulatedStore.create(fileSystem)
    defer { store.close() }
    var states = [try SimulatedStore.state(of: store)]
    for batch in batches {
      try store.commit(batch)
      states.append(try SimulatedStore.state(of: store))
    }
    self.states = states
  }

  /// Puts, a checkpoint, more puts, a second checkpoint that drops what the first left, a recovery,
  /// puts behind it, and a third checkpoint.
  static func full() throws -> Workload {
    var author = BatchAuthor()
    let batches = [
      author.batch([1, 2, 3], "first", noteByteCount: 700), author.batch([1, 4], "second"),
      author.batch([5], "third"), author.batch([2, 6], "fourth", noteByteCount: 900),
      author.batch([1], "fifth"), author.batch([3, 7], "sixth"), author.batch([1, 8], "seventh"),
      author.batch([2], "eighth", noteByteCount: 600), author.batch([9, 1], "spare"),
      author.batch([10, 9], "one more"),
    ]
    return try Workload(
      [
        .commit, .commit, .commit, .checkpoint, .commit, .commit, .checkpoint, .commit, .reopen,
        .commit, .checkpoint, .commit, .reopen,
      ], batches: batches)
  }
}

extension Workload {
  /// Two checkpoints of little.
  static func short() throws -> Workload {
    var author = BatchAuthor()
    let batches = ["first", "second", "third", "spare"].map { author.batch([1], $0) }
    return try Workload([.commit, .checkpoint, .checkpoint], batches: batches)
  }
}

/// Makes batches as the transactions of one replica.
struct BatchAuthor {
  private var replica = SampleReplica(1)
  private var nonces = SeededGenerator(seed: 5)

  /// Two transactions that give visits a name and a note, and three registers, one of which comes
  /// and goes.
  mutating func batch(_ visits: [Int], _ name: String, noteByteCount: Int = 20) -> Batch {
    var batch = Batch()
    let first = replica.knowledge[replica.id] + 1
    var records: [TransactionRecord] = []
    for visit in visits {
      let key = DocumentKey(type: "visit", id: .sample(visit))
      let note = String(repeating: "n\(visit)", count: noteByteCount / 2)
      let before = replica.document(key)
      let write = replica.edit(
        key, at: 1_700_000_000_000 + first, ["given": .string(name), "note": .string(note)])
      records.append(TransactionRecord(nonce: nonces.next(), stamp: write.stamp))
      guard let document = replica.document(key) else { continue }
      batch.documents.append(document)
      if let replaced = before?.replaced(by: document) { batch.replaced.append(replaced) }
    }
    batch.runs = [TransactionRun(replica: replica.id, first: first, records: records)]
    batch.registers = [
      ("last", .string(name)), ("visits", .array(visits.map(JSONValue.int))),
      ("odd", visits.count % 2 == 1 ? true : .null),
    ]
    return batch
  }
}

/// A store on a simulated file system, always in the same place.
enum SimulatedStore {
  static let root = "/clinic/store"
  static let identity = StoreIdentity(
    replica: .sample(1), device: .sample(101), account: .sample(30), isLocalAccount: true)

  static func environment(_ fileSystem: SimulatedFileSystem) -> StoreEnvironment {
    var environment = StoreEnvironment(
      fileSystem: fileSystem, random: SimulatedRandom(seed: 7), digest: sampleDigest,
      rules: SampleRules.all)
    // Small, so that segments are filled and recycled.
    environment.segmentByteCount = 8192
    environment.keepsFeed = true
    environment.boot = "\(fileSystem.powerCutCount)"
    environment.seal = seal
    return environment
  }

  /// The same for the same history, so that equal disks are checked once; so its salts repeat after a restart,
  /// which no other seal's do.
  private static var seal: any Seal {
    guard SealedToo.isSealed, let cryptography = try? Cryptography.load() else { return NoSeal() }
    let secret = SecretBytes([UInt8](repeating: 3, count: SealingKey.byteCount))
    let key = SealingKey(secret, cryptography, random: SimulatedRandom(seed: 8))
    return StoreSeal(id: .sample(77), key: key, cryptography) ?? NoSeal()
  }

  static func create(_ fileSystem: SimulatedFileSystem) throws(StorageError) -> Store {
    try Store.create(at: root, identity: identity, environment: environment(fileSystem))
  }

  static func open(_ fileSystem: SimulatedFileSystem) throws(StorageError) -> Store {
    try Store.open(at: root, environment: environment(fileSystem))
  }

  static func verify(_ fileSystem: SimulatedFileSystem) throws(StorageError) -> VerificationReport {
    let environment = environment(fileSystem)
    return try Store.withLock(at: root, fileSystem: fileSystem, seal: environment.seal) {
      (layout) throws(StorageError) in
      Verifier(layout: layout, environment: environment).verify()
    }
  }

  /// Everything that a store holds, as text: equal texts mean equal states.
  static func state(of store: Store) throws(StorageError) -> String {
    let tables = store.snapshot()
    var lines: [String] = []
    for visit in 1...20 {
      let key = DocumentKey(type: "visit", id: .sample(visit))
      guard let document = try tables.document(key) else { continue }
      lines.append(document.text())
      // The journal is read from end to end for each: one that is written in nearly every batch, and one
      // that is not, show what is there.
      guard visit <= 2 else { continue }
      for replaced in try store.replacedVersions(of: key) { lines.append("- " + replaced.text()) }
    }
    for type in tables.typeNames { lines.append("\(type) \(try tables.count(ofType: type))") }
    lines.append("knowledge \(tables.knowledge.entries)")
    lines.append("history \(tables.history.hash(at: tables.knowledge) ?? [])")
    for (name, value) in tables.registers.sorted(by: { $0.key < $1.key }) {
      lines.append("register \(name) \(value.line)")
    }
    return lines.joined(separator: "\n")
  }
}

extension Store {
  /// The tables as they are now.
  func snapshot() -> Tables { read { tables in copy tables } }
}
