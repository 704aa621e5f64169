import Causality
import Clinic
import Documents
import JSON
import Replica
import Testing

@Suite struct BookingTests {
  let fixture: VisitFixture
  var clinic: TestClinic { fixture.clinic }
  var replica: Replica { clinic.replica }

  init() throws { fixture = try VisitFixture() }

  @discardableResult
  private func book(
    _ date: String = "2026-03-03", _ time: String = "10:00", duration: Int = 30,
    overbookReason: String? = nil
  ) throws(ReplicaError) -> UniqueID {
    try replica.book(
      patient: fixture.patient, doctor: fixture.doctor, date: date, time: time, duration: duration,
      visitType: "in-clinic", visitCategory: "follow-up", overbookReason: overbookReason
    ).appointment.id
  }

  private func fields(_ id: UniqueID) -> JSONObject { clinic.fields("appointment", id) }

  @Test func `a booking has the clinic and the zone of its doctor, in one transaction`() throws {
    let before = clinic.transactionCount
    let visit = fields(try book())
    #expect(clinic.transactionCount == before + 1)
    let expected = [
      "clinic_id": fixture.place.description, "doctor_id": fixture.doctor.description,
      "patient_id": fixture.patient.description, "date": "2026-03-03", "start_time": "10:00",
      "end_time": "10:30", "duration": "30", "time_zone": "America/New_York",
      "utc_offset_minutes": "-300", "status": "unconfirmed", "visit_type": "in-clinic",
      "visit_category": "follow-up", "arrived": "false", "intake_status": "missing",
    ]
    for (name, value) in expected { #expect(visit.text(name) == value, "\(name)") }
    #expect(visit["overbook"] == nil)
  }

  @Test(arguments: [
    (
      "2026-03-08", "02:30", 30,
      "start_time: 02:30 does not exist on 2026-03-08 in America/New_York: clocks go forward from "
        + "02:00 to 03:00"
    ),
    (
      "2026-03-03", "23:45", 30,
      "duration: the visit must end on the day on which it starts"
    ),
    ("2026-03-03", "10:00", 4, "duration: an appointment cannot take 4 minutes"),
    ("2026-02-29", "25:00", 30, "date: is not a date of the calendar (YYYY-MM-DD); start_time: is"),
  ])
  func `a time that cannot be is refused in plain words`(
    date: String, time: String, duration: Int, message: String
  ) {
    let before = clinic.transactionCount
    let error = #expect(throws: ReplicaError.self) { try book(date, time, duration: duration) }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("appointment: " + message))
    #expect(clinic.transactionCount == before)
  }

  @Test(arguments: [
    ("2026-03-08", "01:45", 60, "03:45"), ("2026-11-01", "01:30", 60, "01:30"),
    ("2026-11-01", "00:30", 120, "01:30"),
  ])
  func `the end follows the clocks`(date: String, time: String, duration: Int, end: String) throws {
    #expect(fields(try book(date, time, duration: duration)).text("end_time") == end)
  }

  @Test func `an overlap is refused and named, unless there is a reason`() throws {
    let first = try book()
    for time in ["09:45", "10:00", "10:29"] {
      let error = #expect(throws: ReplicaError.self) { try book("2026-03-03", time) }
      guard case .conflict(let message) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(message.contains(first.description) && message.contains("10:00 to 10:30"))
    }
    try book("2026-03-03", "09:30")
    try book("2026-03-03", "10:30")
    let second = fields(try book(overbookReason: "emergency"))
    #expect(second.text("overbook") == "true" && second.text("overbook_reason") == "emergency")
  }

  @Test func `in the hour that clocks repeat, appointments overlap by instants`() throws {
    try book("2026-11-01", "01:30", duration: 60)
    // From 01:30 before the change to 01:30 after it: 01:00 after the change is taken.
    #expect(throws: ReplicaError.self) { try book("2026-11-01", "01:45") }
    try book("2026-11-01", "02:00")
  }

  @Test func `a cancelled appointment and a no-show free their slot`() throws {
    _ = try replica.cancel(try book(), type: "patient-cancelled")
    _ = try replica.setStatus(try book(), .noShow)
    try book()
  }

  @Test func `nobody is booked who is not there`() throws {
    let nobody = UniqueID(high: 1, low: 1)
    #expect(throws: ReplicaError.self) {
      try replica.book(
        patient: nobody, doctor: fixture.doctor, date: "2026-03-03", time: "10:00")
    }
    try clinic.update("doctor", fixture.doctor, ["status": "inactive"])
    let error = #expect(throws: ReplicaError.self) { try book() }
    #expect("\(error.map { "\($0)" } ?? "")" == "Dr. Okafor is not active any more")
    try clinic.update("doctor", fixture.doctor, ["status": "active"])
    try clinic.delete("patient", fixture.patient)
    let gone = #expect(throws: ReplicaError.self) { try book() }
    #expect("\(gone.map { "\($0)" } ?? "")".contains("is in the trash"))
  }

  @Test func `a rescheduled appointment moves whole and must be confirmed anew`() throws {
    let id = try book()
    _ = try replica.setStatus(id, .confirm)
    let notes = try #require(clinic.document("appointment", id)).versions(of: "place")
    let change = try replica.reschedule(id, date: "2026-07-01", time: "09:15")
    #expect(change.isChanged)
    let visit = fields(id)
    #expect(visit.text("date") == "2026-07-01" && visit.text("start_time") == "09:15")
    #expect(visit.text("end_time") == "09:45" && visit.text("utc_offset_minutes") == "-240")
    #expect(visit.text("status") == "unconfirmed")
    let after = try #require(clinic.document("appointment", id)).versions(of: "place")
    #expect(after.map(\.key) == notes.map(\.key))
  }

