import Clinic
import JSON
import Testing

struct AppointmentTests {
  @Test func `an appointment has a doctor or a clinician`() throws {
    let fields = try create(
      "appointment", ["doctor_id": .null, "clinician_id": .string(otherID)])
    #expect(
      refusal { try update("appointment", fields, ["clinician_id": .null]) }
        == "doctor_id: is required, or clinician_id")
    #expect(try update("appointment", fields, ["notes": "x"])["doctor_id"] == nil)
  }

  @Test(
    arguments: [
      (["duration": 45], "09:45", 45), (["end_time": "10:00"], "10:00", 60),
      (["end_time": "09:20", "duration": 20], "09:20", 20), (["start_time": "23:29"], "23:59", 30),
      (["start_time": "00:00", "duration": 1439], "23:59", 1439), (["duration": 5], "09:05", 5),
    ] as [(JSONObject, String, Int)])
  func `the end follows from the duration, or the duration from the end`(
    changes: JSONObject, end: String, duration: Int
  ) throws {
    let fields = try create("appointment", changes)
    #expect(fields["end_time"]?.stringValue == end)
    #expect(fields["duration"]?.intValue == duration)
  }

  @Test(
    arguments: [
      (["duration": 4], "duration: must be from 5 to 1440"),
      (["duration": 1441], "duration: must be from 5 to 1440"),
      (["start_time": "23:30"], "duration: the visit must end on the day on which it starts"),
      (["end_time": "09:00"], "end_time: must be after start_time"),
      (["end_time": "09:04"], "end_time: must be at least 5 minutes after start_time"),
      (["end_time": "10:00", "duration": 30], "end_time: is not start_time plus duration"),
      (["start_time": "9"], "start_time: is not a time of day (HH:MM)"),
    ] as [(JSONObject, String)])
  func `times that do not fit together are refused`(changes: JSONObject, problem: String) {
    #expect(refusal { try create("appointment", changes) } == problem)
  }

  @Test func `on a day when the clocks change a given end is believed`() throws {
    let changes: JSONObject = [
      "date": "2026-11-01", "time_zone": "America/New_York", "start_time": "00:30",
      "duration": 60, "end_time": "00:45",
    ]
    #expect(try create("appointment", changes)["end_time"]?.stringValue == "00:45")
    #expect(
      refusal {
        try create("appointment", changes.applyingMergePatch(["date": "2026-11-03"]))
      } == "end_time: is not start_time plus duration")
  }

  @Test func `a moved start moves the end`() throws {
    let fields = try create("appointment", ["duration": 45])
    #expect(
      try update("appointment", fields, ["start_time": "10:30"])["end_time"]?.stringValue
        == "11:15")
    #expect(try update("appointment", fields, ["duration": 60])["end_time"]?.stringValue == "10:00")
    #expect(try update("appointment", fields, ["end_time": "10:00"])["duration"]?.intValue == 60)
    #expect(
      try update("appointment", fields, ["date": "2025-07-01"])["end_time"]?.stringValue
        == "09:45")
  }

  @Test func `an arrival has a time, and only an arrival`() throws {
    let arrived = try create("appointment", ["arrived": true])
    #expect(arrived["arrived_at"]?.stringValue == "2025-06-01T12:00:00.000Z")
    let given: JSONObject = ["arrived": true, "arrived_at": "2025-06-01T08:00:00Z"]
    #expect(
      try create("appointment", given)["arrived_at"]?.stringValue
        == "2025-06-01T08:00:00.000Z")
    #expect(
      refusal { try create("appointment", ["arrived_at": "2025-06-01T08:00:00Z"]) }
        == "arrived_at: is only for a patient who has arrived")
    #expect(try update("appointment", arrived, ["arrived": false])["arrived_at"] == nil)
    #expect(
      Validator(functions: functions, now: now)
        .problems(of: arrived.applyingMergePatch(["arrived_at": .null]), type: "appointment")
        == [FieldProblem("arrived_at", "is required after an arrival")])
  }

  @Test func `who overbooks says why`() throws {
    #expect(
      refusal { try create("appointment", ["overbook": true]) }
        == "overbook_reason: is required when overbook is true")
    _ = try create("appointment", ["overbook": true, "overbook_reason": "emergency"])
    _ = try create("appointment", ["overbook": false])
  }

  @Test func `a code needs the id`() {
    #expect(throws: ValidationFailure([FieldProblem("confirmation_code", "is required")])) {
      try Validator(functions: functions, now: now)
        .normalise(minimums["appointment"]!, type: "appointment", mode: .create)
    }
  }
}

