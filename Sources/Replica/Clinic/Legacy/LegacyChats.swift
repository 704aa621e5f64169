import Causality
import Clinic
import Documents
import JSON

/// Chat sessions of the earlier system, which get the patient of their invite.
extension LegacyWriter {
  func write(
    _ chat: LegacyChat, _ transaction: inout LocalTransaction, _ report: inout LegacyReport
  ) throws(ReplicaError) {
    do {
      let outcome = try write(chat, &transaction)
      report.chats?.add(outcome, line: chat.line)
    } catch {
      try report.chats?.add(error, line: chat.line)
    }
  }

  private func write(
    _ chat: LegacyChat, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> ImportOutcome {
    guard let id = chat.id(ids) else { throw Self.problem("id", "is required") }
    let key = DocumentKey(type: "chat_session", id: id)
    let here = try transaction.document(key)
    var isRevived = false
    if let here {
      guard try transaction.isDeleted(here) else { return try relink(here, chat, &transaction) }
      guard RunMark.isUndone(here) else { return .deleted }
      isRevived = true
    }
    var input = chat.fields
    input["patient_id"] = .string(try patient(of: chat, transaction).description)
    let fields = try replica.normalised(
      input, type: "chat_session", mode: .create, ["id": .string(id.description)], validator)
    if isRevived { try transaction.undelete(key) }
    try transaction.set(key, to: fields)
    try mark.put(on: key, isMade: true, &transaction)
    return .created
  }

  /// A session that is here without a patient gets one; everything else of it stays.
  private func relink(
    _ here: Document, _ chat: LegacyChat, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> ImportOutcome {
    let patient = transaction.fields(here).reference("patient_id")
    if try transaction.livingReference("patient", patient) != nil { return .unchanged }
    let found = try self.patient(of: chat, transaction)
    let patch: JSONObject = ["patient_id": .string(found.description)]
    return try change(here.key, patch, &transaction) ? .updated : .unchanged
  }

  /// The patient of the session's invite, else the one whom it names, here or among the file's invites, else
  /// the one with its e-mail address and, where there are several, its name.
  private func patient(
    of chat: LegacyChat, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID {
    let invite = LegacyInvite.id(sourceID: chat.invite, ids)
    if let patient = try patient(ofInvite: invite, transaction) { return patient }
    if let name = chat.patient {
      let here = try transaction.livingReference("patient", UniqueID(name))
      if let here { return here }
      if let patient = try patient(ofInvite: invitesByPatient[name], transaction) { return patient }
    }
    if let email = chat.person.email { return try patient(email: email, chat, transaction) }
    if let invite = chat.invite {
      throw Self.problem("invite_id", "there is no invite \(invite) here")
    }
    guard let patient = chat.patient else {
      throw Self.problem("invite_id", "is required, or patient_id or email")
    }
    throw Self.problem("patient_id", "there is no patient \(patient) here")
  }

  private func patient(
    ofInvite id: UniqueID?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID? {
    guard let id, let invite = try transaction.living(DocumentKey(type: "invite", id: id)) else {
      return nil
    }
    return try transaction.livingReference(
      "patient", transaction.fields(invite).reference("patient_id"))
  }

  private func patient(
    email: String, _ chat: LegacyChat, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID {
    var patients = try transaction.documents(
      ofType: "patient", .patientEmail, key: ClinicIndex.emailKey(email))
    if patients.count > 1 {
      let functions = replica.world.clinic
      patients = patients.filter {
        chat.person.meansByEmailAndName(transaction.fields($0), functions: functions)
      }
    }
    if patients.count == 1 { return patients[0].key.id }
    throw Self.problem(
      "email",
      patients.isEmpty
        ? "there is no patient with this address and name"
        : "\(patients.count) patients have this address and name: give the invite_id")
  }

  private static func problem(_ field: String, _ text: String) -> ReplicaError {
    .invalid(type: "chat_session", ValidationFailure([FieldProblem(field, text)]))
  }
}
