import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Testing

@testable import Replica

/// The time rules of MERGE.md that are no merge of two edits.
@Suite struct TimeRuleTests {
  private let offset: UTCOffsetLookup = {
    let zones = TimeZones()
    return { zones.utcOffsetSeconds(zone: $0, at: $1) }
  }()

  private func times(
    _ date: String, _ time: String, minutes: Int, zone: String = "America/New_York"
  ) throws -> AppointmentTimes {
    try ZonedTime.endOfAppointment(
      date: try #require(CivilDate(date)), start: try #require(TimeOfDay(time)),
      durationMinutes: minutes, zone: zone, policy: .manual, utcOffsetSeconds: offset)
  }

  @Test func `T1: the wall time and its zone are the truth`() throws {
    var slot: JSONObject = [
      "date": "2026-07-01", "start_time": "10:00", "duration": 30,
      "time_zone": "America/New_York", "utc_offset_minutes": -300,
    ]
    let summer = try #require(
      Occupancy(appointment: slot, fallbackZone: "UTC", utcOffsetSeconds: offset))
    // A cached offset that is out of date moves nothing.
    #expect(summer.start == Timestamp.milliseconds("2026-07-01T14:00:00Z").map { Int($0 / 1000) })
    slot["time_zone"] = "Europe/Berlin"
    let berlin = try #require(
      Occupancy(appointment: slot, fallbackZone: "UTC", utcOffsetSeconds: offset))
    #expect(berlin.start == Timestamp.milliseconds("2026-07-01T08:00:00Z").map { Int($0 / 1000) })
  }

  @Test func `T4: a duration is elapsed time`() throws {
    #expect(try times("2026-03-08", "01:30", minutes: 60).endTimeText == "03:30")
    #expect(try times("2026-11-01", "00:30", minutes: 120).endTimeText == "01:30")
    #expect(try times("2026-03-10", "23:45", minutes: 30).endsOnAnotherDate)
  }

  @Test(arguments: [
    ("2026-03-09", 0), ("2026-03-10", 1), ("2026-03-11", 2), ("2026-03-12", 3),
    ("2026-03-13", 4), ("2026-03-14", 5), ("2026-03-15", 6),
  ])
  func `T5: weekdays count from Monday`(date: String, weekday: Int) {
    #expect(CivilDate(date)?.weekday == weekday)
  }

  // The clocks of New York change on 8 March and on 1 November.
  @Test(arguments: [
    ("2026-03-03", "10:00", true), ("2026-03-10", "10:00", true), ("2026-03-10", "09:00", false),
    ("2026-03-10", "11:00", false), ("2026-11-03", "10:00", true), ("2026-11-03", "09:00", false),
  ])
  func `T6: weekly rules are expanded by date`(
    date: String, time: String, isOffered: Bool
  ) throws {
    let server = try TestReplica(clock: TestClock("2026-03-01T08:00:00Z"))
    try server.put(try BookedVisit(date: date, time: time, until: "2026-12-31").documents)
    #expect(try server.review().isEmpty == isOffered)
  }

  @Test(arguments: [
    ("1980-01-01", true), ("1980-01-01T00:00:00Z", false), ("1980-01-01T00:00:00.000Z", false),
    ("315532800", false),
  ])
  func `T7: a civil date is no instant`(birth: String, isDate: Bool) throws {
    let validator = Validator(
      catalogue: .standard, functions: try ReplicaSetup.system().world.clinic,
      now: try #require(Timestamp.milliseconds("2026-03-01T23:30:00Z")))
    let patient: JSONObject = [
      "first_name": "A", "last_name": "B", "status": "active", "date_of_birth": .string(birth),
    ]
    let refused = validator.problems(of: patient, type: "patient").map(\.field)
    #expect(refused == (isDate ? [] : ["date_of_birth"]))
    guard isDate else { return }
    let kept = try validator.normalise(patient, type: "patient", mode: .create)
    #expect(kept["date_of_birth"]?.stringValue == birth)
  }

  @Test(arguments: [("2026-03-10", true), ("2026-03-17", true), ("2026-03-24", false)])
  func `T8: the last day of a rule is part of it`(date: String, isOffered: Bool) throws {
    let clock = TestClock("2026-03-01T08:00:00Z")
    let server = try TestReplica(clock: clock)
    let visit = try BookedVisit(date: date, until: "2026-03-17")
    try server.put(visit.documents)
    #expect(try server.review().isEmpty == isOffered)
  }

  @Test(arguments: [
    ("2026-03-15T11:59:59Z", "pending"), ("2026-03-15T12:00:00Z", "pending"),
    ("2026-03-15T12:00:01Z", "expired"),
  ])
  func `T9: an expiry is an instant`(now: String, status: String) {
    #expect(
      InviteLifeCycle.effectiveStatus(
        status: "pending", expiresAt: Timestamp.milliseconds("2026-03-15T12:00:00Z"),
        now: Timestamp.milliseconds(now) ?? 0) == status)
  }
}

/// A doctor with weekly hours on Tuesdays at ten, and an appointment then.
private struct BookedVisit {
  let documents: [JSONObject]

  /// - Parameter time: at a full hour.
  init(date: String, time: String = "10:00", until: String) throws {
    func id(_ number: UInt64) -> JSONValue {
      .string(UniqueID(high: 0x4000, low: 1 << 63 | number).description)
    }
    documents = [
      [
        "type": "clinic", "id": id(1), "name": "North", "timezone": "America/New_York",
        "clinic_metadata": [:],
      ],
      [
        "type": "user", "id": id(2), "name": "Ada", "email": "a@example.org",
        "role": "clinician", "status": "active",
      ],
      [
        "type": "doctor", "id": id(3), "clinic_id": id(1), "user_id": id(2), "name": "Ada",
        "status": "active",
      ],
      [
        "type": "patient", "id": id(4), "first_name": "Ana", "last_name": "Lima",
        "status": "active",
      ],
      [
        "type": "recurring_availability", "id": id(5), "clinician_id": id(2),
        "days_of_week": [1], "time_slots": ["10:00"], "slot_minutes": 30,
        "start_date": "2026-01-01", "valid_until": .string(until),
      ],
      [
        "type": "appointment", "id": id(6), "clinic_id": id(1), "doctor_id": id(3),
        "patient_id": id(4), "date": .string(date), "start_time": .string(time),
        "end_time": .string(time.prefix(3) + "30"), "duration": 30, "time_zone": "America/New_York",
        "status": "confirmed",
        "intake_status": "missing", "arrived": false, "confirmation_code": "7KQ2M4NA",
      ],
    ]
  }
}
