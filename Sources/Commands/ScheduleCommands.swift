import Causality
import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

/// Commands that only look: at a patient's journey and at the days of doctors.
extension CommandRunner {
  func showPatient(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let patient = try replica.living(type: "patient", named: invocation.operands[0])
    let entries = try replica.timeline(of: patient.key)
    guard !printer.isJSON else { return printer.list(entries) }
    let table = TextTable.text(entries, columns: Self.journeyColumns, maximumWidth: 80)
    return CommandOutcome(
      printing: try heading(of: patient) + "\n" + (table.isEmpty ? "nothing yet\n" : table))
  }

  private static let journeyColumns = ["at", "type", "status", "summary", "id"]

  /// Name, day of birth, chart number and status of a patient.
  private func heading(of patient: Document) throws -> String {
    let fields = try replica.answer(patient, addingComputed: true)
    let names = ["full_name", "date_of_birth", "external_id", "status"]
    return names.compactMap { fields[$0].map(plainText) }.joined(separator: "  ")
  }

  // MARK: - Schedules

  func schedule(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let doctors = try doctors(invocation)
    let span = try ScheduleSpan(invocation)
    var outcome = CommandOutcome()
    for doctor in doctors {
      let schedule = try replica.looking { (clinic) throws(ReplicaError) -> DoctorSchedule? in
        span.days(of: doctor, clinic).flatMap {
          clinic.schedule(ofDoctor: doctor, from: $0.first, through: $0.last)
        }
      }
      guard let schedule else { continue }
      outcome.output +=
        printer.isJSON
        ? printer.list([try value(of: schedule, doctor)]).output
        : Array(try text(of: schedule, doctor, isFirst: outcome.output.isEmpty).utf8)
    }
    if doctors.isEmpty, !printer.isJSON { outcome = CommandOutcome(printing: "no doctors\n") }
    return outcome
  }

  private func doctors(_ invocation: Invocation) throws -> [DocumentKey] {
    if let name = invocation.value("--doctor") {
      return [try replica.living(type: "doctor", named: name).key]
    }
    return try replica.list(ListQuery(type: "doctor")).compactMap { doctor in
      guard doctor["status"]?.stringValue != "inactive" else { return nil }
      return doctor["id"]?.stringValue.flatMap { UniqueID($0) }
        .map { DocumentKey(type: "doctor", id: $0) }
    }
  }

  private func value(of schedule: DoctorSchedule, _ doctor: DocumentKey) throws -> JSONObject {
    try schedule.value(of: doctor) { (key) throws(ReplicaError) in
      guard let document = try replica.document(key) else { return nil }
      return try replica.answer(document, addingComputed: true)
    }
  }

  private func text(
    of schedule: DoctorSchedule, _ doctor: DocumentKey, isFirst: Bool
  ) throws -> String {
    try replica.looking { (clinic) throws(ReplicaError) in
      let rows = schedule.days.flatMap { ScheduleRows.rows(of: $0, clinic) }
      let name = clinic.living(doctor)?.text("name") ?? doctor.id.description
      let head = "\(isFirst ? "" : "\n")\(name) (\(schedule.zone))\n"
      let table = rows.isEmpty ? "nothing is booked\n" : TextTable.text(rows)
      return head + table
        + (schedule.isAlwaysOpen ? "no weekly hours are kept: any other time can be booked\n" : "")
    }
  }
}

/// The days that somebody asks for: one, or a week from Monday to Sunday.
private struct ScheduleSpan {
  private let date: CivilDate?
  private let isWeek: Bool

  init(_ invocation: Invocation) throws(UsageError) {
    let names = ["--date", "--week"].filter { invocation.value($0) != nil }
    guard names.count < 2 else { throw UsageError("--date and --week exclude each other") }
    isWeek = names == ["--week"]
    date = try names.first.map { (name) throws(UsageError) in
      let text = invocation.value(name) ?? ""
      guard let date = CivilDate(text) else {
        throw UsageError("\(name): \"\(text)\" is no date such as 2026-12-01")
      }
      return date
    }
  }

  /// Without a date today, by the clock of the doctor's clinic.
  func days(
    of doctor: DocumentKey, _ clinic: MergedClinic
  ) -> (first: CivilDate, last: CivilDate)? {
    let place = clinic.living("clinic", clinic.living(doctor)?.text("clinic_id"))
    let today = CivilDate.today(
      at: Int(clamping: clinic.now / 1000), zone: place?.text("timezone") ?? "UTC",
      clinic.functions.utcOffsetSeconds)
    guard let date = date ?? today else { return nil }
    guard isWeek else { return (date, date) }
    guard let first = date.adding(days: -date.weekday), let last = first.adding(days: 6) else {
      return nil
    }
    return (first, last)
  }
}

/// The lines of a day for people, in order of time.
private enum ScheduleRows {
  static func rows(of day: DoctorSchedule.Day, _ clinic: MergedClinic) -> [JSONObject] {
    let booked = day.appointments.compactMap(clinic.living).map { row($0, clinic) }
    let free = day.openings.map { opening -> JSONObject in
      let end = TimeOfDay(
        minutesSinceMidnight: opening.start.minutesSinceMidnight + opening.minutes)
      return [
        "date": .string(day.date.text), "from": .string(opening.start.text),
        "to": .string(end?.text ?? "24:00"), "status": "free",
      ]
    }
    return (booked + free).enumerated().sorted { a, b in
      let (first, second) = (start(a.element), start(b.element))
      return utf8Equal(first, second) ? a.offset < b.offset : utf8Less(first, second)
    }.map(\.element)
  }

  private static func start(_ row: JSONObject) -> String { row["from"]?.stringValue ?? "" }

  private static func row(
    _ appointment: MergedClinic.Subject, _ clinic: MergedClinic
  ) -> JSONObject {
    let effective = clinic.effectiveFields(of: appointment.document)
    let patient = effective["effective_patient_id"]?.stringValue ?? appointment.text("patient_id")
    let names = ["first_name", "last_name"].compactMap {
      clinic.living("patient", patient)?.text($0)
    }
    let visit = ["visit_type", "visit_category"].compactMap { appointment.text($0) }
    var row = JSONObject()
    for (column, field) in [("date", "date"), ("from", "start_time"), ("to", "end_time")] {
      row[column] = appointment.fields[field]
    }
    row["status"] = effective["effective_status"] ?? appointment.fields["status"]
    row["patient"] = .string(names.joined(separator: " "))
    row["visit"] = .string(visit.joined(separator: " "))
    row["code"] = appointment.fields["confirmation_code"]
    return row
  }
}
