import Causality
import Replica

extension Replica {
  /// Invites a patient.
  func createInvite(
    patient: UniqueID, expiryDays: Int? = nil, message: String? = nil
  ) throws(ReplicaError) -> IssuedInvite {
    var terms = InviteTerms()
    terms.expiryDays = expiryDays
    terms.message = message
    return try createInvite(patient: patient, terms)
  }
}
