import Causality
import Clinic
package import Documents
package import JSON
import Storage

extension Replica {
  /// Who wrote what of a document, when, on which device: a line a transaction, the oldest first. What
  /// was replaced comes from the journal; what was replaced before it reached this replica is not known
  /// here. O(versions + journal).
  ///
  /// - Throws: `notFound`; `storage` if the journal is damaged.
  package func history(of key: DocumentKey) throws(ReplicaError) -> [JSONObject] {
    guard let document = try document(key) else {
      throw .notFound(type: key.type, name: key.id.description)
    }
    let replaced = try stored { () throws(StorageError) in try store.replacedVersions(of: key) }
    let rules = rules.type(key.type)
    var writes: [Dot: HistoryEntry] = [:]
    for unit in document.units {
      let shown = rules.shown(unit)?.key
      for version in unit.versions {
        let place: HistoryChange.Place = version.key == shown ? .shown : .beside
        writes[version.write.first, default: HistoryEntry(version.write)]
          .add(HistoryChange(unit: unit, version: version, place: place))
      }
    }
    for unit in replaced.flatMap(\.units) {
      for version in unit.versions {
        writes[version.write.first, default: HistoryEntry(version.write)]
          .add(HistoryChange(unit: unit, version: version, place: .replaced))
      }
    }
    return try writes.values.sorted { Write.ranksBefore($0.write, $1.write) }
      .map { (entry) throws(ReplicaError) in try historyLine(entry, document) }
  }

  private func historyLine(
    _ entry: HistoryEntry, _ document: Document
  ) throws(ReplicaError) -> JSONObject {
    let write = entry.write
    var values = JSONObject()
    var action = write.first == document.origin.dot ? "created" : "changed"
    for change in entry.changes {
      let (unit, version) = (change.unit, change.version)
      if let deletion = version.details?.deletion {
        action = "deleted"
        values["reason"] = .string(deletion.reason.rawValue)
      } else if unit.name == Unit.life {
        action = "restored"
      } else if unit.isContent {
        for member in version.value.members { values[member.key] = member.value }
        if version.value.isEmpty { values[unit.name] = .null }
      }
    }
    if entry.changes.allSatisfy({ $0.unit.name == Unit.received }) { action = "received" }
    var line: JSONObject = [
      "at": .string(Timestamp.text(milliseconds: write.stamp.milliseconds)),
      "action": .string(action), "user": .null,
      "device": .string(write.author.device.description), "dot": .string(write.first.description),
      "changes": .object(values),
    ]
    if let user = write.author.user { line["user"] = .string(try userName(user)) }
    let beside = entry.units(.beside)
    if !beside.isEmpty { line["not_shown"] = .array(beside) }
    let replaced = entry.units(.replaced)
    if !replaced.isEmpty { line["replaced_since"] = .array(replaced) }
    return line
  }

  private func userName(_ id: UniqueID) throws(ReplicaError) -> String {
    let user = try document(DocumentKey(type: "user", id: id))
    let name = user.flatMap { $0.visibleFields(rules.type("user"))["name"]?.stringValue }
    return name ?? id.description
  }
}

/// A version in the history of a document.
private struct HistoryChange {
  enum Place {
    /// It is what is shown.
    case shown
    /// It stands beside a value that is shown.
    case beside
    /// Another took its place.
    case replaced
  }

  let unit: Unit
  let version: Version
  let place: Place
}

/// What one transaction wrote of a document.
private struct HistoryEntry {
  let write: Write
  private(set) var changes: [HistoryChange] = []

  init(_ write: Write) { self.write = write }

  /// A version that stands is told as standing, also if a copy of it was replaced.
  mutating func add(_ change: HistoryChange) {
    if changes.contains(where: { $0.unit.name == change.unit.name }) { return }
    changes.append(change)
  }

  func units(_ place: HistoryChange.Place) -> [JSONValue] {
    changes.filter { $0.place == place && $0.unit.isContent }.map { .string($0.unit.name) }
  }
}
