import Causality
import Clinic
import Documents
import JSON
import Replica
import TestSupport
import Testing

@Suite struct AppointmentImportTests {
  let fixture: VisitFixture
  var clinic: TestClinic { fixture.clinic }

  init() throws { fixture = try VisitFixture() }

  static let header =
    "appointment_id,slot_id,scheduling_date,appointment_date,appointment_time,scheduling_interval,"
    + "status,check_in_time,appointment_duration,start_time,end_time,waiting_time,patient_id,sex,"
    + "age,age_group\n"
  static let attended =
    "00114,0001,2026-01-03,2026-01-05,08:00:00,2,attended,07:49:50,28.3,08:01:01,08:29:19,11.2,7,"
    + "Female,33,30-34\n"

  static func line(_ id: String, date: String = "2026-01-05", time: String, _ status: String)
    -> String
  { "\(id),1,,\(date),\(time),,\(status),,,,,,7,,,\n" }

  @Test func `an attended visit is completed, and what happened is kept`() throws {
    let report = try fixture.importAppointments(Self.header + Self.attended)
    #expect(report.created == 1 && report.errors.isEmpty)
    let visit = fixture.appointment
    let expected = [
      "date": "2026-01-05", "start_time": "08:00", "end_time": "08:30", "duration": "30",
      "time_zone": "America/New_York", "utc_offset_minutes": "-300", "status": "completed",
      "arrived": "true", "arrived_at": "2026-01-05T12:49:50.000Z",
      "source_appointment_id": "00114", "slot_id": "0001", "scheduling_date": "2026-01-03",
      "check_in_time": "07:49:50", "actual_duration": "28.3", "actual_start_time": "08:01:01",
      "actual_end_time": "08:29:19", "waiting_time": "11.2", "sex": "Female", "age": "33",
      "age_group": "30-34", "scheduling_interval": "2",
    ]
    for (name, value) in expected { #expect(visit.text(name) == value, "\(name)") }
    #expect(visit["patient_id"]?.stringValue == fixture.patient.description)
    #expect(ConfirmationCode(visit.text("confirmation_code") ?? "") != nil)
    #expect(clinic.all("cancellation").isEmpty)
  }

  @Test(arguments: [
    ("cancelled", "cancelled", "other"), ("did not attend", "no-show", "no-show"),
    ("scheduled", "unconfirmed", nil), ("unknown", "unconfirmed", nil),
  ])
  func `a status becomes ours, with the record of a cancellation`(
    status: String, ours: String, cancellation: String?
  ) throws {
    let before = clinic.transactionCount
    _ = try fixture.importAppointments(Self.header + Self.line("1", time: "09:00", status))
    #expect(clinic.transactionCount == before + 1)
    let visit = fixture.appointment
    #expect(visit.text("status") == ours)
    #expect(visit.text("legacy_status") == (status == "unknown" ? "unknown" : nil))
    let record = clinic.all("cancellation").first
    #expect(record?.text("cancellation_type") == cancellation)
    #expect(record?.text("appointment_id") == cancellation.flatMap { _ in visit.text("id") })
    #expect(visit.text("cancellation") == record?.text("id"))
  }

  @Test func `a second import changes nothing, and another laptop makes the same`() throws {
    let csv =
      Self.header + Self.attended + Self.line("2", time: "09:00", "cancelled")
      + Self.line("3", time: "09:00", "did not attend") + Self.line("4", time: "10:00", "unknown")
    _ = try fixture.importAppointments(csv)
    let before = clinic.knowledge
    let again = try fixture.importAppointments(csv)
    #expect(again.unchanged == 4 && again.updated == 0)
    #expect(clinic.knowledge == before)

    let other = try TestClinic()
    try clinic.meet(other)
    let copy = try other.replica.importAppointments(
      Array(csv.utf8), clinic: fixture.place, doctor: fixture.doctor)
    #expect(copy.unchanged == 4)
  }

  @Test func `what people did since the import is not taken back by importing again`() throws {
    let csv = Self.header + Self.line("1", time: "09:00", "cancelled")
    _ = try fixture.importAppointments(csv)
    let id = try #require(fixture.appointment.documentID)
    try clinic.update("appointment", id, ["status": "confirmed", "cancellation": .null])
    #expect(try fixture.importAppointments(csv).unchanged == 1)
    #expect(fixture.appointment.text("status") == "confirmed")
    let news = Self.header + Self.line("1", time: "09:00", "attended")
    #expect(try fixture.importAppointments(news).updated == 1)
    #expect(fixture.appointment.text("status") == "completed")
    #expect(fixture.appointment.text("arrived_at") == "2026-01-05T14:00:00.000Z")
  }

  @Test func `a visit that was moved here stays there until the file moves it too`() throws {
    let csv = Self.header + Self.line("1", time: "09:00", "scheduled")
    _ = try fixture.importAppointments(csv)
    let id = try #require(fixture.appointment.documentID)
    _ = try clinic.replica.reschedule(id, date: "2026-01-06", time: "11:00")
    #expect(try fixture.importAppointments(csv).unchanged == 1)
    #expect(fixture.appointment.text("date") == "2026-01-06")
    let news = Self.header + Self.line("1", time: "15:00", "scheduled")
    #expect(try fixture.importAppointments(news).updated == 1)
    #expect(fixture.appointment.text("start_time") == "15:00")
    #expect(fixture.appointment.text("date") == "2026-01-05")
  }

  @Test(arguments: [
    ("2026-03-08", "02:30", "03:30", "04:00", "-240"),
    ("2026-03-08", "01:45", "01:45", "03:15", "-300"),
    ("2026-11-01", "01:30", "01:30", "01:00", "-240"),
    ("2026-11-01", "03:00", "03:00", "03:30", "-300"),
  ])
  func `clocks that change are followed`(
    date: String, time: String, start: String, end: String, offset: String
  ) throws {
    let report = try fixture.importAppointments(
      Self.header + Self.line("1", date: date, time: time, "scheduled"))
    #expect(report.created == 1, "\(report.errors)")
    let visit = fixture.appointment
    #expect(visit.text("start_time") == start && visit.text("date") == date)
    #expect(visit.text("utc_offset_minutes") == offset)
    #expect(visit.text("end_time") == end)
  }

  @Test(arguments: [
    (
      "1,,,2026-01-05,09:00,,scheduled,,,,,,99,,,", "patient_id", "there is no patient MED-99 or 99"
    ),
    ("1,,,2026-01-05,09:00,,scheduled,,,,,,,,,", "patient_id", "is required"),
    (
      "1,,,2026-02-30,09:00,,scheduled,,,,,,7,,,", "appointment_date",
      "is not a date of the calendar (YYYY-MM-DD)"
    ),
    ("1,,,,09:00,,scheduled,,,,,,7,,,", "appointment_date", "is required"),
    ("1,,,2026-01-05,9am,,scheduled,,,,,,7,,,", "appointment_time", "is not a time of day (HH:MM)"),
    (
      "1,,,2026-01-05,23:45,,scheduled,,,,,,7,,,", "appointment_time",
      "the visit must end on the day on which it starts"
    ),
    (
      "1,,,2026-01-05,09:00,,maybe,,,,,,7,,,", "status",
      "is not one of attended, cancelled, did not attend, scheduled, unknown"
    ),
    (
      "1,,,2026-01-05,09:00,,attended,noon,,,,,7,,,", "check_in_time",
      "is not a time of day (HH:MM:SS)"
    ),
    (",,,2026-01-05,09:00,,scheduled,,,,,,7,,,", "appointment_id", "is required"),
    ("1,,,2026-01-05,09:00", nil, "5 fields instead of 16"),
  ])
  func `a bad line is reported and does not stop the others`(
    line: String, field: String?, problem: String
  ) throws {
    let report = try fixture.importAppointments(Self.header + "\(line)\n" + Self.attended)
    #expect(report.created == 1)
    #expect(report.errors == [ImportProblem(line: 2, field: field, problem: problem)])
  }

  @Test func `a map renames columns and sets prefix and duration`() throws {
    let patient = try clinic.create(
      "patient", ["first_name": "Bo", "last_name": "Ek", "external_id": "K-9"])
    let report = try fixture.importAppointments(
      "Nr,Patient,Tag,Uhrzeit,notes,id\n1,9,2026-01-05,09:00,bring papers,77\n",
      map: [
        "Nr": "appointment_id", "Patient": "patient_id", "Tag": "date", "Uhrzeit": "time",
        "patient_prefix": "K-", "duration": "45",
      ])
    #expect(report.created == 1, "\(report.errors)")
    let visit = fixture.appointment
    #expect(visit["patient_id"]?.stringValue == patient.description)
    #expect(visit.text("end_time") == "09:45" && visit.text("notes") == "bring papers")
    #expect(visit.text("source_id") == "77" && visit.text("status") == "unconfirmed")
  }

  @Test(
    arguments: [
      (
        "appointment_id,patient_id\n", [:],
        "line 1: header: there is no column appointment_date and no column appointment_time"
      ),
      (
        "date,appointment_date,x\n", [:],
        "line 1: header: the columns \"date\" and \"appointment_date\" both mean appointment_date"
      ),
      (header, ["duration": "1"], "line 1: the map's duration must be a number of minutes from 5"),
    ] as [(String, [String: String], String)])
  func `a file or map that cannot be used is refused whole`(
    csv: String, map: [String: String], message: String
  ) {
    let error = #expect(throws: ReplicaError.self) {
      try fixture.importAppointments(csv, map: map)
    }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix(message))
  }

  @Test func `of two columns of a map that are one, the first by its bytes counts`() throws {
    let csv = "id,patient_id,date,time\n1,7,2026-01-05,09:00\n"
    // Dictionaries of other sizes have other orders.
    for count in 0..<12 {
      var map = ["ID": "appointment_id", "id": "place", " id": "appointment_id"]
      for number in 0..<count { map["unused\(number)"] = "unused" }
      _ = try fixture.importAppointments(csv, map: map, isDryRun: true)
      map[" id"] = "place"
      #expect(throws: ReplicaError.self) {
        try fixture.importAppointments(csv, map: map, isDryRun: true)
      }
    }
  }

  @Test func `a doctor of another clinic is refused`() throws {
    let elsewhere = try clinic.create("clinic", ["name": "Elsewhere"])
    #expect(throws: ReplicaError.self) {
      try clinic.replica.importAppointments(
        Array((Self.header + Self.attended).utf8), clinic: elsewhere, doctor: fixture.doctor)
    }
  }

  @Test func `an appointment whose code is taken gets the next one`() throws {
    _ = try fixture.importAppointments(Self.header + Self.line("1", time: "09:00", "scheduled"))
    let id = try #require(fixture.appointment.documentID)
    // The first appointment takes the code that the second would get.
    let stolen = StableID(account: TestClinic.account, functions: clinic.replica.world.clinic)
      .appointment(clinic: fixture.place, sourceID: "2")
    let next = ConfirmationCode(id: stolen, sha256: clinic.replica.world.clinic.sha256)
    try clinic.update("appointment", id, ["confirmation_code": .string(next.text)])
    _ = try fixture.importAppointments(Self.header + Self.line("2", time: "10:00", "scheduled"))
    let second = ConfirmationCode(
      id: stolen, attempt: 1, sha256: clinic.replica.world.clinic.sha256)
    #expect(clinic.fields("appointment", stolen).text("confirmation_code") == second.text)
  }

  @Test func `a deleted appointment is skipped and reported`() throws {
    let csv = Self.header + Self.attended
    _ = try fixture.importAppointments(csv)
    try clinic.delete("appointment", try #require(fixture.appointment.documentID))
    #expect(try fixture.importAppointments(csv).deletedLines == [2])
    #expect(clinic.all("appointment").isEmpty)
  }

  /// Skipped where the folder of real files is absent; see `TestData`.
  @Test(.enabled(if: TestData.folder != nil, "no SATCHEL_TEST_DATA"))
  func `2,234 real appointments are imported once`() throws {
    _ = try clinic.replica.importPatients(try TestData.bytes("derived/patients_import.csv"))
    let csv = try TestData.bytes("medscheduler/appointments.csv")
    let first = try clinic.replica.importAppointments(
      csv, clinic: fixture.place, doctor: fixture.doctor)
    #expect(first.created == 2234 && first.errors.isEmpty)
    #expect(clinic.all("cancellation").count == 359 + 127)
    let before = clinic.knowledge
    let second = try clinic.replica.importAppointments(
      csv, clinic: fixture.place, doctor: fixture.doctor)
    #expect(second.unchanged == 2234 && clinic.knowledge == before)
  }
}
