import Causality
package import Documents
package import JSON

extension MergedClinic {
  /// Fields that are worked out for answers and kept nowhere: a patient's full name, the status of an
  /// invite whose time is over, the instant at which an appointment starts.
  package func computedFields(of document: Document) -> JSONObject {
    let subject = subject(document)
    var fields = JSONObject()
    switch document.key.type {
    case "patient": computePatient(subject, &fields)
    case "user": fields["full_name"] = subject.text("name").map { .string($0) }
    case "invite": fields["status"] = .string(InviteMeaning(subject, self).status)
    case "appointment": computeAppointment(subject, &fields)
    default: break
    }
    return fields
  }

  private func computePatient(_ patient: Subject, _ fields: inout JSONObject) {
    let names = ["first_name", "last_name"].compactMap { patient.text($0) }
    fields["full_name"] = .string(names.joined(separator: " "))
    fields["clinician_name"] = living("user", patient.text("clinician_id"))?.text("name")
      .map { .string($0) }
    fields["has_pending_invite"] = .bool(hasPendingInvite(patient))
  }

  /// Whether a person could accept an invite of the patient now.
  private func hasPendingInvite(_ patient: Subject) -> Bool {
    living(.invitePatient, patient.key.id.description).contains {
      InviteMeaning($0, self).status == "pending"
    }
  }

  private func computeAppointment(_ appointment: Subject, _ fields: inout JSONObject) {
    if let occupancy = occupancy(appointment.fields) {
      fields["starts_at_utc"] = .string(
        Timestamp.text(milliseconds: UInt64(clamping: occupancy.start * 1000)))
    }
    if let date = appointment.text("date"), let time = appointment.text("start_time") {
      fields["date_time"] = .string("\(date)T\(time)")
    }
    fields["tzdata_version"] = .string(functions.zoneDataVersion)
    fields["slot_version"] = .int(slotVersion(of: appointment.document))
  }

  /// Grows with each move, cancellation and reinstatement, and is the same on every replica: the seconds
  /// from the creation to the last of them.
  package func slotVersion(of appointment: Document) -> Int {
    let writes = (appointment.versions(of: "slot") + appointment.versions(of: "status"))
      .map(\.write.stamp.milliseconds)
    let created = appointment.origin.stamp.milliseconds
    let last = writes.max() ?? created
    return Int(clamping: (last - min(last, created) + 999) / 1000)
  }
}
