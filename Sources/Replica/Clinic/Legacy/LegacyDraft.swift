import Causality
import Clinic
import Documents
import JSON

/// An invite of a file, checked, beside what the store has of it.
struct LegacyDraft {
  let invite: LegacyInvite
  let key: DocumentKey
  /// As it would be written; it names itself in the place of its patient.
  let fields: JSONObject
  /// What is here of it; nil if nothing is.
  let existing: JSONObject?
  /// Whether it is in the trash because an import was taken back.
  let isRevived: Bool

  /// What holds once the file was taken in.
  var effective: JSONObject {
    guard var fields = existing else { return fields }
    for member in news(for: fields).members { fields[member.key] = member.value }
    return fields
  }

  var isPending: Bool { effective["status"]?.stringValue == "pending" }

  /// What the file knows and the store does not: how a pending invite ended, and who accepted it. What was
  /// decided here since stays.
  func news(for existing: JSONObject) -> JSONObject {
    var news = JSONObject()
    let status = fields["status"]?.stringValue
    if existing["status"]?.stringValue == "pending", status != "pending" {
      for name in Self.lifecycle { news[name] = fields[name] }
    } else if status == "accepted", existing["status"]?.stringValue == "accepted",
      existing["user_id"] == nil
    {
      news["user_id"] = fields["user_id"]
    }
    if fields["user_id"] != nil, existing[Self.unknownUser] != nil {
      news[Self.unknownUser] = .null
    }
    return news
  }

  private static let lifecycle = [
    "status", "accepted_at", "user_id", "revoked_at", "revoked_by", "revoke_reason",
  ]

  /// The fields that keep a user or a patient whom the file names and nobody here is.
  static let unknownUser = "legacy_user_id"
  static let unknownPatient = "legacy_patient_id"
}

extension LegacyWriter {
  /// Checks an invite of the file.
  /// - Throws: `invalid` by field; `inTrash` if it was deleted here.
  func draft(
    _ invite: LegacyInvite, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> LegacyDraft {
    let key = DocumentKey(type: "invite", id: invite.id(ids))
    let here = try transaction.document(key)
    var isRevived = false
    if let here, try transaction.isDeleted(here) {
      guard RunMark.isUndone(here) else { throw .inTrash(key) }
      isRevived = true
    }
    if let here, here.lacksContent { throw .incomplete(key) }
    let input = try input(of: invite, transaction)
    let fields = try replica.normalised(
      input, type: "invite", mode: .create, ["id": .string(key.id.description)], validator)
    return LegacyDraft(
      invite: invite, key: key, fields: fields,
      existing: isRevived ? nil : here.map(transaction.fields), isRevived: isRevived)
  }

  private func input(
    of invite: LegacyInvite, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> JSONObject {
    var input = invite.fields
    var problems: [FieldProblem] = []
    if input["expires_at"] == nil {
      problems.append(FieldProblem("expires_at", "is required, or created_at"))
    }
    for (name, value) in [
      ("first_name", invite.person.firstName), ("last_name", invite.person.lastName),
    ] where value == nil {
      problems.append(FieldProblem(name, "is required: a patient has a name"))
    }
    do {
      input["clinician_id"] = .string(try clinician(of: invite, transaction).description)
    } catch {
      guard case .invalid(_, let failure) = error else { throw error }
      problems += failure.problems
    }
    guard problems.isEmpty else { throw .invalid(type: "invite", ValidationFailure(problems)) }
    input["patient_id"] = .string(invite.id(ids).description)
    // The earlier system has told the patient.
    input["send_email"] = false
    try nameUser(of: invite, in: &input, transaction)
    let patient = invite.patient.flatMap { UniqueID($0) }
    if try transaction.livingReference("patient", patient) == nil {
      input[LegacyDraft.unknownPatient] = invite.patient.map { .string($0) }
    }
    return input
  }

  /// The account of an invite is that of whoever invites.
  private func clinician(
    of invite: LegacyInvite, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID {
    let problem: String
    if let name = invite.clinician {
      if let id = try transaction.livingReference("user", UniqueID(name)) { return id }
      problem = "there is no user \(name) in this account"
    } else {
      problem = "is required: whoever invites says which account an invite is of"
    }
    throw .invalid(
      type: "invite", ValidationFailure([FieldProblem("provider_id", problem)]))
  }

  /// Who accepted it may not be here yet: the file can be imported again once he is.
  private func nameUser(
    of invite: LegacyInvite, in input: inout JSONObject, _ transaction: LocalTransaction
  ) throws(ReplicaError) {
    guard let name = invite.user else { return }
    if let id = try transaction.livingReference("user", UniqueID(name)) {
      input["user_id"] = .string(id.description)
    } else {
      input[LegacyDraft.unknownUser] = .string(name)
    }
  }
}
