import Causality
import Clinic
import Documents
import JSON

/// A doctor at a clinic, whose time is booked.
struct ConsultingRoom {
  let clinic: UniqueID
  let doctor: UniqueID
  let doctorName: String
  /// The doctor's account, if there is one.
  let clinician: UniqueID?
  /// The clinic's.
  let zone: String
  let functions: ClinicFunctions

  /// The fields of an appointment here, checked against the doctor's other appointments.
  /// - Parameter id: of the appointment, which is no obstacle to itself.
  func fields(
    of slot: AppointmentSlot, for id: UniqueID, _ overbookReason: String?,
    _ transaction: LocalTransaction
  ) throws(ReplicaError) -> JSONObject {
    let times = try times(of: slot)
    var fields = times.slotFields
    fields["clinic_id"] = .string(clinic.description)
    fields["doctor_id"] = .string(doctor.description)
    fields["clinician_id"] = clinician.map { .string($0.description) }
    if let overbookReason {
      fields["overbook"] = true
      fields["overbook_reason"] = .string(overbookReason)
    } else {
      try refuseOverlap(times.occupancy, on: times.start.date, id, transaction)
    }
    return fields
  }

  func slotFields(of slot: AppointmentSlot) throws(ReplicaError) -> JSONObject {
    try times(of: slot).slotFields
  }

  private func times(of slot: AppointmentSlot) throws(ReplicaError) -> AppointmentTimes {
    do { return try slot.times(in: zone, utcOffsetSeconds: functions.utcOffsetSeconds) } catch {
      throw .invalid(type: "appointment", error)
    }
  }

  /// - Throws: `conflict`, which names the first appointment that is in the way. O(appointments of
  ///   three days).
  func refuseOverlap(
    _ span: Occupancy, on date: CivilDate, _ id: UniqueID, _ transaction: LocalTransaction
  ) throws(ReplicaError) {
    // Clinics may have moved to another zone: an appointment of the day before can reach into today.
    for day in -1...1 {
      let key = ClinicIndex.personDay(doctor.description, date.adding(days: day)?.text)
      guard let key else { continue }
      let booked = try transaction.documents(
        ofType: "appointment", .appointmentDoctorDay, key: key)
      for other in booked where other.key.id != id {
        let fields = transaction.fields(other)
        guard Occupancy.isTaken(byAppointment: fields),
          let taken = Occupancy(
            appointment: fields, fallbackZone: zone, utcOffsetSeconds: functions.utcOffsetSeconds),
          taken.overlaps(span)
        else { continue }
        throw .conflict(refusal(other.key, fields))
      }
    }
  }

  private func refusal(_ key: DocumentKey, _ fields: JSONObject) -> String {
    let text = { (name: String) in fields[name]?.stringValue ?? "?" }
    return "\(doctorName) has another appointment on \(text("date")) from \(text("start_time")) to "
      + "\(text("end_time")) (\(key), code \(text("confirmation_code"))); an overbooking needs a "
      + "reason"
  }
}
