import Causality
import Documents
import Replica
import Storage

/// What changed at a machine since the checker looked last.
struct Look {
  typealias Change = (before: Document?, after: Document)

  /// In the order of arrival.
  let changes: [Change]
  /// Transactions that it did not know then.
  let arrived: [UInt64]
  /// Transactions that it knew then.
  let gone: [UInt64]
  /// Names of transactions, by the history then and now.
  let before: History?
  let after: History

  /// The nonce of a transaction, by the history now; nil if it is not known.
  func nonce(_ dot: Dot) -> UInt64? { after.record(dot)?.nonce }

  func nonceBefore(_ dot: Dot) -> UInt64? { before?.record(dot)?.nonce }
}

extension Node {
  /// Looks at what arrived since the last time; at everything after a restart.
  /// - Returns: nil if nothing has changed.
  func look(afterRestart: Bool) throws -> Look? {
    let old = seen
    let repaired = seenBeforeRepair ?? old
    seenBeforeRepair = nil
    let (head, history) = replica.read { ($0.head, $0.history) }
    let isSame =
      head == old.head && history.knowledge == old.history?.knowledge
      && history.lastStamp == old.history?.lastStamp
    if isSame, !afterRestart { return nil }
    let documents = try arrivals(after: afterRestart ? 0 : old.head)
    let held = Self.nonces(history)
    let all = Set(held)
    seen.head = head
    seen.history = history
    seen.held = all
    if afterRestart { seen.documents = [:] }
    for document in documents { seen.documents[document.key] = document }
    return Look(
      changes: documents.map { (repaired.documents[$0.key], $0) },
      arrived: held.filter { !old.held.contains($0) },
      gone: old.held.filter { !all.contains($0) }.sorted(), before: repaired.history,
      after: history)
  }

  private static func nonces(_ history: History) -> [UInt64] {
    history.runs(since: VersionVector()).flatMap { $0.records.map(\.nonce) }
  }

  private func arrivals(after place: UInt64) throws -> [Document] {
    try replica.read { (tables) throws(StorageError) in
      let entries = try tables.arrivals(after: place, limit: .max)
      return try tables.documents(entries)
    }
  }

  /// A document as it travels: what is equal on two machines is equal there.
  func encoded(_ document: Document) -> [UInt8] {
    var bytes: [UInt8] = []
    var encoder = DocumentEncoder(embedsTable: true)
    encoder.encode(document, replica.rules.type(document.key.type), into: &bytes)
    return bytes
  }
}

extension Document {
  /// Whether it has a version of which only the key is left elsewhere.
  func holdsAny(of dropped: [DroppedUnit]) -> Bool {
    dropped.contains { unit in
      let firsts = Set(unit.keys.map(\.first))
      return versions(of: unit.name).contains { firsts.contains($0.write.first) }
    }
  }
}
