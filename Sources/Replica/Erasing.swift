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
        try isAdministrator(request.origin.author.user, transaction),
        let erased = DocumentKey(reviewValue: transaction.fields(request)["document"])
      else { continue }
      try erase(erased, in: &transaction)
    }
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
