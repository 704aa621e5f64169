import Causality
import Clinic
import Documents
import JSON

/// Writes what a file of the earlier system says of one person at a time.
struct LegacyWriter {
  let replica: Replica
  let validator: Validator
  let ids: StableID
  let mark: RunMark
  /// An invite of each patient, as the earlier system names both.
  let invitesByPatient: [String: UniqueID]

  init(_ replica: Replica, run: UniqueID, invites: [LegacyInvite]) {
    self.replica = replica
    validator = replica.validator(allowsReadOnlyFields: true)
    ids = StableID(account: replica.account, functions: replica.world.clinic)
    mark = RunMark(run: run, sha256: replica.world.clinic.sha256)
    let named = invites.compactMap { [ids] invite in invite.patient.map { ($0, invite.id(ids)) } }
    invitesByPatient = Dictionary(named, uniquingKeysWith: { first, _ in first })
  }

  /// Writes the invites of one person, or reports why not.
  func write(
    _ invites: [LegacyInvite], _ transaction: inout LocalTransaction,
    _ report: inout LegacyReport
  ) throws(ReplicaError) {
    var drafts: [LegacyDraft] = []
    for invite in invites {
      do throws(ReplicaError) {
        drafts.append(try draft(invite, transaction))
      } catch {
        try report.invites.add(error, line: invite.line)
      }
    }
    guard !drafts.isEmpty else { return }
    do throws(ReplicaError) {
      try settle(drafts, &transaction, &report)
    } catch {
      for draft in drafts { try report.invites.add(error, line: draft.invite.line) }
    }
  }

  private func settle(
    _ drafts: [LegacyDraft], _ transaction: inout LocalTransaction, _ report: inout LegacyReport
  ) throws(ReplicaError) {
    let found = try patient(of: drafts, transaction)
    let others = try otherInvites(of: found?.key, than: drafts, transaction)
    let settlement = InviteSettlement(drafts.map(standing) + others.map(standing))
    let patient = try write(drafts, as: found, settlement, &transaction)
    if found?.isRevived ?? true { report.patientsCreated += 1 } else { report.patientsLinked += 1 }
    for other in others {
      try end(other, settlement, &transaction, &report)
    }
    // The one that stays comes after those that it supersedes, as a resend does.
    let ordered =
      drafts.filter { $0.key.id != settlement.pending }
      + drafts.filter { $0.key.id == settlement.pending }
    var outcomes: [(outcome: ImportOutcome, line: Int)] = []
    for draft in ordered {
      if draft.key.id == settlement.pending { transaction.beginNext() }
      let ending = settlement.ending(of: draft.key.id)
      if ending != nil, draft.isPending { report.ended += 1 }
      let outcome = try write(draft, of: patient, ending, &transaction)
      outcomes.append((outcome, draft.invite.line))
    }
    for (outcome, line) in outcomes { report.invites.add(outcome, line: line) }
  }

  // MARK: - What is there

  private func standing(_ draft: LegacyDraft) -> InviteStanding {
    let fields = draft.effective
    return InviteStanding(
      id: draft.key.id, status: status(of: fields), issuedAt: draft.invite.issuedAt,
      acceptedAt: Self.time("accepted_at", fields))
  }

  private func standing(_ other: (document: Document, fields: JSONObject)) -> InviteStanding {
    InviteStanding(
      id: other.document.key.id, status: status(of: other.fields),
      issuedAt: Self.time(LegacyInvite.createdAt, other.fields)
        ?? other.document.origin.stamp.milliseconds,
      acceptedAt: Self.time("accepted_at", other.fields))
  }

  private func status(of fields: JSONObject) -> String {
    InviteLifeCycle.effectiveStatus(
      status: fields["status"]?.stringValue ?? "pending",
      expiresAt: Self.time("expires_at", fields), now: validator.now)
  }

  static func time(_ name: String, _ fields: JSONObject) -> UInt64? {
    fields[name]?.stringValue.flatMap { Timestamp.milliseconds($0) }
  }

  private func otherInvites(
    of patient: DocumentKey?, than drafts: [LegacyDraft], _ transaction: LocalTransaction
  ) throws(ReplicaError) -> [(document: Document, fields: JSONObject)] {
    guard let patient else { return [] }
    let own = Set(drafts.map(\.key))
    return try transaction.documents(
      ofType: "invite", .invitePatient, key: patient.id.description
    ).filter { !own.contains($0.key) && !$0.lacksContent }.sorted { $0.key < $1.key }
      .map { ($0, transaction.fields($0)) }
  }

  // MARK: - Invites

  /// - Returns: what became of the line.
  private func write(
    _ draft: LegacyDraft, of patient: DocumentKey, _ ending: InviteEnding?,
    _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> ImportOutcome {
    guard let existing = draft.existing else {
      var fields = draft.fields
      fields["patient_id"] = .string(patient.id.description)
      for member in Self.fields(of: ending).members { fields[member.key] = member.value }
      if draft.isRevived { try transaction.undelete(draft.key) }
      try transaction.set(draft.key, to: fields)
      try mark.put(on: draft.key, isMade: true, &transaction)
      return .created
    }
    var patch = draft.news(for: existing)
    for member in Self.fields(of: ending).members { patch[member.key] = member.value }
    if try transaction.livingReference("patient", existing.reference("patient_id")) == nil {
      patch["patient_id"] = .string(patient.id.description)
    }
    return try change(draft.key, patch, &transaction) ? .updated : .unchanged
  }

  private func end(
    _ other: (document: Document, fields: JSONObject), _ settlement: InviteSettlement,
    _ transaction: inout LocalTransaction, _ report: inout LegacyReport
  ) throws(ReplicaError) {
    let (document, fields) = other
    guard let ending = settlement.ending(of: document.key.id),
      fields["status"]?.stringValue == "pending"
    else { return }
    report.ended += 1
    try change(document.key, Self.fields(of: ending), &transaction)
  }

  private static func fields(of ending: InviteEnding?) -> JSONObject {
    guard let ending else { return JSONObject() }
    var fields: JSONObject = ["status": "revoked", "revoke_reason": .string(ending.reason)]
    fields["revoked_at"] = ending.at.map { .string(Timestamp.text(milliseconds: $0)) }
    fields["superseded_by"] = ending.supersededBy.map { .string($0.description) }
    return fields
  }

  /// Changes what was there before, and says so in it.
  @discardableResult
  func change(
    _ key: DocumentKey, _ patch: JSONObject, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> Bool {
    guard !patch.isEmpty, let document = try transaction.document(key) else { return false }
    let isOwn = mark.isUntouched(document, transaction.fields(document))
    let before = transaction.fields(document)
    var fields = before
    for member in patch.members { fields[member.key] = member.value.isNull ? nil : member.value }
    guard try transaction.set(key, to: fields) else { return false }
    try mark.put(on: key, isMade: isOwn, &transaction)
    return true
  }
}

extension LocalTransaction {
  /// The id, if a living document of a type has it.
  func livingReference(_ type: String, _ id: UniqueID?) throws(ReplicaError) -> UniqueID? {
    guard let id, try living(DocumentKey(type: type, id: id)) != nil else { return nil }
    return id
  }
}
