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
      guard let request = try transaction.living(key),
        let erased = DocumentKey(reviewValue: transaction.fields(request)["document"]),
        try isAdministrator(whoAsks(request), transaction)
      else { continue }
      try erase(erased, in: &transaction)
    }
  }

  /// Who wrote which document is meant: whoever made the request may have meant another one.
  private func whoAsks(_ request: Document) -> UniqueID? {
    let rule = rules.type(request.key.type).unit(holding: "document")
    return rule.shown(of: request.versions(of: rule.name))?.write.author.user
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
