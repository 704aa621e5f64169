package import Causality
package import Clinic
package import Documents
import JSON

/// What a person gives who accepts an invite.
package struct Acceptance: Sendable {
  package var token: String
  /// Of the person; without it the patient's.
  package var name: String?
  /// `YYYY-MM-DD`.
  package var dateOfBirth: String?

  package init(token: String, name: String?, dateOfBirth: String?) {
    (self.token, self.name, self.dateOfBirth) = (token, name, dateOfBirth)
  }
}

/// Invites at the server, where patients open their accounts (MERGE, section 2).
extension Replica {
  /// What the token of an invite opens.
  package func door(token: String) throws(ReplicaError) -> InviteDoor {
    let hash = tokenHash(token)
    return try looking { (clinic) throws(ReplicaError) in clinic.door(tokenHash: hash) }
  }

  /// As invites keep it.
  func tokenHash(_ token: String) -> String {
    HexText.text(world.clinic.sha256(Array(token.utf8)))
  }

  /// Who will accept: the id that his user gets is the same each time somebody tries.
  package func acceptingUser(email: String) -> UniqueID {
    let ids = StableID(account: account, functions: world.clinic)
    return ids.id(type: "user", key: ClinicIndex.emailKey(email))
  }

  /// Makes the person's user, links the patient with it, and ends the invite and all others of the patient:
  /// one transaction. Durable on return.
  /// - Returns: the user.
  /// - Throws: `conflict` if the token opens nothing now, or the address belongs to a user already;
  ///   `invalid` if the date of birth is needed, and is not the patient's.
  package func accept(_ acceptance: Acceptance) throws(ReplicaError) -> DocumentKey {
    let validator = self.validator(allowsReadOnlyFields: true)
    let hash = tokenHash(acceptance.token)
    return try transact { (transaction) throws(ReplicaError) in
      let door = try transaction.looking { $0.door(tokenHash: hash) }
      guard case .open(let invite) = door else {
        throw .conflict("the invite cannot be accepted any more")
      }
      let patient = try transaction.required("patient", invite.patient.id)
      let person = transaction.fields(patient)
      try Self.requireBirth(acceptance, invite, person)
      let user = try makeUser(acceptance, invite, person, &transaction, validator)
      let now: JSONValue = .string(Timestamp.text(milliseconds: validator.now))
      let link: JSONValue = .string(user.id.description)
      try update(
        patient.key, patch: ["user_id": link, "status": "active"], in: &transaction,
        validator: validator)
      try update(
        invite.invite,
        patch: ["status": "accepted", "accepted_at": now, "user_id": link], in: &transaction,
        validator: validator)
      try endOthers(of: patient.key, than: invite.invite, now, &transaction, validator)
      return user
    }
  }

  private static func requireBirth(
    _ acceptance: Acceptance, _ invite: OpenInvite, _ person: JSONObject
  ) throws(ReplicaError) {
    let given = acceptance.dateOfBirth
    let known = person["date_of_birth"]?.stringValue
    // Without a known one nobody who has the old address proves anything.
    let isProven = given != nil && given == known
    let isWrong = given != nil && known != nil && given != known
    guard invite.needsDateOfBirth ? !isProven : isWrong else { return }
    let problem = given == nil ? "is required: the address has changed" : "is not the patient's"
    throw .invalid(
      type: "invite", ValidationFailure([FieldProblem("date_of_birth", problem)]))
  }

  private func makeUser(
    _ acceptance: Acceptance, _ invite: OpenInvite, _ person: JSONObject,
    _ transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) -> DocumentKey {
    let taken = try transaction.documents(
      ofType: "user", .userEmail, key: ClinicIndex.emailKey(invite.email))
    guard taken.isEmpty else { throw .conflict("\(invite.email) belongs to a user already") }
    let names = ["first_name", "last_name"].compactMap { person[$0]?.stringValue }
    let fields: JSONObject = [
      "id": .string(acceptingUser(email: invite.email).description),
      "email": .string(invite.email), "role": "patient", "status": "active",
      "name": .string(acceptance.name ?? names.joined(separator: " ")),
    ]
    return try create(fields, type: "user", in: &transaction, validator: validator)
  }

  /// One account a patient is enough (I7).
  private func endOthers(
    of patient: DocumentKey, than accepted: DocumentKey, _ now: JSONValue,
    _ transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) {
    let invites = try transaction.documents(
      ofType: "invite", .invitePatient, key: patient.id.description)
    for invite in invites
    where invite.key != accepted && transaction.fields(invite)["status"]?.stringValue == "pending" {
      try update(
        invite.key,
        patch: [
          "status": "revoked", "revoked_at": now, "revoke_reason": "already_registered",
        ], in: &transaction, validator: validator)
    }
  }
}
