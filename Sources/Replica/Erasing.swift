import Causality
import Clinic
import Documents
import JSON

extension Replica {
  /// Carries out the requests for erasure that a push brought, if administrators made them (DESIGN,
  /// rule 12).
  func eraseAsAsked(
    _ requests: [DocumentKey], in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    for key in requests {
      guard let request = try transaction.living(key), let asked = asked(request),
        let erased = DocumentKey(reviewValue: asked.value["document"]),
        try isAdministrator(asked.write.author.user, transaction)
      else { continue }
      try erase(erased, in: &transaction)
    }
  }

  /// What says which document is meant, and who says it: whoever made the request may have meant another one, and
  /// what else is written into it counts for nothing.
  private func asked(_ request: Document) -> Version? {
    let rule = rules.type(request.key.type).unit(holding: "document")
    return rule.shown(of: request.versions(of: rule.name))
  }

  private func isAdministrator(
    _ user: UniqueID?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> Bool {
    guard let user, let document = try transaction.living(DocumentKey(type: "user", id: user))
    else {
      return false
    }
    let fields = transaction.fields(document)
    return !WriteRights.areSuspended(fields)
      && Clinic.Role(rawValue: fields["role"]?.stringValue ?? "")?.isAdministrator == true
  }
}
