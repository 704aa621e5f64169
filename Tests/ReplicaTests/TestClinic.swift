import Causality
import Clinic
import Documents
import JSON
import Platform
import Storage
import Synchronization
import Testing

@testable import Replica

/// A clock that stands where a test puts it.
final class TestClock: WallClock {
  private let time: Mutex<UInt64>

  init(_ text: String) { time = Mutex(Timestamp.milliseconds(text) ?? 0) }

  func now() -> UInt64 { time.withLock { $0 } }

  func set(_ text: String) { time.withLock { $0 = Timestamp.milliseconds(text) ?? $0 } }

  func advance(minutes: UInt64) { time.withLock { $0 += minutes * 60_000 } }
}

/// A replica on a real store in a directory of its own, which goes away with it.
final class TestClinic {
  static let account = UniqueID(high: 0xacc0, low: 1)
  /// The moment at which the clocks of all tests stand first.
  static let start = "2026-03-02T12:00:00Z"

  let clock = TestClock(TestClinic.start)
  let replica: Replica
  private let root: String

  init(role: Replica.Role = .laptop) throws {
    let random = SystemRandom()
    let cryptography = try Cryptography.load()
    let zones = TimeZones()
    root = "\(Self.temporaryDirectory)/satchel-test-\(HexText.text(random.bytes(12)))"
    let functions = ClinicFunctions(
      sha1: cryptography.sha1, sha256: cryptography.sha256, nfc: Text.nfc,
      caseFolded: Text.caseFolded, utcOffsetSeconds: zones.utcOffsetSeconds)
    let catalogue = Catalogue.standard
    let store = try Store.create(
      at: root,
      identity: StoreIdentity(
        replica: try #require(UniqueID(randomBytes: random.bytes(16))),
        device: try #require(UniqueID(randomBytes: random.bytes(16))),
        account: Self.account, isLocalAccount: true),
      environment: StoreEnvironment(
        fileSystem: POSIXFileSystem(), random: random, digest: cryptography.sha256,
        rules: catalogue.rules, indexes: ReplicaSetup.indexes(of: catalogue)))
    replica = Replica(
      store: store, role: role, catalogue: catalogue,
      world: ReplicaWorld(
        clock: clock, random: random, digest: cryptography.sha256, clinic: functions))
  }

  deinit {
    replica.store.close()
    try? POSIXFileSystem().removeTree(root)
  }

  private static var temporaryDirectory: String { Host.environment("TMPDIR") ?? "/tmp" }
}

extension TestClinic {
  @discardableResult
  func create(_ type: String, _ fields: JSONObject) throws -> UniqueID {
    let validator = replica.validator(allowsReadOnlyFields: true)
    return try replica.transact { (transaction) throws(ReplicaError) in
      try replica.create(fields, type: type, in: &transaction, validator: validator).id
    }
  }

  func update(_ type: String, _ id: UniqueID, _ patch: JSONObject) throws {
    let validator = replica.validator(allowsReadOnlyFields: true)
    try replica.transact { (transaction) throws(ReplicaError) in
      _ = try replica.update(
        DocumentKey(type: type, id: id), patch: patch, in: &transaction, validator: validator)
    }
  }

  func delete(_ type: String, _ id: UniqueID, reason: DeleteReason = .mistake) throws {
    try replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(DocumentKey(type: type, id: id), reason: reason)
    }
  }

  func document(_ type: String, _ id: UniqueID) -> Document? {
    (try? replica.document(DocumentKey(type: type, id: id))) ?? nil
  }

  func fields(_ type: String, _ id: UniqueID) -> JSONObject {
    document(type, id)?.visibleFields(replica.rules.type(type)) ?? JSONObject()
  }

  /// The living documents of a type.
  func all(_ type: String) -> [JSONObject] { (try? replica.list(ListQuery(type: type))) ?? [] }

  var knowledge: VersionVector { replica.read { $0.knowledge } }

  /// The number of transactions that this replica has committed.
  var transactionCount: UInt64 { knowledge[replica.id] }

  func importPatients(_ csv: String, isDryRun: Bool = false) throws -> ImportReport {
    try replica.importPatients(Array(csv.utf8), isDryRun: isDryRun)
  }

  /// Brings both clinics to the same state, as an exchange would.
  func meet(_ other: TestClinic) throws {
    let (mine, theirs) = (try replica.changes(), try other.replica.changes())
    try replica.take(theirs)
    try other.replica.take(mine)
  }
}

extension Replica {
  fileprivate func changes() throws -> ChangeSet {
    try read { tables in
      ChangeSet(
        since: VersionVector(), upTo: tables.knowledge,
        parts: try tables.typeNames.flatMap { try tables.documents(ofType: $0) },
        runs: tables.history.runs(since: VersionVector()))
    }
  }

  fileprivate func take(_ changes: ChangeSet) throws {
    _ = try apply(ArrivingChanges(changes)) { (_) throws(ReplicaError) in
    } registers: { _, _, _ in
      []
    }
  }
}
