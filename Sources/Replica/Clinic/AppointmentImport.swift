package import Causality
package import Clinic
import Documents
import JSON

extension Replica {
  /// Imports a CSV file of appointments of one doctor. Importing the same file again changes nothing,
  /// and on another laptop it makes the same appointments.
  ///
  /// Patients are found by `external_id` (with a prefix, or as it stands) or by id. A visit that did
  /// not take place gets the record of its cancellation in the same transaction. One bad line never
  /// stops the others. Durable on return, in transactions of up to 1,000 lines.
  ///
  /// - Parameters:
  ///   - map: the file's columns and what we call them; also `patient_prefix` (`MED-`) and `duration`
  ///     (30 minutes).
  ///   - isDryRun: whether only the report is made and nothing written.
  /// - Throws: `badFile` if the header or the map cannot be used, `notFound`, or `conflict` if the
  ///   doctor works elsewhere: nothing was imported. `storage`: what came before is durable, and
  ///   importing the file again goes on.
  /// - Complexity: O(lines), apart from lookups.
  package func importAppointments(
    _ csv: [UInt8], clinic: UniqueID, doctor: UniqueID, map: [String: String] = [:],
    isDryRun: Bool = false
  ) throws(ReplicaError) -> ImportReport {
    let file: AppointmentFile
    do { file = try AppointmentFile(csv, map: map, catalogue: catalogue) } catch {
      throw .badFile(line: error.line, what: error.what)
    }
    let zone = try importZone(clinic: clinic, doctor: doctor)
    let writer = AppointmentWriter(
      replica: self, validator: validator(), clinic: clinic, doctor: doctor, zone: zone)
    return try importLines(of: file.table, isDryRun: isDryRun) {
      (record, transaction) throws(ReplicaError) in
      try writer.write(file.line(record), &transaction)
    }
  }

  /// The time zone of the clinic, which must be there, and the doctor in it.
  private func importZone(clinic: UniqueID, doctor: UniqueID) throws(ReplicaError) -> String {
    let place = try living(type: "clinic", named: clinic.description)
    let person = try living(type: "doctor", named: doctor.description)
    let home = person.visibleFields(rules.type("doctor"))["clinic_id"]?.stringValue
    guard home == clinic.description else {
      throw .conflict("doctor \(doctor) does not work at clinic \(clinic)")
    }
    return place.visibleFields(rules.type("clinic"))["timezone"]?.stringValue ?? "UTC"
  }
}

/// Writes imported appointments of one doctor.
private struct AppointmentWriter {
  let replica: Replica
  let validator: Validator
  let clinic: UniqueID
  let doctor: UniqueID
  let zone: String

  private var ids: StableID {
    StableID(account: replica.account, functions: replica.world.clinic)
  }

  /// Writes a line, or nothing if it throws.
  func write(
    _ line: AppointmentLine, _ transaction: inout LocalTransaction
  ) throws(ReplicaError) -> ImportOutcome {
    let patient = try patient(of: line, transaction)
    let appointment: ImportedAppointment
    do {
      appointment = try line.appointment(
        at: AppointmentLine.Place(clinic: clinic, doctor: doctor, patient: patient, zone: zone),
        ids: ids, utcOffsetSeconds: replica.world.clinic.utcOffsetSeconds)
    } catch {
      throw .invalid(type: "appointment", error)
    }
    let key = DocumentKey(type: "appointment", id: appointment.id)
    let existing = try transaction.document(key)
    if let existing, try transaction.isDeleted(existing) { return .deleted }
    let news = appointment.statusNews(for: existing.map(transaction.fields))
    let record = try cancellation(news, of: appointment)
    let fields = try fields(
      of: appointment, existing, news, cancellation: record?.key, transaction)
    var isWritten = try transaction.set(key, to: fields)
    if let record, try transaction.document(record.key) == nil {
      try transaction.set(record.key, to: record.fields)
      isWritten = true
    }
    return existing == nil ? .created : isWritten ? .updated : .unchanged
  }

  private func patient(
    of line: AppointmentLine, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> UniqueID {
    let names = line.patientNames
    for name in names {
      let named = try transaction.documents(ofType: "patient", .patientExternalID, key: name)
      if let patient = try Replica.first(named, transaction) { return patient.key.id }
    }
    if let id = names.last.flatMap({ UniqueID($0) }),
      try transaction.living(DocumentKey(type: "patient", id: id)) != nil
    {
      return id
    }
    let problem =
      names.isEmpty ? "is required" : "there is no patient \(names.joined(separator: " or "))"
    throw .invalid(
      type: "appointment", ValidationFailure([FieldProblem("patient_id", problem)]))
  }

  /// The checked record of a visit that did not take place.
  private func cancellation(
    _ news: StatusNews?, of appointment: ImportedAppointment
  ) throws(ReplicaError) -> (key: DocumentKey, fields: JSONObject)? {
    guard let record = news?.cancellation else { return nil }
    // A visit that was cancelled and one that nobody came to are different causes.
    let id = ids.cancellation(
      appointment: appointment.id, cause: "import \(appointment.status.rawValue)")
    let fields = try replica.normalised(
      record, type: "cancellation", mode: .create, ["id": .string(id.description)], validator)
    return (DocumentKey(type: "cancellation", id: id), fields)
  }

  /// All fields of the appointment after the import, checked.
  private func fields(
    of appointment: ImportedAppointment, _ existing: Document?, _ news: StatusNews?,
    cancellation: DocumentKey?, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> JSONObject {
    var input = appointment.news(for: existing.map(transaction.fields))
    for member in news?.fields.members ?? [] { input[member.key] = member.value }
    if let cancellation { input["cancellation"] = .string(cancellation.id.description) }
    if let existing {
      return try replica.normalised(
        input, type: "appointment", mode: .update(existing: transaction.fields(existing)),
        replica.envelope(of: existing), validator)
    }
    let code = try replica.freeConfirmationCode(for: appointment.id, transaction)
    input["confirmation_code"] = .string(code.text)
    return try replica.normalised(
      input, type: "appointment", mode: .create, ["id": .string(appointment.id.description)],
      validator)
  }
}

extension Replica {
  /// The first code of an appointment that no other has, deleted ones included: codes are read out.
  func freeConfirmationCode(
    for id: UniqueID, _ transaction: LocalTransaction
  ) throws(ReplicaError) -> ConfirmationCode {
    var attempt = 0
    while true {
      let code = ConfirmationCode(id: id, attempt: attempt, sha256: world.clinic.sha256)
      let taken = try transaction.documents(
        ofType: "appointment", .appointmentCode, key: code.text, includingDeleted: true)
      if taken.allSatisfy({ $0.key.id == id }) { return code }
      attempt += 1
    }
  }
}
