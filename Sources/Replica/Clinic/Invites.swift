package import Causality
import Clinic
package import Documents
import JSON
import Platform

/// How a patient is invited.
package struct InviteTerms: Sendable {
  /// The user who invites; without it the author if a clinician, else the patient's clinician, else nobody.
  package var provider: UniqueID?
  /// How long it holds; without it what the account's settings say.
  package var expiryDays: Int?
  /// For the letter.
  package var message: String?
  /// Whether the server sends a letter; without it, it does.
  package var sendsEmail: Bool?
  /// Whether it is refused if nobody is found who invites.
  package var needsProvider = false

  package init() {}
}

/// A new invite.
package struct IssuedInvite: Sendable {
  package let invite: DocumentKey
  /// What the patient's link carries, in hexadecimal digits. It is nowhere kept: whoever asked for
  /// the invite sees it this once.
  package let token: String
}

extension Replica {
  /// Random bytes of an invite's token.
  static let tokenByteCount = 32

  /// Invites a patient to open an account. Durable on return.
  /// - Throws: `notFound` or `inTrash`; `conflict` if the patient is not active, has no e-mail
  ///   address or has a pending invite: revoke or resend that one; `invalid` by field.
  package func createInvite(
    patient: UniqueID, _ terms: InviteTerms
  ) throws(ReplicaError) -> IssuedInvite {
    try transact { (transaction) throws(ReplicaError) in
      try createInvite(patient: patient, terms, in: &transaction)
    }
  }

  /// The same in a transaction.
  func createInvite(
    patient: UniqueID, _ terms: InviteTerms, in transaction: inout LocalTransaction
  ) throws(ReplicaError) -> IssuedInvite {
    let validator = self.validator(allowsReadOnlyFields: true)
    if let pending = try pendingInvite(of: patient, now: validator.now, transaction) {
      throw .conflict("the patient has a pending invite (\(pending.key)); revoke or resend it")
    }
    let issued = try issueInvite(patient, terms, &transaction, validator)
    if terms.needsProvider, let invite = try transaction.document(issued.invite),
      transaction.fields(invite)["clinician_id"] == nil
    {
      let problem = FieldProblem("provider_id", "is required: the patient has no clinician")
      throw .invalid(type: "invite", ValidationFailure([problem]))
    }
    return issued
  }

  /// Ends a pending invite for good. Durable on return.
  /// - Returns: whether anything was written: one that is revoked already stays as it is.
  /// - Throws: `notFound` or `inTrash`; `conflict` if it was accepted or has expired.
  @discardableResult
  package func revokeInvite(
    _ invite: UniqueID, reason: String? = nil
  ) throws(ReplicaError) -> Bool {
    let validator = self.validator(allowsReadOnlyFields: true)
    return try transact { (transaction) throws(ReplicaError) in
      let document = try transaction.required("invite", invite)
      let status = inviteStatus(transaction.fields(document), now: validator.now)
      if status == "revoked" { return false }
      if let refusal = InviteLifeCycle.refusal(from: status, to: "revoked") {
        throw .conflict(refusal)
      }
      return try revoke(document.key, reason: reason, supersededBy: nil, &transaction, validator)
    }
  }

  /// Replaces a pending invite by a new one with a new token (MERGE, rule I4). Durable on return.
  /// - Throws: as `createInvite`; `conflict` also if the invite is not pending any more.
  package func resendInvite(
    _ invite: UniqueID, expiryDays: Int? = nil
  ) throws(ReplicaError) -> IssuedInvite {
    let validator = self.validator(allowsReadOnlyFields: true)
    return try transact { (transaction) throws(ReplicaError) in
      let document = try transaction.required("invite", invite)
      let fields = transaction.fields(document)
      let status = inviteStatus(fields, now: validator.now)
      if let refusal = InviteLifeCycle.refusalToResend(status: status) { throw .conflict(refusal) }
      guard let patient = fields.reference("patient_id") else {
        throw .conflict("the invite names no patient")
      }
      var terms = InviteTerms()
      terms.provider = fields.reference("clinician_id")
      terms.expiryDays = expiryDays
      terms.message = fields["custom_message"]?.stringValue
      terms.sendsEmail = fields["send_email"]?.boolValue
      let issued = try issueInvite(patient, terms, &transaction, validator)
      try revoke(
        document.key, reason: "superseded", supersededBy: issued.invite, &transaction, validator)
      return issued
    }
  }

