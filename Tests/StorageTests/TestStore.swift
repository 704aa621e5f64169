import Causality
import Documents
import JSON
import Platform
import Storage
import TestSupport

/// Numbers that are random enough for marks and salts, and differ from call to call.
private let random = SystemRandom()

/// A store in a temporary directory, which goes with it, and a replica that writes there.
final class TestStore {
  static let identity = StoreIdentity(
    replica: .sample(1), device: .sample(101), account: .sample(30), isLocalAccount: true)

  let fileSystem: RecordingFileSystem
  private let root: String
  var layout: StoreLayout { StoreLayout(root: root, seal: seal) }
  private(set) var store: Store?
  private(set) var replica = SampleReplica(1)
  private var nonces = SeededGenerator(seed: 5)
  private let directory: String

  init(
    fileSystem: RecordingFileSystem = RecordingFileSystem(), keepsFeed: Bool = false,
    seal: (any Seal)? = nil
  ) throws {
    self.keepsFeed = keepsFeed
    let seal = try seal ?? (SealedToo.isSealed ? Self.newSeal() : NoSeal())
    self.seal = seal
    directory = Self.temporaryDirectory()
    self.fileSystem = fileSystem
    root = directory + "/store"
    store = try Store.create(at: root, identity: Self.identity, environment: environment)
  }

  deinit {
    store?.close()
    try? POSIXFileSystem().removeTree(directory)
  }

  private static func temporaryDirectory() -> String {
    let parent = Host.environment("TMPDIR") ?? "/tmp"
    return "\(parent)/satchel-test-\(HexText.text(random.uint64()))"
  }

  /// Visits by the name that was given them.
  var indexes = [
    StoreIndex(type: "visit", name: "given", fields: ["given"]) { $0[0]?.stringValue }
  ]

  var keepsFeed = false
  var seal: any Seal
  var boot = "today"
  var machine = "this one"

  var environment: StoreEnvironment {
    var environment = StoreEnvironment(
      fileSystem: fileSystem, random: random, digest: sampleDigest, rules: SampleRules.all,
      indexes: indexes)
    environment.segmentByteCount = Self.segmentByteCount
    environment.boot = boot
    environment.keepsFeed = keepsFeed
    environment.seal = seal
    environment.machine = machine
    return environment
  }

  /// A seal that opens nothing of any other store.
  static func newSeal() throws -> StoreSeal {
    let cryptography = try Cryptography.load()
    let key = SealingKey(cryptography, random: random)
    guard let id = UniqueID(randomBytes: random.bytes(16)),
      let seal = StoreSeal(id: id, key: key, cryptography)
    else { throw StorageError(.system, path: "", problem: "no seal") }
    return seal
  }

  /// Small, so that looking at every byte of a segment takes no time.
  static let segmentByteCount = 8192

  /// The store that is open.
  var open: Store {
    get throws { try store ?? reopened() }
  }

  func close() {
    store?.close()
    store = nil
  }

  /// Ends the store as a power cut does: nothing says what was durable.
  func kill() throws {
    close()
    try put([], layout.lock)
  }

  /// Closes the store, if it is open, and opens it again.
  @discardableResult
  func reopened() throws(StorageError) -> Store {
    close()
    let opened = try Store.open(at: layout.root, environment: environment)
    store = opened
    return opened
  }

  /// A batch that gives visits (by number) a name, as the replica's next transaction.
  func batch(_ visits: [Int], _ name: String = "A") -> Batch {
    var batch = Batch()
    let first = replica.knowledge[replica.id] + 1
    var records: [TransactionRecord] = []
    for visit in visits {
      let key = Self.key(visit)
      let time = 1_700_000_000_000 + first
      let write = replica.edit(key, at: time, ["given": .string(name), "note": .int(visit)])
      records.append(TransactionRecord(nonce: nonces.next(), stamp: write.stamp))
      if let document = replica.document(key) { batch.documents.append(document) }
    }
    batch.runs = [TransactionRun(replica: replica.id, first: first, records: records)]
    batch.registers = [("last", .string(name)), ("visits", .array(visits.map(JSONValue.int)))]
    return batch
  }

  /// Gives a visit another name, and keeps what it had for the journal.
  func rename(_ visit: Int, _ name: String) throws {
    let before = replica.document(Self.key(visit))
    var batch = batch([visit], name)
    batch.replaced = zip([before], batch.documents).compactMap { $0?.replaced(by: $1) }
    try open.commit(batch)
  }

