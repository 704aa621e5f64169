import Causality
import Clinic
import Documents
import JSON

/// The patient whom invites of the earlier system are about.
extension LegacyWriter {
  struct FoundPatient {
    let key: DocumentKey
    /// Whether it is in the trash because an import was taken back.
    let isRevived: Bool
  }

  /// The patient of a person's invites; nil if it must be made: the one whom an invite has already, whom the
  /// file names, or whom an imported file of patients would mean.
  /// - Throws: `inTrash` if the patient was deleted; `invalid` if it is not clear who is meant.
  func patient(
    of drafts: [LegacyDraft], _ transaction: LocalTransaction
  ) throws(ReplicaError) -> FoundPatient? {
    let named =
      drafts.compactMap { $0.existing?.reference("patient_id") }
      + drafts.compactMap { $0.invite.patient.flatMap { UniqueID($0) } }
    for id in named {
      if let id = try transaction.livingReference("patient", id) {
        return FoundPatient(key: DocumentKey(type: "patient", id: id), isRevived: false)
      }
    }
    let line = Self.newest(drafts).invite.person
    guard let patient = try replica.patient(of: line, ids, transaction) else { return nil }
    guard try transaction.isDeleted(patient) else {
      return FoundPatient(key: patient.key, isRevived: false)
    }
    guard RunMark.isUndone(patient) else { throw .inTrash(patient.key) }
    return FoundPatient(key: patient.key, isRevived: true)
  }

  private static func newest(_ drafts: [LegacyDraft]) -> LegacyDraft {
    drafts.dropFirst().reduce(drafts[0]) { newest, draft in
      (newest.invite.issuedAt, newest.key.id) < (draft.invite.issuedAt, draft.key.id)
        ? draft : newest
    }
  }

  /// Writes the patient.
  /// - Throws: as `create`: nothing was written.
  func write(
    _ drafts: [LegacyDraft], as found: FoundPatient?, _ settlement: InviteSettlement,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> DocumentKey {
    let user = try acceptingUser(drafts, of: found?.key, transaction)
    if let found, !found.isRevived {
      try link(found.key, user, hasAccepted: Self.hasAccepted(drafts), &transaction)
      return found.key
    }
    let newest = Self.newest(drafts)
    var fields = newest.invite.person.fields
    fields["clinician_id"] = newest.fields["clinician_id"]
    fields["status"] = settlement.pending == nil ? "active" : "pending"
    fields["user_id"] = user.map { .string($0.description) }
    // Relatives share mail boxes: the review list shows them.
    fields["allow_duplicate_email"] = true
    if let found {
      try transaction.undelete(found.key)
      try replica.update(found.key, patch: fields, in: &transaction, validator: validator)
      try mark.put(on: found.key, isMade: true, &transaction)
      return found.key
    }
    fields["id"] = .string((newest.invite.person.stableID(ids) ?? replica.newID()).description)
    let key = try replica.create(fields, type: "patient", in: &transaction, validator: validator)
    try mark.put(on: key, isMade: true, &transaction)
    return key
  }

  private static func hasAccepted(_ drafts: [LegacyDraft]) -> Bool {
    drafts.contains { $0.effective["status"]?.stringValue == "accepted" }
  }

  /// Gives a patient who was here what an accepted invite says: an account, and that he is active.
  private func link(
    _ key: DocumentKey, _ user: UniqueID?, hasAccepted: Bool,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    guard let document = try transaction.document(key) else { return }
    let fields = transaction.fields(document)
    var patch = JSONObject()
    if let user, fields["user_id"] == nil { patch["user_id"] = .string(user.description) }
    if hasAccepted, fields["status"]?.stringValue == "pending" { patch["status"] = "active" }
    try change(key, patch, &transaction)
  }

  /// The user of the invite that was accepted first; nil if nobody is, or he has another patient's account.
  private func acceptingUser(
    _ drafts: [LegacyDraft], of patient: DocumentKey?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID? {
    let accepted = drafts.map(\.effective).filter { $0["status"]?.stringValue == "accepted" }
    let first = accepted.filter { $0["user_id"] != nil }
      .min { (Self.time("accepted_at", $0) ?? .max) < (Self.time("accepted_at", $1) ?? .max) }
    guard let user = first?.reference("user_id") else { return nil }
    let holders = try transaction.living(
      among: transaction.documents(ofType: "patient", index: "user_id", key: user.description))
    return holders.allSatisfy { $0.key == patient } ? user : nil
  }
}
