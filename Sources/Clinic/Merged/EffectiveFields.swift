import Causality
package import Documents
package import JSON

extension MergedClinic {
  /// What follows for a document from others, or from units that contradict each other: fields for
  /// answers, never stored (DESIGN, rule 6). Empty for nearly all.
  package func effectiveFields(of document: Document) -> JSONObject {
    let subject = subject(document)
    var fields = JSONObject()
    redirect(subject, &fields)
    gatherTexts(subject, &fields)
    switch document.key.type {
    case "patient": addPatient(subject, &fields)
    case "invite": addInvite(subject, &fields)
    case "appointment": addAppointment(subject, &fields)
    case "recurring_availability": addAvailability(subject, &fields)
    case "availability_override": addOverride(subject, &fields)
    case "intake_form":
      if isReviewOutdated(of: subject) { fields["effective_status"] = "submitted" }
    case "chat_answer": addAnswer(subject, &fields)
    case "user": addUser(subject, &fields)
    default: break
    }
    return fields
  }

  /// References to a merged patient lead to the one that stands for it (DESIGN, rule 24).
  private func redirect(_ subject: Subject, _ fields: inout JSONObject) {
    for field in catalogue.type(named: subject.key.type)?.fields ?? [] {
      guard field.isStored, case .reference("patient", _) = field.kind,
        field.name != "merged_into", let id = subject.text(field.name).flatMap({ UniqueID($0) })
      else { continue }
      let survivor = survivor(of: DocumentKey(type: "patient", id: id))
      if survivor.id != id {
        fields["effective_\(field.name)"] = .string(survivor.id.description)
      }
    }
  }

  /// Texts that were written at once, one after the other with author and time (MERGE, rule P4).
  private func gatherTexts(_ subject: Subject, _ fields: inout JSONObject) {
    let allLate = lateVersions(of: subject)
    for field in catalogue.type(named: subject.key.type)?.fields ?? [] {
      guard case .text = field.kind, field.isStored else { continue }
      let unit = subject.rules.unit(holding: field.name)
      let late = allLate.filter { $0.unit == unit.name }.map(\.version)
      let versions = subject.document.versions(of: unit.name) + late
      guard unit.outcome == .note, unit.fields.count == 1, unit.isConcurrent(versions) else {
        continue
      }
      let texts = versions.sorted { Write.ranksBefore($0.write, $1.write) }.compactMap { version in
        version.value[field.name]?.stringValue.map { "\(author(of: version.write)):\n\($0)" }
      }
      fields["effective_\(field.name)"] = .string(texts.joined(separator: "\n\n"))
    }
  }

  /// The name of a user in the trash is not asked for: there are replicas that have dropped it.
  private func author(of write: Write) -> String {
    let user = write.author.user.flatMap { living("user", $0.description) }
    let name = user?.text("name") ?? "device \(write.author.device)"
    return "\(Timestamp.text(milliseconds: write.stamp.milliseconds)) \(name)"
  }

  private func addPatient(_ subject: Subject, _ fields: inout JSONObject) {
    let survivor = survivor(of: subject.key)
    if survivor != subject.key {
      fields["effective_patient_id"] = .string(survivor.id.description)
    }
    let lateByUnit = Dictionary(grouping: lateVersions(of: subject), by: \.unit)
    for (unit, late) in lateByUnit.sorted(by: { utf8Less($0.key, $1.key) }) {
      let all = subject.document.versions(of: unit) + late.map(\.version)
      guard let shown = subject.rules.unit(named: unit).shown(of: all) else { continue }
      for member in shown.value.members
      where !(subject.fields[member.key]?.isIdentical(to: member.value) ?? false)
        && fields["effective_\(member.key)"] == nil
      {
        fields["effective_\(member.key)"] = member.value
      }
    }
    if useUnseen(of: subject) != nil { fields["effective_status"] = "active" }
    addFirstUser(subject, &fields)
  }

