import Causality
import Replica

extension Replica {
  /// Invites a patient.
  func createInvite(
    patient: UniqueID, expiryDays: Int? = nil, message: String? = nil
  ) throws(ReplicaError) -> IssuedInvite {
    var request = InviteRequest(patient: patient)
    request.expiryDays = expiryDays
    request.message = message
    return try createInvite(request)
  }
}
