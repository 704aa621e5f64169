import JSON
import Testing

@testable import API

@Suite struct ScheduleTests {
  let api: TestAPI
  private let doctor: String
  private let user: String
  private let patient: String

  init() throws {
    api = try TestAPI()
    let clinic = try api.make("clinics", ["name": "Here", "timezone": "America/New_York"]).id
    user = try api.make("users", ["email": "d@example.org", "name": "D", "role": "clinician"]).id
    doctor = try api.make(
      "doctors",
      ["name": "Dr. Field", "clinic_id": .string(clinic), "user_id": .string(user)]
    ).id
    patient = try api.patient("Ana", "Lima").id
  }

  /// Mondays and Sundays, at half past one, two, three and nine.
  private func keepHours(_ more: JSONObject = [:]) throws {
    var rule: JSONObject = [
      "clinician_id": .string(user), "days_of_week": [0, 6], "start_date": "2026-03-01",
      "time_slots": ["01:30", "02:30", "03:30", "09:00"],
    ]
    for member in more.members { rule[member.key] = member.value }
    _ = try api.make("availability", .object(rule))
  }

  private func free(_ date: String) throws -> [String] {
    let answer = try api("GET", "/api/schedule?doctor_id=\(doctor)&from=\(date)")
    #expect(answer.status == 200)
    let day = answer["days"]?.arrayValue?.first?.objectValue
    return (day?["free"]?.arrayValue ?? []).compactMap {
      $0.objectValue?["start_time"]?.stringValue
    }
  }

  @Test func `who keeps no hours can be booked at any time`() throws {
    let answer = try api("GET", "/api/schedule?doctor_id=\(doctor)&from=2026-03-02&to=2026-03-03")
    #expect(answer["any_time"] == true && answer["time_zone"] == "America/New_York")
    #expect(answer["days"]?.arrayValue?.count == 2)
  }

  @Test func `a booked time is not free, a cancelled one is`() throws {
    try keepHours()
    #expect(try free("2026-03-02") == ["01:30", "02:30", "03:30", "09:00"])
    #expect(try free("2026-03-03").isEmpty)
    let made = try api.make(
      "appointments",
      [
        "patient_id": .string(patient), "doctor_id": .string(doctor), "date": "2026-03-02",
        "start_time": "03:15",
      ])
    #expect(try free("2026-03-02") == ["01:30", "02:30", "09:00"])
    let day = try api("GET", "/api/schedule?doctor_id=\(doctor)&from=2026-03-02")
    let booked = day["days"]?.arrayValue?.first?.objectValue?["booked"]?.arrayValue
    #expect(booked?.map { $0.objectValue?["id"]?.stringValue } == [made.id])
    let cancel: JSONValue = ["type": "clinic-cancelled"]
    #expect(try api("POST", "/api/appointments/\(made.id)/cancel", cancel).status == 200)
    #expect(try free("2026-03-02").contains("03:30"))
  }

  @Test func `a time that clocks leave out is not offered, one that they show twice is, once`()
    throws
  {
    try keepHours()
    #expect(try free("2026-03-08") == ["01:30", "03:30", "09:00"])
    #expect(try free("2026-11-01") == ["01:30", "02:30", "03:30", "09:00"])
  }

  @Test func `the last day of a rule is part of it, and single days differ`() throws {
    try keepHours(["valid_until": "2026-03-09"])
    #expect(try free("2026-03-09").count == 4 && free("2026-03-15").isEmpty)
    for (time, isOpen) in [("09:00", false), ("10:00", true)] {
      _ = try api.make(
        "availability-overrides",
        [
          "clinician_id": .string(user), "date": "2026-03-09", "time_slot": .string(time),
          "available": .bool(isOpen),
        ])
    }
    #expect(try free("2026-03-09") == ["01:30", "02:30", "03:30", "10:00"])
  }

  @Test(arguments: [
    "from=2026-03-02", "doctor_id=x&from=2026-03-02", "doctor_id=D", "doctor_id=D&from=x",
    "doctor_id=D&from=2026-03-02&to=2026-03-01", "doctor_id=D&from=2026-03-02&to=2026-06-01",
  ])
  func `what cannot be meant is refused`(query: String) throws {
    let query = query.replacing("doctor_id=D", with: "doctor_id=\(doctor)")
    #expect(try api("GET", "/api/schedule?\(query)").status == 422)
  }
}
