import Causality
import Clinic
import Documents
import JSON
import Platform
import Testing

@testable import Replica

/// One rule of MERGE.md as documents, two concurrent edits, and what must come of them. The form is
/// described in `Conformance/vectors/merge/README.md`.
struct MergeVector: Sendable, CustomTestStringConvertible {
  let name: String
  let object: JSONObject

  var testDescription: String { name }
  var rule: String { object["rule"]?.stringValue ?? "" }

  /// The project's folder.
  static let root = "/" + "\(#filePath)".split(separator: "/").dropLast(4).joined(separator: "/")
  static let folder = root + "/Conformance/vectors/merge"

  /// All vectors, by name.
  static let all: [MergeVector] = {
    let files = POSIXFileSystem()
    let names = (try? files.contents(ofDirectory: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      let bytes = try? files.readFile("\(folder)/\(name)")
      return bytes.flatMap { (try? JSONValue(parsing: $0))?.objectValue }
        .map { MergeVector(name: String(name.dropLast(5)), object: $0) }
    }
  }()

  func objects(_ name: String) -> [JSONObject] {
    object[name]?.arrayValue?.compactMap(\.objectValue) ?? []
  }
}

extension JSONObject {
  /// The document that an object names by `type` and `id`.
  var key: DocumentKey? {
    guard let type = self["type"]?.stringValue,
      let id = self["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { return nil }
    return DocumentKey(type: type, id: id)
  }

  func without(_ names: [String]) -> JSONObject {
    JSONObject(members: members.filter { !names.contains($0.key) })
  }
}

extension TestReplica {
  /// Carries out an edit of a vector as one transaction. Nothing is checked or filled in: a vector is
  /// about merging.
  func carryOut(_ edit: JSONObject) throws {
    let key = try #require(edit.key)
    if let at = edit["at"]?.stringValue { clock.set(at) }
    let value = edit["value"]?.objectValue ?? JSONObject()
    let reason = DeleteReason(rawValue: edit["reason"]?.stringValue ?? "") ?? .mistake
    switch edit["op"]?.stringValue {
    case "create":
      try replica.transact { (tx) throws(ReplicaError) in _ = try tx.set(key, to: value) }
    case "update":
      try replica.transact { (tx) throws(ReplicaError) in
        let before = try tx.document(key).map(tx.fields) ?? JSONObject()
        let after = JSONValue.object(before).applyingMergePatch(.object(value))
        _ = try tx.set(key, to: after.objectValue ?? before)
      }
    case "delete" where key.type == "user":
      // Only the server does it; here it stands for the server.
      try replica.transact { (tx) throws(ReplicaError) in try tx.delete(key, reason: reason) }
    case "delete": try replica.delete(key, reason: reason)
    case "restore": try replica.restore(key)
    default: Issue.record("unknown edit")
    }
  }

  func put(_ documents: [JSONObject]) throws {
    try replica.transact { (tx) throws(ReplicaError) in
      for document in documents {
        guard let key = document.key else { continue }
        _ = try tx.set(key, to: document.without(["type", "id"]))
      }
    }
  }

  /// A document as a vector shows it: what is visible, and what follows from others.
  func shown(_ key: DocumentKey) throws -> JSONObject {
    try replica.looking { (clinic) throws(ReplicaError) in
      var object: JSONObject = ["type": .string(key.type), "id": .string(key.id.description)]
      guard let subject = clinic.subject(key), clinic.isLiving(key) else {
        object["deleted"] = true
        return object
      }
      for member in subject.fields.members { object.append(member.key, member.value) }
      for member in clinic.effectiveFields(of: subject.document).members {
        object.append(member.key, member.value)
      }
      return object
    }
  }

  /// The review list as a vector shows it.
  func review() throws -> [String] {
    try replica.reviewItems().map { item in
      let value = item.value
      return canonical(
        JSONObject([
          ("rule", value["rule"] ?? .null), ("severity", value["severity"] ?? .null),
          ("documents", value["documents"] ?? .null),
        ]))
    }.sorted()
  }
}

/// In the form of RFC 8785.
func canonical(_ object: JSONObject) -> String {
  let bytes = try? JSONValue.object(object).canonicalBytes()
  return String(decoding: bytes ?? [], as: UTF8.self)
}
