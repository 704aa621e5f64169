import Causality
import Clinic
import Documents
import JSON
import Platform
import Storage

/// What came but cannot be kept as a document (DESIGN, rule 21): a text that is nested too deep, too long,
/// or no document at all. One bad document never blocks another.
extension Replica {
  /// Keeps the bytes in files of their own, each once. Durable on return.
  /// - Parameter device: that sent them; nil at a laptop.
  func parkUnreadable(
    _ parts: [UnreadablePart], from device: UniqueID?
  ) throws(ReplicaError) {
    for part in parts {
      var content: JSONObject = [
        "reason": .string(part.problem), "at": .string(Timestamp.text(milliseconds: now())),
        "documents": .array(part.key.map { [$0.reviewValue] } ?? []),
      ]
      if let device { content.append("device", .string(device.description)) }
      let text = String(validating: part.bytes, as: UTF8.self)
      content.append(
        text == nil ? "hexadecimal" : "line", .string(text ?? HexText.text(part.bytes)))
      try stored { () throws(StorageError) in
        try store.park("\(name(of: part)).json", JSONValue.object(content).prettyBytes())
      }
    }
  }

  /// Keeps the bytes, and says so in a document for each. The same bytes that come again change nothing.
  func keepUnreadable(
    _ parts: [UnreadablePart], from judge: PushJudge?, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    try parkUnreadable(parts, from: judge?.device)
    let ids = StableID(account: account, functions: world.clinic)
    for part in parts {
      let name = name(of: part)
      let id = ids.id(type: "refused_change", key: name)
      let key = DocumentKey(type: "refused_change", id: id)
      guard try transaction.document(key) == nil else { continue }
      var fields: JSONObject = [
        "transaction": .string(name),
        "documents": .array(part.key.map { [$0.reviewValue] } ?? []),
        "reason": .string("it cannot be read: \(part.problem.prefix(200))"),
        "device_id": .string((judge?.device ?? store.identity.device).description),
        "written_at": .string(Timestamp.text(milliseconds: now())),
      ]
      if let user = judge?.user { fields.append("author_id", .string(user.description)) }
      try transaction.set(key, to: fields)
    }
  }

  private func name(of part: UnreadablePart) -> String {
    "unreadable-" + HexText.text(Array(world.digest(part.bytes).prefix(16)))
  }
}