  private func issueInvite(
    _ patient: UniqueID, _ terms: InviteTerms, _ transaction: inout LocalTransaction,
    _ validator: Validator
  ) throws(ReplicaError) -> IssuedInvite {
    let person = transaction.fields(try transaction.required("patient", patient))
    let status = person["status"]?.stringValue ?? "active"
    guard status == "active" || status == "pending" else {
      throw .conflict("the patient is \(status); only active and pending patients are invited")
    }
    guard let email = person["email"] else {
      throw .conflict("the patient has no e-mail address to which the invite could go")
    }
    let (token, hash) = newInviteToken()
    var input: JSONObject = [
      "patient_id": .string(patient.description), "email": email,
      "token_hashes": .array([.string(hash)]),
    ]
    input["first_name"] = person["first_name"]
    input["last_name"] = person["last_name"]
    let clinician = try defaultProvider(for: person, transaction)
    input["clinician_id"] = (terms.provider ?? clinician).map { .string($0.description) }
    input["custom_message"] = terms.message.map { .string($0) }
    input["send_email"] = terms.sendsEmail.map { .bool($0) }
    let usualDays = try defaultExpiryDays(transaction)
    input["expiry_days"] = .int(terms.expiryDays ?? usualDays)
    let key = try create(input, type: "invite", in: &transaction, validator: validator)
    return IssuedInvite(invite: key, token: token)
  }

  @discardableResult
  private func revoke(
    _ key: DocumentKey, reason: String?, supersededBy: DocumentKey?,
    _ transaction: inout LocalTransaction, _ validator: Validator
  ) throws(ReplicaError) -> Bool {
    var patch: JSONObject = [
      "status": "revoked", "revoked_at": .string(Timestamp.text(milliseconds: validator.now)),
    ]
    patch["revoked_by"] = try transaction.authorUser().map { .string($0.key.id.description) }
    patch["revoke_reason"] = reason.map { .string($0) }
    patch["superseded_by"] = supersededBy.map { .string($0.id.description) }
    return try update(key, patch: patch, in: &transaction, validator: validator)
  }

  // MARK: - What is there

  /// The status that counts at a time in milliseconds since 1970.
  private func inviteStatus(_ fields: JSONObject, now: UInt64) -> String {
    InviteLifeCycle.effectiveStatus(
      status: fields["status"]?.stringValue ?? "",
      expiresAt: fields["expires_at"]?.stringValue.flatMap { Timestamp.milliseconds($0) }, now: now)
  }

  private func pendingInvite(
    of patient: UniqueID, now: UInt64, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> Document? {
    try transaction.documents(ofType: "invite", .invitePatient, key: patient.description).first {
      inviteStatus(transaction.fields($0), now: now) == "pending"
    }
  }

  private func defaultProvider(
    for patient: JSONObject, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID? {
    if let user = try transaction.authorUser(),
      transaction.fields(user)["role"]?.stringValue == "clinician"
    {
      return user.key.id
    }
    return try transaction.livingUser(patient.reference("clinician_id"))
  }

  private func defaultExpiryDays(_ transaction: LocalTransaction) throws(ReplicaError) -> Int {
    let settings = try transaction.living(
      among: transaction.documents(ofType: "account_settings"))
    let days = try Self.first(settings, transaction)
      .flatMap { transaction.fields($0)["invite_expiry_days"]?.intValue }
    return days ?? InviteLifeCycle.defaultExpiryDays
  }
}
