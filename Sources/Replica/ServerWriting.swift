import Clinic
import Documents
import JSON

extension Replica {
  /// Writes what only a server may write, as far as a push gave reason for it (DESIGN, rule 22).
  /// O(what came and could give reason).
  func writeAsServer(
    because reasons: [DocumentKey], in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard !reasons.isEmpty else { return }
    let writes = try transaction.looking { clinic in
      clinic.serverWrites(because: reasons)
    }
    for write in writes {
      guard let document = try transaction.document(write.key) else { continue }
      var fields = transaction.fields(document)
      for member in write.fields.members { fields[member.key] = member.value }
      try transaction.set(write.key, to: fields)
    }
  }

  /// Most of what arrives gives none: it is not worth a look at other documents.
  static func mayGiveReason(_ part: Document) -> Bool {
    let units: [String]
    switch part.key.type {
    case "invite", "user", "chat_question": return true
    case "appointment": units = ["code"]
    case "patient": units = ["user_id", "merged_into"]
    default: return false
    }
    return part.units.contains { units.contains($0.name) || $0.name == Unit.life }
  }
}
