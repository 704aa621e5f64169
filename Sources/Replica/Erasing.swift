import Causality
import Clinic
import Documents
import JSON

extension Replica {
  /// Who may ask for an erasure.
  private static let administrators: Set<String> = [
    "super_admin", "account_admin", "owner", "admin",
  ]

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
      && Self.administrators.contains(fields["role"]?.stringValue ?? "")
  }
}