struct LifeCycleTests {
  @Test(
    arguments: [
      ("unconfirmed", "confirmed", nil), ("confirmed", "no-show", nil),
      ("confirmed", "confirmed", nil),
      ("cancelled", "unconfirmed", nil), ("no-show", "completed", nil),
      ("completed", "confirmed", nil),
      ("cancelled", "completed", "the appointment is cancelled; reinstate it first"),
      ("cancelled", "no-show", "the appointment is cancelled; reinstate it first"),
      ("completed", "cancelled", "the visit has taken place; reinstate the appointment first"),
      ("confirmed", "gone", "gone is not a status of an appointment"),
      (
        "moved", "confirmed",
        "the appointment has the status moved, which this version does not know"
      ),
    ] as [(String, String, String?)])
  func `an appointment changes its status only as allowed`(from: String, to: String, why: String?) {
    #expect(AppointmentLifeCycle.refusal(from: from, to: to, hasArrived: false) == why)
  }

  @Test(arguments: ["cancelled", "no-show"])
  func `a patient who has arrived cannot be missing`(status: String) {
    #expect(
      AppointmentLifeCycle.refusal(from: "confirmed", to: status, hasArrived: true)
        == "the patient has arrived; take the arrival back first")
    #expect(
      AppointmentLifeCycle.refusal(from: "confirmed", to: "completed", hasArrived: true) == nil)
  }

  @Test func `transitions name exactly the statuses of the schema`() {
    let statuses = ["cancelled", "completed", "confirmed", "no-show", "unconfirmed"]
    #expect(AppointmentLifeCycle.transitions.keys.sorted() == statuses)
    #expect(Set(AppointmentLifeCycle.transitions.values.joined()).sorted() == statuses)
    #expect(
      InviteLifeCycle.transitions.keys.sorted()
        == ["accepted", "expired", "pending", "revoked"])
  }

  @Test(
    arguments: [
      ("pending", 999, "pending"), ("pending", 1000, "pending"), ("pending", 1001, "expired"),
      ("accepted", 1001, "accepted"), ("revoked", 1001, "revoked"),
    ] as [(String, UInt64, String)])
  func `a pending invite expires after its time`(status: String, now: UInt64, effective: String) {
    #expect(InviteLifeCycle.effectiveStatus(status: status, expiresAt: 1000, now: now) == effective)
    #expect(InviteLifeCycle.effectiveStatus(status: status, expiresAt: nil, now: now) == status)
  }

  @Test(
    arguments: [
      ("pending", "revoked", nil), ("pending", "accepted", nil), ("revoked", "revoked", nil),
      ("accepted", "revoked", "the invite has been accepted"),
      ("revoked", "accepted", "the invite has been revoked"),
      ("expired", "accepted", "the invite has expired"),
      ("pending", "x", "x is not a status of an invite"),
    ] as [(String, String, String?)])
  func `an invite ends once`(from: String, to: String, why: String?) {
    #expect(InviteLifeCycle.refusal(from: from, to: to) == why)
  }

  @Test func `only a pending invite is sent again`() {
    #expect(InviteLifeCycle.refusalToResend(status: "pending") == nil)
    #expect(
      InviteLifeCycle.refusalToResend(status: "expired")
        == "the invite has expired; make a new invite")
  }
}
