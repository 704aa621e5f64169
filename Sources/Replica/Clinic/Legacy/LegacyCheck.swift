import Causality
import Clinic
package import Documents
package import JSON

/// What stands in the way of working by patients only.
package struct LegacyFinding: Sendable {
  package enum Kind: String, Sendable {
    case inviteWithoutPatient = "invite_without_patient"
    case severalPending = "several_pending_invites"
    case patientWithoutUser = "patient_without_user"
    case userOfSeveral = "user_of_several_patients"
    case chatWithoutPatient = "chat_without_patient"
    case tokenInClear = "token_in_clear"
  }

  package let kind: Kind
  package let documents: [DocumentKey]
  /// What is wrong and what helps, in plain words.
  package let what: String

  package var value: JSONObject {
    [
      "problem": .string(kind.rawValue),
      "documents": .array(
        documents.map { ["type": .string($0.type), "id": .string($0.id.description)] }),
      "what": .string(what),
    ]
  }
}

/// How far the way from invites to patients is gone.
package struct LegacyCheck: Sendable {
  package let mode: InviteMode
  /// How many documents were looked at.
  package let checked: Int
  package let findings: [LegacyFinding]

  package var value: JSONObject {
    [
      "ok": .bool(findings.isEmpty), "invite_mode": .string(mode.rawValue),
      "checked": .int(checked), "problems": .array(findings.map { .object($0.value) }),
    ]
  }
}

extension Replica {
  /// Looks for invites, patients and chats that do not fit together. O(all of them).
  package func checkLegacy() throws(ReplicaError) -> LegacyCheck {
    var parts: [String: [LegacyReview.Entry]] = [:]
    for type in ["patient", "invite", "chat_session", "user"] {
      let rules = rules.type(type)
      parts[type] = try documents(matching: ListQuery(type: type)).map {
        ($0.key, $0.visibleFields(rules))
      }
    }
    let (mode, now, found) = (try inviteMode(), self.now(), parts)
    return try looking { (clinic) throws(ReplicaError) in
      let review = LegacyReview(
        patients: found["patient"] ?? [], invites: found["invite"] ?? [],
        chats: found["chat_session"] ?? [], users: found["user"] ?? [], now: now,
        survivor: clinic.survivor)
      return LegacyCheck(mode: mode, checked: review.count, findings: review.findings)
    }
  }

  /// Ends the time in which an invite may name a person by e-mail and name alone. Durable on return.
  /// - Throws: `conflict` while anything is inconsistent.
  package func finalizeLegacy() throws(ReplicaError) -> LegacyCheck {
    let check = try checkLegacy()
    guard check.findings.isEmpty else {
      throw .conflict(
        "not everything fits together yet (\(check.findings.count) found): satchel import legacy-invites --check "
          + "lists them; nothing was changed")
    }
    try setInviteMode(.patientFirst)
    return LegacyCheck(mode: .patientFirst, checked: check.checked, findings: [])
  }
}

/// Compares all patients, invites, chats and users that live.
private struct LegacyReview {
  typealias Entry = (key: DocumentKey, fields: JSONObject)

  let patients: [Entry]
  let invites: [Entry]
  let chats: [Entry]
  let users: [Entry]
  let now: UInt64
  /// The patient that stands for one who was merged.
  let survivor: (DocumentKey) -> DocumentKey

  var count: Int { patients.count + invites.count + chats.count }

  var findings: [LegacyFinding] {
    let living = Set(patients.map(\.key))
    return orphans(invites, .inviteWithoutPatient, living) + severalPending(living)
      + withoutUser() + sharedUsers() + orphans(chats, .chatWithoutPatient, living)
      + tokensInClear()
  }

  private func orphans(
    _ entries: [Entry], _ kind: LegacyFinding.Kind, _ living: Set<DocumentKey>
  ) -> [LegacyFinding] {
    entries.compactMap { entry in
      let patient = entry.fields.reference("patient_id")
      if let patient, living.contains(DocumentKey(type: "patient", id: patient)) { return nil }
      let what = patient.map { "patient \($0) is not here" } ?? "it names no patient"
      return LegacyFinding(
        kind: kind, documents: [entry.key],
        what: "\(entry.key): \(what); import its file, or write its patient_id")
    }
  }

  private func severalPending(_ living: Set<DocumentKey>) -> [LegacyFinding] {
    var order: [DocumentKey] = []
    var pending: [DocumentKey: [DocumentKey]] = [:]
    for invite in invites where status(of: invite.fields) == "pending" {
      guard let id = invite.fields.reference("patient_id") else { continue }
      let patient = survivor(DocumentKey(type: "patient", id: id))
      if pending[patient] == nil { order.append(patient) }
      pending[patient, default: []].append(invite.key)
    }
    return order.compactMap { patient in
      guard let invites = pending[patient], invites.count > 1 else { return nil }
      return LegacyFinding(
        kind: .severalPending, documents: [patient] + invites,
        what: "\(patient) has \(invites.count) pending invites; revoke all but one")
    }
  }

  private func status(of fields: JSONObject) -> String {
    InviteLifeCycle.effectiveStatus(
      status: fields["status"]?.stringValue ?? "pending",
      expiresAt: LegacyWriter.time("expires_at", fields), now: now)
  }

  private func withoutUser() -> [LegacyFinding] {
    let here = Set(users.map(\.key.id.description))
    let missing = { (name: String?) in name.map { !here.contains($0) } ?? false }
    let patients = patients.filter { missing($0.fields["user_id"]?.stringValue) }.map { patient in
      LegacyFinding(
        kind: .patientWithoutUser, documents: [patient.key],
        what: "\(patient.key) names a user who is not here; clear its user_id, or make the user")
    }
    let invites = invites.filter { $0.fields[LegacyDraft.unknownUser] != nil }.map { invite in
      let user = invite.fields[LegacyDraft.unknownUser].map(plainText) ?? ""
      return LegacyFinding(
        kind: .patientWithoutUser,
        documents: [invite.key]
          + (invite.fields.reference("patient_id").map { [DocumentKey(type: "patient", id: $0)] }
            ?? []),
        what:
          "\(invite.key) was accepted by user \(user), who is not here; make the user and import "
          + "the file again, or clear its \(LegacyDraft.unknownUser)")
    }
    return patients + invites
  }

  private func sharedUsers() -> [LegacyFinding] {
    var order: [String] = []
    var holders: [String: [DocumentKey]] = [:]
    for patient in patients where survivor(patient.key) == patient.key {
      guard let user = patient.fields["user_id"]?.stringValue else { continue }
      if holders[user] == nil { order.append(user) }
      holders[user, default: []].append(patient.key)
    }
    return order.compactMap { user in
      guard let patients = holders[user], patients.count > 1 else { return nil }
      return LegacyFinding(
        kind: .userOfSeveral, documents: patients,
        what: "\(patients.count) patients have user \(user); clear the user_id of all but one")
    }
  }

  private func tokensInClear() -> [LegacyFinding] {
    invites.filter { $0.fields["token"] != nil || $0.fields["invite_token"] != nil }.map { invite in
      LegacyFinding(
        kind: .tokenInClear, documents: [invite.key],
        what: "\(invite.key) keeps its token in clear; revoke it and send a new one")
    }
  }
}
