import Causality
import Clinic
package import Documents
package import JSON

extension Replica {
  /// Who wrote what of a document, when, on which device, as far as versions are kept: a line a
  /// transaction, the oldest first. O(versions).
  package func history(of key: DocumentKey) throws(ReplicaError) -> [JSONObject] {
    guard let document = try document(key) else {
      throw .notFound(type: key.type, name: key.id.description)
    }
    let rules = rules.type(key.type)
    var writes: [(write: Write, changes: [(unit: Unit, version: Version)])] = []
    for unit in document.units {
      for version in unit.versions {
        if let place = writes.firstIndex(where: { $0.write.first == version.write.first }) {
          writes[place].changes.append((unit, version))
        } else {
          writes.append((version.write, [(unit, version)]))
        }
      }
    }
    let lines = writes.sorted { Write.ranksBefore($0.write, $1.write) }
    return try lines.map { (line) throws(ReplicaError) in
      try historyLine(line.write, line.changes, document, rules)
    }
  }

  private func historyLine(
    _ write: Write, _ changes: [(unit: Unit, version: Version)], _ document: Document,
    _ rules: TypeRules
  ) throws(ReplicaError) -> JSONObject {
    var values = JSONObject()
    var hidden: [JSONValue] = []
    var action = write.first == document.origin.dot ? "created" : "changed"
    for (unit, version) in changes {
      if let deletion = version.details?.deletion {
        action = "deleted"
        values["reason"] = .string(deletion.reason.rawValue)
      } else if unit.name == Unit.life {
        action = "restored"
      } else if unit.isContent {
        for member in version.value.members { values[member.key] = member.value }
        if version.value.isEmpty { values[unit.name] = .null }
        if rules.shown(unit)?.key != version.key { hidden.append(.string(unit.name)) }
      }
    }
    if changes.allSatisfy({ $0.unit.name == Unit.received }) { action = "received" }
    var line: JSONObject = [
      "at": .string(Timestamp.text(milliseconds: write.stamp.milliseconds)),
      "action": .string(action), "user": .null,
      "device": .string(write.author.device.description), "dot": .string(write.first.description),
      "changes": .object(values),
    ]
    if let user = write.author.user { line["user"] = .string(try userName(user)) }
    // What stands beside a value that is shown.
    if !hidden.isEmpty { line["not_shown"] = .array(hidden) }
    return line
  }

  private func userName(_ id: UniqueID) throws(ReplicaError) -> String {
    let user = try document(DocumentKey(type: "user", id: id))
    let name = user.flatMap { $0.visibleFields(rules.type("user"))["name"]?.stringValue }
    return name ?? id.description
  }
}