  /// Of two people who claim one chart, the first (P7).
  private func addFirstUser(_ subject: Subject, _ fields: inout JSONObject) {
    let versions = subject.document.versions(of: "user_id")
    guard versions.count > 1, let shown = subject.text("user_id") else { return }
    let users = versions.compactMap { living("user", $0.value["user_id"]?.stringValue) }
    guard let first = users.min(by: { $0.document.comesBefore($1.document) }),
      first.key.id.description != shown
    else { return }
    fields["effective_user_id"] = .string(first.key.id.description)
  }

  private func addInvite(_ subject: Subject, _ fields: inout JSONObject) {
    let meaning = InviteMeaning(subject, self)
    if meaning.status != subject.text("status") {
      fields["effective_status"] = .string(meaning.status)
    }
    fields["effective_revoke_reason"] = meaning.reason.map { .string($0) }
    fields["effective_superseded_by"] = meaning.supersededBy
      .map { .string($0.key.id.description) }
    if meaning.isAccessHeld { fields["effective_access_hold"] = true }
    if meaning.isStale { fields["effective_stale_email"] = true }
    if isFrozen(subject) { fields["effective_frozen"] = true }
  }

  /// Invites of the later of two patients with one address wait (P14).
  func isFrozen(_ invite: Subject) -> Bool {
    guard let patient = living("patient", invite.text("patient_id")) else { return false }
    return others(sharing: .patientEmail, with: patient)
      .contains { other in
        survivor(of: other.key) != survivor(of: patient.key)
          && other.shown("email")?.write.first.replica
            != patient.shown("email")?.write.first.replica
          && other.document.comesBefore(patient.document)
      }
  }

  private func addAppointment(_ subject: Subject, _ fields: inout JSONObject) {
    let meaning = AppointmentMeaning(subject, self)
    if meaning.status != subject.text("status") {
      fields["effective_status"] = .string(meaning.status)
    }
    if let shown = subject.shown("slot"), !shown.hasValue(meaning.slot) {
      fields["effective_slot"] = .object(meaning.slot)
    }
    if !meaning.heldSlots.isEmpty {
      fields["effective_held_slots"] = .array(meaning.heldSlots.map { .object($0) })
    }
    if meaning.isCancellationDisputed { fields["effective_cancellation_disputed"] = true }
    if subject.text("visit_type") == "in-clinic", subject.fields["meeting_link"] != nil {
      fields["effective_meeting_link"] = .null
    }
    if let booking = booking(subject), !booking.isOverbooked,
      bookingsAtOnce(of: booking).contains(where: { $0.comesBefore(booking) })
    {
      fields["effective_slot"] = "needs slot"
    }
  }

  private func addAvailability(_ subject: Subject, _ fields: inout JSONObject) {
    let rule = WeeklyRule(subject)
    guard rule.isDisputed else { return }
    fields["effective_days_of_week"] = .array(rule.days.map { .int($0) })
    fields["effective_time_slots"] = .array(rule.times.map { .string($0) })
  }

  private func addOverride(_ subject: Subject, _ fields: inout JSONObject) {
    let same = others(sharing: ["clinician_id", "date"], with: subject)
      .filter { $0.text("time_slot") == subject.text("time_slot") }
    if subject.fields["available"]?.boolValue == true,
      same.contains(where: { $0.fields["available"]?.boolValue == false })
    {
      fields["effective_available"] = false
    }
  }

  /// Of two answers to one question, the latest counts (C1).
  private func addAnswer(_ subject: Subject, _ fields: inout JSONObject) {
    let latest = others(sharing: ["session_id", "question_id"], with: subject)
      .max { $0.document.origin < $1.document.origin }
    if let latest, subject.document.origin < latest.document.origin {
      fields["effective_superseded_by"] = .string(latest.key.id.description)
    }
  }

  /// The second of two users with one address cannot log in (U2).
  private func addUser(_ subject: Subject, _ fields: inout JSONObject) {
    guard subject.text("status") != "suspended" else { return }
    let others = others(sharing: .userEmail, with: subject)
    if others.contains(where: { $0.document.comesBefore(subject.document) }) {
      fields["effective_status"] = "suspended"
    }
  }
}
