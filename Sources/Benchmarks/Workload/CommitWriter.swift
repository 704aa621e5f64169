import Causality
import Clinic
import Documents
import Replica
import Storage

/// Makes commits of one new document each, ready to be handed to a store.
struct CommitWriter {
  /// A commit, and the JSON line that stands for its document elsewhere.
  struct Commit {
    let line: [UInt8]
    let batch: Batch
  }

  /// More than a line has.
  static let maximumByteCount = 1024

  private let author: Author
  private let rules: MergeRules
  private let replica: ReplicaID
  private let milliseconds: UInt64
  private var number: UInt64
  private var documents = SampleDocuments(seed: 1)

  /// Nothing else may write to the replica from now on.
  init(_ replica: Replica, _ bench: Workbench) throws {
    try replica.fill(with: documents.ground)
    author = replica.author
    rules = replica.rules
    self.replica = replica.id
    milliseconds = replica.now()
    number = replica.store.read { $0.knowledge[replica.id] }
  }

  mutating func next(_ count: Int) -> [Commit] { (0..<count).map { _ in next() } }

  private mutating func next() -> Commit {
    number += 1
    let sample = documents.next()
    let stamp = Stamp(milliseconds: milliseconds + number)
    let write = Write(dot: Dot(replica, number), stamp: stamp, author: author)
    let typeRules = rules.type(sample.key.type)
    var document = Document(
      key: sample.key, createdBy: write, schemaVersion: Catalogue.version)
    for value in document.unitValues(for: sample.fields, typeRules) {
      _ = document.set(value, by: write, typeRules)
    }
    var batch = Batch()
    batch.documents = [document]
    batch.runs = [
      TransactionRun(
        replica: replica, first: number, records: [TransactionRecord(nonce: number, stamp: stamp)])
    ]
    return Commit(line: sample.line, batch: batch)
  }
}
