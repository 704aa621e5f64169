import Causality
import Clinic
import Documents
import JSON
import Replica

/// Joins in memory.
struct JoinFamily: MeasureFamily {
  let measures = [MergeMeasures.join, MergeMeasures.apply]

  private static let changeSetCount = 10_000
  private static let joinCount = 100_000

  func run(_ bench: Workbench) throws -> [Finding] {
    let rules = bench.setup.catalogue.rules
    let (a, b, c) = (bench.setup.newID(), bench.setup.newID(), bench.setup.newID())
    let author = Author(user: nil, device: c)
    func write(_ replica: ReplicaID, _ number: UInt64) -> Write {
      Write(
        dot: Dot(replica, number), stamp: Stamp(milliseconds: 1_800_000_000_000), author: author)
    }
    func changed(_ document: Document, _ fields: JSONObject, by write: Write) -> Document {
      var document = document
      let typeRules = rules.type(document.key.type)
      for value in document.unitValues(for: fields, typeRules) {
        _ = document.set(value, by: write, typeRules)
      }
      return document
    }
    var samples = SampleDocuments(seed: 6)
    let creation = write(a, 1)
    let documents = samples.next(Self.changeSetCount).map { sample in
      changed(
        Document(key: sample.key, createdBy: creation, schemaVersion: 1), sample.fields,
        by: creation)
    }
    func edited(_ document: Document, _ field: String, by write: Write) -> Document {
      var fields = document.visibleFields(rules.type(document.key.type))
      fields[field] = "something else"
      return changed(document, fields, by: write)
    }
    let (mine, theirs) = (
      edited(documents[0], "notes", by: write(b, 1)), edited(documents[0], "notes", by: write(c, 1))
    )
    let part = theirs.part(since: VersionVector(Dot(a, 1))) ?? theirs
    let joins = try times(bench) {
      for _ in 0..<Self.joinCount {
        try check(mine.joined(with: part, nonce: \.number).units.count > 0)
      }
    }.map { $0 / Double(Self.joinCount) * 1_000_000 }
    let parts = documents.compactMap { document in
      edited(document, "notes", by: write(b, 1)).part(since: VersionVector(Dot(a, 1)))
    }
    let applied = try (0..<bench.sizes.runs).map { _ in
      var table = Dictionary(uniqueKeysWithValues: documents.map { ($0.key, $0) })
      let time = seconds { for part in parts { _ = table[part.key]?.join(part, nonce: \.number) } }
      try check(table.values.allSatisfy { $0.clock.covers(Dot(b, 1)) })
      return Double(parts.count) / time
    }
    return [
      Finding(MergeMeasures.join, Samples(joins)), Finding(MergeMeasures.apply, Samples(applied)),
    ]
  }

  private func times(_ bench: Workbench, _ body: () throws -> Void) rethrows -> [Double] {
    try (0..<bench.sizes.runs).map { _ in try seconds(of: body) }
  }

  private func check(_ isRight: Bool) throws {
    guard isRight else { throw BenchmarkError("a join lost something") }
  }
}
