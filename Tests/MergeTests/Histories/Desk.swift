import Causality
import Clinic
import Documents
import JSON
import Platform

@testable import Replica

/// What all desks of a history share.
struct DeskWorld {
  let catalogue = Catalogue.standard
  let rules = Catalogue.standard.rules
  let functions: ClinicFunctions
  let ids: StableID

  init() throws {
    functions = try ReplicaSetup.system().world.clinic
    ids = StableID(account: UniqueID(high: 0xacc0, low: 1), functions: functions)
  }

  /// The review list and what is visible, from nothing.
  func reviewer(_ documents: [Document], now: UInt64) -> (Reviewer, MergedClinic, [DocumentKey]) {
    let state = DocumentCollection(documents, catalogue, rules, functions.forms)
    let clinic = MergedClinic(
      state, catalogue: catalogue, rules: rules, functions: functions,
      now: now / 86_400_000 * 86_400_000)
    let validator = Validator(catalogue: catalogue, functions: functions, now: now)
    return (Reviewer(clinic, validator: validator, ids: ids), clinic, state.keys)
  }
}

/// A replica without a disk: the documents and merges of the engine, nothing of its storage.
struct Desk {
  private(set) var id: ReplicaID
  let author: Author
  /// Every transaction that it knows.
  private(set) var history: History
  private(set) var documents: [DocumentKey: Document] = [:]
  private(set) var knowledge = VersionVector()
  private var clock = HybridClock()

  init(_ number: UInt64, _ world: DeskWorld) {
    history = History(digest: world.functions.sha256)
    id = UniqueID(high: 0xde5c, low: number)
    let user = number > 2 ? nil : ClinicHistory.key("user", Int(number)).id
    author = Author(user: user, device: UniqueID(high: 0xdef1, low: number))
  }

  /// One transaction: the closure changes documents; what it leaves as it was is no write.
  mutating func transact(
    at now: UInt64, nonce: UInt64, _ body: (inout Transaction) -> Void
  ) -> [Transaction.Change] {
    let dot = Dot(id, knowledge[id] + 1)
    let write = Write(dot: dot, stamp: clock.tick(now: now), author: author)
    var transaction = Transaction(documents: documents, knowledge: knowledge, write: write)
    body(&transaction)
    guard !transaction.changes.isEmpty else { return [] }
    documents = transaction.documents
    knowledge.include(dot)
    history.append(TransactionRecord(nonce: nonce, stamp: write.stamp), of: id)
    return transaction.changes
  }

  /// Takes all that another desk has. Taking it twice changes nothing.
  mutating func pull(from other: Desk) {
    let since = knowledge
    for run in other.history.runs(since: since) { _ = history.append(run) }
    let history = history
    for document in other.documents.values {
      guard let part = document.part(since: since) else { continue }
      var document = documents[part.key]?.joined(with: part) { history.record($0)?.nonce } ?? part
      // What was erased keeps nothing that comes later (DESIGN, rule 12).
      if document.isErased { document.dropContent() }
      documents[part.key] = document
      for version in part.units.flatMap(\.versions) { clock.observe(version.write.stamp) }
    }
    knowledge.formUnion(other.knowledge)
  }

  /// Makes the names of its transactions those that a server has for them (DESIGN, rule 16), and takes a
  /// new id if somebody else goes on under its own (rule 17).
  /// - Returns: how many runs of transactions got another name.
  mutating func agreeOnNames(with server: Desk, newID: ReplicaID) -> Int {
    var count = 0
    while let names = Relabelling.difference(of: history, from: server.history) {
      guard let renamed = history.relabelled(names) else { preconditionFailure("\(names)") }
      history = renamed
      knowledge = names.vector(knowledge)
      for (key, document) in documents { documents[key] = document.relabelled(names) }
      count += 1
    }
    if server.knowledge[id] > knowledge[id] { id = newID }
    return count
  }

  struct Transaction {
    /// A unit that was written: what stood there before and after.
    struct Change {
      let key: DocumentKey
      let unit: String
      let before: [Version]
      let after: [Version]
      /// The versions that the author was shown.
      let shown: [VersionKey]
    }

    fileprivate(set) var documents: [DocumentKey: Document]
    let knowledge: VersionVector
    let write: Write
    fileprivate(set) var changes: [Change] = []

    mutating func set(_ key: DocumentKey, _ patch: JSONObject, _ world: DeskWorld) {
      let rules = world.rules.type(key.type)
      var document =
        documents[key] ?? Document(key: key, createdBy: write, schemaVersion: 1)
      var fields = document.visibleFields(rules)
      for member in patch.members { fields[member.key] = member.value.isNull ? nil : member.value }
      for value in document.unitValues(for: fields, rules) {
        let before = document.versions(of: value.unit)
        let rule = rules.unit(named: value.unit)
        let shown = rule.shown(of: before)
        let seen = before.filter { version in shown.map(version.hasSameValue) ?? false }
        guard document.set(value, by: write, knowledge: knowledge, rules) else { continue }
        note(key, value.unit, before, document, shown: seen.map(\.key))
      }
      guard document.clock.covers(write.dot) else { return }
      put(document)
    }

    mutating func carryOut(_ step: ReviewStep, _ world: DeskWorld) {
      switch step {
      case .write(let key, let value, let replacing, let late):
        guard var document = documents[key] else { return }
        let before = document.versions(of: value.unit)
        document.resolve(
          value, replacing: replacing, seeing: late, by: write, knowledge: knowledge,
          world.rules.type(key.type))
        note(key, value.unit, before, document, shown: replacing)
        put(document)
      case .undelete(let key):
        let write = write
        life(key) { $0.undelete(by: write) }
      case .delete(let key, let reason): delete(key, reason, cause: nil)
      }
    }

    mutating func delete(_ key: DocumentKey, _ reason: DeleteReason, cause: DeleteCause?) {
      let (knowledge, write) = (knowledge, write)
      life(key) { $0.delete(reason: reason, cause: cause, knowledge: knowledge, by: write) }
    }

    /// What was erased keeps nothing (DESIGN, rule 12).
    private mutating func put(_ document: Document) {
      var document = document
      if document.isErased { document.dropContent() }
      documents[document.key] = document
    }

    /// Only the server does that.
    mutating func erase(_ key: DocumentKey) {
      delete(key, .erasure, cause: nil)
      documents[key]?.dropContent()
    }

    private mutating func life(_ key: DocumentKey, _ body: (inout Document) -> Void) {
      guard var document = documents[key] else { return }
      let before = document.versions(of: Unit.life)
      body(&document)
      note(key, Unit.life, before, document, shown: before.map(\.key))
      documents[key] = document
    }

    private mutating func note(
      _ key: DocumentKey, _ unit: String, _ before: [Version], _ document: Document,
      shown: [VersionKey]
    ) {
      changes.append(
        Change(
          key: key, unit: unit, before: before, after: document.versions(of: unit), shown: shown))
    }
  }
}
