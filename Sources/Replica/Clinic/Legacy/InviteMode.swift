package import Causality
package import Clinic
package import Documents
package import JSON

/// How an invite names its patient: the account's setting `invite_mode`.
package enum InviteMode: String, Sendable {
  /// By e-mail and name, as the earlier system did, or by the patient. The earlier system still counts.
  case legacy
  /// Either way; the ways are equal.
  case both
  /// By the patient only.
  case patientFirst = "patient_first"
}

extension Replica {
  package func inviteMode() throws(ReplicaError) -> InviteMode {
    let settings = try list(ListQuery(type: "account_settings")).first
    return settings?["invite_mode"]?.stringValue.flatMap(InviteMode.init) ?? .both
  }

  /// Writes the setting into the account's settings, which it makes if there are none: on every laptop the
  /// same.
  func setInviteMode(_ mode: InviteMode) throws(ReplicaError) {
    try transact { (transaction) throws(ReplicaError) in
      let input: JSONObject = ["invite_mode": .string(mode.rawValue)]
      if let settings = try accountSettings(transaction) {
        try update(settings.key, patch: input, in: &transaction)
      } else {
        let ids = StableID(account: account, functions: world.clinic)
        let id = ids.id(type: "account_settings", key: "settings")
        let input: JSONObject = [
          "id": .string(id.description), "invite_mode": .string(mode.rawValue),
        ]
        try create(input, type: "account_settings", in: &transaction)
      }
    }
  }

  private func accountSettings(
    _ transaction: LocalTransaction
  ) throws(ReplicaError) -> Document? {
    try Self.first(
      transaction.living(among: transaction.documents(ofType: "account_settings")), transaction)
  }

  private func inviteMode(_ transaction: LocalTransaction) throws(ReplicaError) -> InviteMode {
    let settings = try accountSettings(transaction).map(transaction.fields)
    return settings?["invite_mode"]?.stringValue.flatMap(InviteMode.init) ?? .both
  }

  /// Invites a person whom e-mail and name alone say: the patient is found, or made with the invite in one
  /// transaction. Durable on return.
  /// - Parameters:
  ///   - input: `email`, `first_name` and `last_name`.
  ///   - isVisible: whether whoever asks may see a patient who is found.
  /// - Throws: as `createInvite(patient:)`; `invalid` where an invite must name its patient, or not all three are
  ///   there; `notFound` for a patient who must not be seen. Nothing was written.
  package func createInvite(
    naming input: JSONObject, _ terms: InviteTerms, isVisible: (MergedClinic, Document) -> Bool
  ) throws(ReplicaError) -> IssuedInvite {
    try transact { (transaction) throws(ReplicaError) in
      let clinician = try transaction.clinician(orAuthor: terms.provider)
      guard let id = try patientToInvite(input, clinician: clinician, in: &transaction) else {
        let problem = FieldProblem("patient_id", "is required")
        throw .invalid(type: "invite", ValidationFailure([problem]))
      }
      let patient = try transaction.required("patient", id)
      guard try transaction.looking({ isVisible($0, patient) }) else {
        throw .notFound(type: "patient", name: input["email"].map(plainText) ?? "")
      }
      return try createInvite(patient: id, terms, in: &transaction)
    }
  }

  /// The patient of an invite that names a person by e-mail and name alone: found, or made, as an import of the
  /// earlier system's invites would.
  ///
  /// An invite never stands without a patient, whatever the mode: nobody could accept it, and what the
  /// earlier system's clients send and read is the same.
  /// - Returns: nil where an invite must name its patient, or this one names nobody: the caller refuses it.
  /// - Throws: `invalid` by field, or if it is not clear who is meant.
  package func patientToInvite(
    _ input: JSONObject, clinician: UniqueID?, in transaction: inout LocalTransaction
  ) throws(ReplicaError) -> UniqueID? {
    guard try inviteMode(transaction) != .patientFirst, let person = PatientLine(inviting: input)
    else { return nil }
    let ids = StableID(account: account, functions: world.clinic)
    if let patient = try patient(of: person, ids, transaction) {
      if try transaction.isDeleted(patient) { throw .inTrash(patient.key) }
      return patient.key.id
    }
    var fields = person.fields
    fields["id"] = .string((person.stableID(ids) ?? newID()).description)
    fields["status"] = "pending"
    fields["clinician_id"] = clinician.map { .string($0.description) }
    fields["allow_duplicate_email"] = true
    return try create(fields, type: "patient", in: &transaction).id
  }
}

extension LocalTransaction {
  /// The given user; without one the author, if a clinician.
  fileprivate func clinician(orAuthor user: UniqueID?) throws(ReplicaError) -> UniqueID? {
    if let user { return try livingUser(user) }
    guard let author = try authorUser(), fields(author)["role"]?.stringValue == "clinician" else {
      return nil
    }
    return author.key.id
  }
}