  @Test func `rescheduling to the same time writes nothing`() throws {
    let id = try book()
    _ = try replica.setStatus(id, .confirm)
    let before = clinic.knowledge
    #expect(try !replica.reschedule(id, date: "2026-03-03", time: "10:00").isChanged)
    #expect(clinic.knowledge == before && fields(id).text("status") == "confirmed")
  }

  @Test func `an appointment is no obstacle to itself, but others are`() throws {
    let id = try book()
    try book("2026-03-03", "11:00")
    _ = try replica.reschedule(id, date: "2026-03-03", time: "10:15")
    #expect(throws: ReplicaError.self) {
      try replica.reschedule(id, date: "2026-03-03", time: "10:45")
    }
    _ = try replica.reschedule(id, date: "2026-03-03", time: "10:45", overbookReason: "urgent")
    #expect(fields(id).text("overbook_reason") == "urgent")
    _ = try replica.reschedule(id, date: "2026-03-03", time: "12:00")
    #expect(fields(id)["overbook"] == nil && fields(id)["overbook_reason"] == nil)
  }

  @Test func `a cancellation is recorded with the appointment, once`() throws {
    let id = try book()
    let before = clinic.transactionCount
    let change = try replica.cancel(id, type: "patient-cancelled", note: "has a cold")
    #expect(clinic.transactionCount == before + 1)
    let record = clinic.fields("cancellation", try #require(change.cancellation).id)
    #expect(record.text("cancellation_type") == "patient-cancelled")
    #expect(record.text("reason_note") == "has a cold")
    #expect(record.text("appointment_id") == id.description)
    #expect(fields(id).text("status") == "cancelled")
    #expect(fields(id).text("cancellation") == change.cancellation?.id.description)
    let again = try replica.cancel(id, type: "other")
    #expect(!again.isChanged && again.cancellation == nil)
    #expect(clinic.transactionCount == before + 1)
  }

  @Test func `an unknown type of cancellation changes nothing`() throws {
    let id = try book()
    let before = clinic.knowledge
    #expect(throws: ReplicaError.self) { try replica.cancel(id, type: "bored") }
    #expect(clinic.knowledge == before && fields(id).text("status") == "unconfirmed")
  }

  @Test func `a reinstated appointment takes its slot again, if it is free`() throws {
    let id = try book()
    let cancellation = try #require(try replica.cancel(id, type: "other").cancellation)
    let other = try book()
    #expect(throws: ReplicaError.self) { try replica.setStatus(id, .reinstate) }
    _ = try replica.setStatus(id, .reinstate, overbookReason: "both came")
    #expect(fields(id).text("status") == "unconfirmed" && fields(id)["cancellation"] == nil)
    #expect(fields(id).text("overbook_reason") == "both came")
    let record = clinic.fields("cancellation", cancellation.id)
    #expect(record.text("reinstated_at") == "2026-03-02T12:00:00.000Z")
    #expect(fields(other).text("status") == "unconfirmed")
  }

  @Test func `an arrival is noted with its time, once`() throws {
    let id = try book()
    #expect(try replica.setStatus(id, .arrive).isChanged)
    clinic.clock.advance(minutes: 5)
    #expect(try !replica.setStatus(id, .arrive).isChanged)
    #expect(fields(id).text("arrived_at") == "2026-03-02T12:00:00.000Z")
  }

  @Test func `a no-show who comes after all disputes the record`() throws {
    let id = try book()
    let record = try #require(try replica.setStatus(id, .noShow).cancellation)
    #expect(clinic.fields("cancellation", record.id).text("cancellation_type") == "no-show")
    _ = try replica.setStatus(id, .complete)
    #expect(fields(id).text("status") == "completed" && fields(id)["cancellation"] == nil)
    #expect(clinic.fields("cancellation", record.id).text("disputed") == "true")
  }

  @Test(arguments: [
    (["cancel"], "confirm", "the appointment is cancelled; reinstate it first"),
    (["cancel"], "arrive", "the appointment is cancelled; reinstate it first"),
    (["cancel"], "no-show", "the appointment is cancelled; reinstate it first"),
    (["cancel"], "move", "the appointment is cancelled; reinstate it first"),
    (["complete"], "confirm", "the visit has taken place; reinstate the appointment first"),
    (["complete"], "cancel", "the visit has taken place; reinstate the appointment first"),
    (["arrive"], "no-show", "the patient has arrived; take the arrival back first"),
    (["arrive"], "cancel", "the patient has arrived; take the arrival back first"),
    (["arrive"], "move", "the patient has arrived; take the arrival back first"),
  ])
  func `an action that makes no sense is refused and says what to do`(
    before: [String], action: String, message: String
  ) throws {
    let id = try book()
    for action in before { try act(action, id) }
    let knowledge = clinic.knowledge
    let error = #expect(throws: ReplicaError.self) { try act(action, id) }
    #expect(error.map { "\($0)" } == message)
    #expect(clinic.knowledge == knowledge)
  }

  private func act(_ name: String, _ id: UniqueID) throws {
    switch name {
    case "cancel": _ = try replica.cancel(id, type: "other")
    case "move": _ = try replica.reschedule(id, date: "2026-03-04", time: "10:00")
    default: _ = try replica.setStatus(id, try #require(AppointmentAction(name)))
    }
  }
}
