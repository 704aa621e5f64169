package import Causality
import Clinic
package import Documents
package import JSON
import Storage

/// What taking an import back did.
package struct UndoReport: Sendable {
  package let run: UniqueID
  /// How many documents of each type went into the trash.
  package internal(set) var removed: [(type: String, count: Int)]
  /// How many documents that the import had only changed are as before.
  package internal(set) var restored = 0
  /// What stays, and why: somebody went on working with it.
  package internal(set) var kept: [(document: DocumentKey, reason: String)] = []

  init(run: UniqueID) {
    self.run = run
    removed = Replica.legacyTypes.map { ($0, 0) }
  }

  package var value: JSONObject {
    var counts = JSONObject()
    for entry in removed { counts.append(entry.type, .int(entry.count)) }
    let kept = kept.map { entry -> JSONValue in
      [
        "type": .string(entry.document.type), "id": .string(entry.document.id.description),
        "reason": .string(entry.reason),
      ]
    }
    return [
      "run": .string(run.description), "removed": .object(counts), "restored": .int(restored),
      "kept": .array(kept),
    ]
  }
}

extension Replica {
  /// The types that such an import makes, those before that refer to others.
  static let legacyTypes = ["chat_session", "invite", "patient"]
  private static let undoneAtOnce = 100

  /// Takes an import of the earlier system's invites back, wherever it was done: what it made goes into the
  /// trash, unless somebody has edited it since or something else refers to it; what it changed is as before,
  /// unless somebody changed that since. Doing it again changes nothing; importing the file again brings
  /// everything back. Durable on return, some documents at a time. O(patients + invites + chats).
  ///
  /// - Parameter name: the id that the import printed, or a prefix of 4 or more characters.
  /// - Throws: `notFound`; `ambiguous`; `storage`: what came before is durable, and doing it again goes on.
  package func undoLegacyImport(_ name: String) throws(ReplicaError) -> UndoReport {
    let marked = try markedDocuments()
    let living = try self.run(named: name, in: marked)
    let run = if let living { living } else { try runInTrash(named: name) }
    let undo = LegacyUndo(replica: self, mark: RunMark(run: run, sha256: world.clinic.sha256))
    var report = UndoReport(run: run)
    var rest = marked.filter { $0.runs.contains(run.description) }.map(\.key)[...]
    while !rest.isEmpty {
      let part = rest.prefix(Self.undoneAtOnce)
      rest = rest.dropFirst(Self.undoneAtOnce)
      report = try transact { (transaction) throws(ReplicaError) in
        var report = report
        for key in part {
          transaction.beginNext()
          try undo.takeBack(key, &transaction, &report)
        }
        return report
      }
    }
    return report
  }

  private struct Marked {
    let key: DocumentKey
    let runs: [String]
    let isSuperseded: Bool
  }

  /// What imports have made or changed and lives, or is in the trash. An invite comes before the one that superseded it.
  private func markedDocuments(isTrash: Bool = false) throws(ReplicaError) -> [Marked] {
    var all: [Marked] = []
    for type in Self.legacyTypes {
      let rules = rules.type(type)
      var query = ListQuery(type: type)
      query.isTrash = isTrash
      let ofType = try documents(matching: query).compactMap { document in
        let fields = document.visibleFields(rules)
        return fields[ImportRun.field]?.objectValue.map {
          Marked(key: document.key, runs: $0.keys, isSuperseded: fields["superseded_by"] != nil)
        }
      }
      all += ofType.filter(\.isSuperseded) + ofType.filter { !$0.isSuperseded }
    }
    return all
  }

  private func run(
    named name: String, in marked: [Marked]
  ) throws(ReplicaError) -> UniqueID? {
    let runs = Set(marked.flatMap(\.runs)).sorted().compactMap { UniqueID($0) }
    if let id = UniqueID(name), runs.contains(id) { return id }
    let fitting = runs.filter { name.utf8.count >= 4 && $0.description.hasPrefix(name) }
    if fitting.count > 1 { throw .ambiguous(name: name, candidates: fitting.map(\.description)) }
    return fitting.first
  }

  /// An import of which all that it made was taken back.
  private func runInTrash(named name: String) throws(ReplicaError) -> UniqueID {
    guard let run = try run(named: name, in: markedDocuments(isTrash: true)) else {
      throw .notFound(type: "import of invites", name: name)
    }
    return run
  }
}

/// Takes one import back, a document at a time.
private struct LegacyUndo {
  let replica: Replica
  let mark: RunMark

  func takeBack(
    _ key: DocumentKey, _ transaction: inout LocalTransaction, _ report: inout UndoReport
  ) throws(ReplicaError) {
    guard let document = try transaction.living(key) else { return }
    let fields = transaction.fields(document)
    switch mark.value(in: fields) {
    case nil, ImportRun.undone: return
    case ImportRun.changed: try putBack(document, fields, &transaction, &report)
    default:
      if let reason = try reasonToKeep(document, fields, transaction) {
        report.kept.append((key, reason))
      } else {
        try mark.close(on: key, fields, &transaction)
        try transaction.delete(key, reason: .mistake)
        report.count(key.type)
      }
    }
  }

  private func reasonToKeep(
    _ document: Document, _ fields: JSONObject, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> String? {
    if !mark.isUntouched(document, fields) { return "it was edited since" }
    if mark.isOthers(fields) { return "another import made or changed it too" }
    for reference in replica.catalogue.references(to: document.key.type) {
      let naming = try transaction.living(
        among: transaction.documents(
          ofType: reference.type.name, index: reference.field.name,
          key: document.key.id.description))
      if let first = naming.min(by: { $0.key < $1.key }) { return "\(first.key) refers to it" }
    }
    return nil
  }

  /// What the import wrote to a document that was there before.
  private func putBack(
    _ document: Document, _ fields: JSONObject, _ transaction: inout LocalTransaction,
    _ report: inout UndoReport
  ) throws(ReplicaError) {
    let rules = transaction.rules.type(document.key.type)
    var before = fields
    var isPutBack = false
    for change in Self.changes[document.key.type] ?? [] {
      guard mark.wrote(change.unit, of: document, rules) else { continue }
      for name in rules.unit(named: change.unit).fields { before[name] = change.before[name] }
      isPutBack = true
    }
    guard isPutBack else {
      report.kept.append((document.key, "what was changed in it was edited since"))
      return
    }
    try mark.close(on: document.key, before, &transaction)
    report.restored += 1
  }

  /// What an import writes to documents that were there, and what they were before: it changes nothing else.
  private static let changes: [String: [(unit: String, before: JSONObject)]] = [
    "patient": [("user_id", [:]), ("status", ["status": "pending"])],
    "invite": [("lifecycle", ["status": "pending"])],
  ]
}

extension UndoReport {
  fileprivate mutating func count(_ type: String) {
    guard let place = removed.firstIndex(where: { $0.type == type }) else { return }
    removed[place].count += 1
  }
}
