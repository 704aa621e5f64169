import Causality
import Documents
import JSON
import Replica
import Storage

/// What the rules forbid although nothing is lost by it at once.
extension Checker {
  private static let trashMilliseconds: UInt64 = 30 * 86_400_000
  /// How much later than all that it knows a server may take a stamp, for all the pushes of one step.
  private static let tolerance: UInt64 = 60_000

  func checkRules(_ node: Node, _ look: Look) throws {
    try checkStaysOut(node, look)
    guard node.role == .server else { return }
    try checkGivenUp(node, look)
    try checkStamps(node, look)
    try checkSilent(node)
    try checkRefused(node, look)
  }

  /// A server takes no transaction from the future (DESIGN, rule 19).
  private func checkStamps(_ server: Node, _ look: Look) throws {
    guard let before = look.before else { return }
    let limit = max(
      server.replica.now() + Replica.maximumSkew, before.lastStamp.milliseconds + Self.tolerance)
    for run in look.after.runs(since: before.knowledge) where run.replica != server.replica.id {
      guard let late = run.records.first(where: { $0.stamp.milliseconds > limit }) else { continue }
      throw Broken(
        "clock",
        "the server took a transaction that is stamped "
          + "\((late.stamp.milliseconds - server.replica.now()) / 60_000) minutes ahead")
    }
  }

  /// No schedule serves for so long that anybody could have been silent for 180 days of it (DESIGN, rule 15).
  private func checkSilent(_ server: Node) throws {
    guard let silent = server.replica.silentReplicas.first else { return }
    throw Broken("silent", "the server would retire \(silent), which was there lately")
  }

  /// Nothing that was refused stands at the server, nor what its author replaced by that (DESIGN, rule 21).
  private func checkRefused(_ server: Node, _ look: Look) throws {
    let registers = server.replica.read { $0.registers }
    let refused = Replica.parked(registers).union(Replica.unjudged(registers))
    if refused.isEmpty { return }
    for document in look.changes.map(\.after) where !document.isErased {
      guard document.part(from: refused) != nil else { continue }
      throw Broken("refused", "the server keeps what it refused in \(document.key)")
    }
  }

  /// A server gives up only what no active replica has (DESIGN, rule 11).
  private func checkGivenUp(_ server: Node, _ look: Look) throws {
    for change in look.changes {
      let (after, given) = (change.after, change.before?.dropped ?? [])
      if given.isEmpty || after.isErased || after.lacksContent { continue }
      let missing = given.filter { unit in
        let versions = after.versions(of: unit.name)
        return !versions.isEmpty && versions.allSatisfy(\.isPutBack)
      }
      let holder = active.first { $0.seen.documents[after.key]?.holdsAny(of: missing) ?? false }
      guard let holder else { continue }
      throw Broken("given up", "the server gave up what \(holder.name) has of \(after.key)")
    }
  }

  /// Content that left the trash had been there for the trash time, and whoever may still write to it knows that it
  /// was deleted (DESIGN, rules 10 and 15). It is no loss if a server gives it up when somebody brings the rest back.
  /// - Parameter active: machines that were neither retired nor put back to an older state.
  mutating func checkPurged(
    _ node: Node, since before: [DocumentKey: Document], _ active: [Node]
  ) throws {
    let now = node.replica.now()
    for (key, old) in before.sorted(by: { $0.key < $1.key }) where old.hasContent {
      let (new, history) = try node.replica.read { (tables) throws(StorageError) in
        (try tables.document(key), tables.history)
      }
      guard let new, !new.hasContent, !new.isErased else { continue }
      let deleted = new.deletedAt?.milliseconds ?? now
      if deleted + Self.trashMilliseconds > now {
        throw Broken("trash", "\(node.name) dropped \(key) before its time")
      }
      let deletes = new.versions(of: Unit.life).compactMap {
        history.record($0.write.first)?.nonce
      }
      let unaware = active.first { other in
        other.seen.documents[key] != nil && other.seen.held.isDisjoint(with: deletes)
      }
      if let unaware {
        throw Broken("trash", "\(node.name) dropped \(key); \(unaware.name) knows of no delete")
      }
      if let cause = try causeWithContent(of: new, node) {
        throw Broken(
          "trash", "\(node.name) dropped \(key) before \(cause), with which it was deleted")
      }
      notePurged(old, history)
    }
  }

  /// What was deleted together with another document comes back with it (DESIGN, rule 9).
  /// - Returns: a document that still has content, if all deletes are because of such.
  private func causeWithContent(of document: Document, _ node: Node) throws -> DocumentKey? {
    let deletions = document.versions(of: Unit.life).compactMap(\.details?.deletion)
    var cause: DocumentKey?
    for deletion in deletions {
      guard let key = deletion.cause?.document,
        let other = try node.replica.document(key), other.hasContent
      else { return nil }
      cause = key
    }
    return cause
  }

  /// What left the trash stays out while the document is deleted, whoever still has it (DESIGN, rule 11).
  private func checkStaysOut(_ node: Node, _ look: Look) throws {
    for change in look.changes {
      guard let before = change.before, before.lacksContent, !before.hasContent,
        Self.isDeletedForItself(before), Self.isDeletedForItself(change.after),
        change.after.holdsAny(of: before.dropped),
        try node.replica.isDeleted(change.after.key)
      else { continue }
      throw Broken("trash", "content of \(change.after.key) came back to \(node.name)")
    }
  }

  /// Whether it is deleted, and not only because of another document.
  private static func isDeletedForItself(_ document: Document) -> Bool {
    document.isDeleted { _ in false }
  }

  /// A delete counts for what its author's replica knew, not for an edit that it did not (DESIGN, rule 8).
  func checkDeletes(_ node: Node) throws {
    guard let history = node.seen.history else { return }
    for (key, document) in node.seen.documents.sorted(by: { $0.key < $1.key }) {
      guard !document.isErased, try node.replica.isDeleted(key) else {
        continue
      }
      let deletes = document.versions(of: Unit.life).compactMap {
        history.record($0.write.first)?.nonce
      }
      let versions = document.units.filter(\.holdsContent).flatMap(\.versions)
      for version in versions where !version.isPutBack {
        guard let nonce = history.record(version.write.first)?.nonce else { continue }
        if deletes.contains(where: { ledger.knew($0, nonce) }) { continue }
        throw Broken("unseen", "\(key) is deleted by somebody who did not know \(nonce)")
      }
    }
  }
}
