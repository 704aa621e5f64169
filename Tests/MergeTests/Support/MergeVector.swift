import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
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