  /// Deletes a visit and drops its content, as the last that the replica does.
  func dropContent(_ visit: Int) throws {
    guard var document = replica.document(Self.key(visit)) else { return }
    let dot = Dot(replica.id, replica.knowledge[replica.id] + 1)
    let stamp = Stamp(milliseconds: 1_800_000_000_000)
    let author = Author(user: nil, device: Self.identity.device)
    document.delete(
      reason: .mistake, cause: nil, knowledge: replica.knowledge,
      by: Write(dot: dot, stamp: stamp, author: author))
    document.dropContent()
    var batch = Batch()
    batch.documents = [document]
    let record = TransactionRecord(nonce: nonces.next(), stamp: stamp)
    batch.runs = [TransactionRun(replica: dot.replica, first: dot.number, records: [record])]
    try open.commit(batch)
  }

  /// Makes a batch durable; if it is refused, the replica is as before.
  func commit(_ visits: [Int], _ name: String = "A") throws {
    let before = replica
    do { try open.commit(batch(visits, name)) } catch {
      replica = before
      throw error
    }
  }

  static func key(_ visit: Int) -> DocumentKey {
    DocumentKey(type: "visit", id: .sample(visit))
  }

  /// Everything that a store holds, as text: equal texts mean equal states.
  func state() throws -> String { try Self.state(of: try open.snapshot()) }

  static func state(of tables: Tables) throws(StorageError) -> String {
    var lines: [String] = ["head \(tables.head) \(tables.headMark)"]
    for entry in try tables.arrivals(after: 0, limit: .max) {
      lines.append("\(entry.arrival) \(try tables.documents([entry])[0].text())")
    }
    for type in tables.typeNames { lines.append("\(type) \(try tables.count(ofType: type))") }
    lines.append("knowledge \(tables.knowledge.entries)")
    lines.append("history \(tables.history.hash(at: tables.knowledge) ?? [])")
    for (name, value) in tables.registers.sorted(by: { $0.key < $1.key }) {
      lines.append("register \(name) \(value.line)")
    }
    return lines.joined(separator: "\n")
  }

  func verify() -> VerificationReport {
    close()
    return Verifier(layout: layout, environment: environment).verify()
  }

  // MARK: - Looking at files and damaging them

  func bytes(_ path: String) throws -> [UInt8] { try POSIXFileSystem().readFile(path) }

  /// What a file holds that is sealed as a whole.
  func kept(_ path: String) throws -> [UInt8]? {
    seal.opened(try bytes(path), as: .file(String(path.dropFirst(layout.root.count + 1))))
  }

  func put(_ bytes: [UInt8], _ path: String) throws {
    let file = try POSIXFileSystem().open(path, .openOrCreate)
    defer { file.close() }
    try file.truncate(to: 0)
    try file.write(bytes, at: 0)
  }

  func flip(_ path: String, at offset: Int, by mask: UInt8 = 1) throws {
    var bytes = try bytes(path)
    bytes[offset] ^= mask
    try put(bytes, path)
  }

  /// The paths of all files of the store, below its root, sorted.
  func files() throws -> [String] {
    func below(_ directory: String) throws -> [String] {
      try POSIXFileSystem().contents(ofDirectory: directory).flatMap { name -> [String] in
        let path = "\(directory)/\(name)"
        let kind = try POSIXFileSystem().status(path)?.kind
        return kind == .directory
          ? try below(path) : [String(path.dropFirst(layout.root.count + 1))]
      }
    }
    return try below(layout.root).sorted()
  }

  /// The segments that are there, oldest first.
  func segments() throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: layout.log).map { "\(layout.log)/\($0)" }
      .filter { $0 != layout.spareSegment }
  }

  /// Where the bytes of a segment end that are not zero.
  func usedEnd(_ path: String) throws -> Int {
    (try bytes(path).lastIndex { $0 != 0 } ?? -1) + 1
  }

  func lastSegment() throws -> String { try segments().last ?? "" }
}

extension TestStore {
  /// Makes a batch of one register durable.
  func commitRegister(_ name: String) throws {
    var batch = Batch()
    batch.registers = [(name, 1)]
    try open.commit(batch)
  }
}

extension Store {
  /// The tables as they are now.
  func snapshot() -> Tables { read { tables in copy tables } }
}
