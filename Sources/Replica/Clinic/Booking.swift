package import Causality
import Clinic
package import Documents
import JSON

/// What became of an appointment.
package struct AppointmentChange: Sendable, Equatable {
  package var appointment: DocumentKey
  /// The record that was made, if it was a cancellation.
  package var cancellation: DocumentKey?
  /// False if everything was so already: then no transaction was made.
  package var isChanged: Bool
}

extension Replica {
  /// Books an appointment at the clinic of a doctor, in its time zone. Durable on return.
  ///
  /// - Parameters:
  ///   - date: `YYYY-MM-DD`.
  ///   - time: `HH:MM`.
  ///   - duration: minutes of elapsed time.
  ///   - overbookReason: why it may overlap another appointment of the doctor.
  /// - Throws: `notFound` or `inTrash` for the patient, the doctor or the clinic; `conflict` if the
  ///   doctor is inactive or has another appointment then: choose another time, or give a reason;
  ///   `invalid` by field, such as a start in the hour that clocks leave out.
  package func book(
    patient: UniqueID, doctor: UniqueID, date: String, time: String, duration: Int = 30,
    visitType: String? = nil, visitCategory: String? = nil, overbookReason: String? = nil
  ) throws(ReplicaError) -> AppointmentChange {
    let validator = self.validator()
    let slot = AppointmentSlot(date: date, time: time, duration: duration)
    return try transact { (transaction) throws(ReplicaError) in
      _ = try transaction.required("patient", patient)
      let room = try consultingRoom(of: doctor, transaction)
      let id = newID()
      var input = try room.fields(of: slot, for: id, overbookReason, transaction)
      input["id"] = .string(id.description)
      input["patient_id"] = .string(patient.description)
      input["visit_type"] = visitType.map { .string($0) }
      input["visit_category"] = visitCategory.map { .string($0) }
      let code = try freeConfirmationCode(for: id, transaction)
      input["confirmation_code"] = .string(code.text)
      let key = try create(input, type: "appointment", in: &transaction, validator: validator)
      return AppointmentChange(appointment: key, isChanged: true)
    }
  }

  /// Moves an appointment to another time of the same doctor. It must be confirmed anew. Durable on
  /// return.
  ///
  /// An overbooking was meant for the old time: it ends, unless there is a reason for the new one.
  /// - Throws: as `book`; `conflict` also if the appointment is over, cancelled, or the patient is
  ///   there: reinstate it first.
  package func reschedule(
    _ appointment: UniqueID, date: String, time: String, overbookReason: String? = nil
  ) throws(ReplicaError) -> AppointmentChange {
    let validator = self.validator()
    return try transact { (transaction) throws(ReplicaError) in
      let document = try transaction.required("appointment", appointment)
      let before = transaction.fields(document)
      let slot = AppointmentSlot(
        date: date, time: time, duration: before["duration"]?.intValue ?? 30)
      let room = try consultingRoom(of: before.reference("doctor_id"), transaction)
      let isSameTime = before.has(try room.slotFields(of: slot), in: ["date", "start_time"])
      if isSameTime { return AppointmentChange(appointment: document.key, isChanged: false) }
      if let refusal = AppointmentAction.refusalToMove(before) { throw .conflict(refusal) }
      var patch = try room.fields(of: slot, for: appointment, overbookReason, transaction)
      if before["status"]?.stringValue == "confirmed" { patch["status"] = "unconfirmed" }
      if overbookReason == nil, before["overbook"]?.boolValue == true {
        patch["overbook"] = .null
        patch["overbook_reason"] = .null
      }
      let isChanged = try update(
        document.key, patch: patch, in: &transaction, validator: validator)
      return AppointmentChange(appointment: document.key, isChanged: isChanged)
    }
  }

  /// Where and when a doctor can be booked.
  func consultingRoom(
    of doctor: UniqueID?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> ConsultingRoom {
    guard let doctor else { throw .conflict("the appointment names no doctor") }
    let fields = transaction.fields(try transaction.required("doctor", doctor))
    guard fields["status"]?.stringValue ?? "active" == "active" else {
      throw .conflict("\(fields["name"]?.stringValue ?? "the doctor") is not active any more")
    }
    guard let clinic = fields.reference("clinic_id") else {
      throw .conflict("doctor \(doctor) belongs to no clinic")
    }
    let place = transaction.fields(try transaction.required("clinic", clinic))
    let user = try transaction.livingUser(fields.reference("user_id"))
    return ConsultingRoom(
      clinic: clinic, doctor: doctor, doctorName: fields["name"]?.stringValue ?? "the doctor",
      clinician: user, zone: place["timezone"]?.stringValue ?? "UTC", functions: world.clinic)
  }
}

extension LocalTransaction {
  /// A living document.
  /// - Throws: `notFound` or `inTrash`.
  func required(_ type: String, _ id: UniqueID) throws(ReplicaError) -> Document {
    let key = DocumentKey(type: type, id: id)
    guard let document = try document(key) else {
      throw .notFound(type: type, name: id.description)
    }
    if try isDeleted(document) { throw .inTrash(key) }
    return document
  }
}

extension JSONObject {
  /// The id that a field names.
  func reference(_ name: String) -> UniqueID? { self[name]?.stringValue.flatMap { UniqueID($0) } }

  /// Whether some fields are as in another object.
  func has(_ other: JSONObject, in names: [String]) -> Bool {
    names.allSatisfy { (self[$0] ?? .null).isIdentical(to: other[$0] ?? .null) }
  }
}
