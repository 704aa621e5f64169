import JSON
import Testing

@testable import Clinic

/// The seeds say one day, one time and the last day twice: once alone, once among several.
@Suite struct AvailabilityTests {
  private func rule(_ fields: JSONObject) throws -> JSONObject {
    var input: JSONObject = [
      "clinician_id": "00000000-0000-4000-8000-000000000001", "start_date": "2025-06-01",
    ]
    for member in fields.members { input.append(member.key, member.value) }
    return try validator.normalise(input, type: "recurring_availability", mode: .create)
  }

  private let validator = Validator(functions: functions, now: now)

  @Test func `one day and one time stand for lists of one`() throws {
    let made = try rule(["day_of_week": 2, "time": "09:00"])
    #expect(made["days_of_week"]?.isIdentical(to: [2]) == true)
    #expect(made["time_slots"]?.isIdentical(to: ["09:00"]) == true)
    #expect(made["day_of_week"] == nil && made["time"] == nil)
  }

  @Test func `where both are given, the one must be among the others`() throws {
    let made = try rule([
      "day_of_week": 2, "days_of_week": [0, 2], "time_slots": ["09:00", "10:00"], "time": "10:00",
    ])
    #expect(made["days_of_week"]?.isIdentical(to: [0, 2]) == true)
    #expect(made["time_slots"]?.isIdentical(to: ["09:00", "10:00"]) == true)
    let failure = #expect(throws: ValidationFailure.self) {
      try rule(["day_of_week": 1, "days_of_week": [0, 2], "time_slots": ["09:00"]])
    }
    #expect(failure?.problems.map(\.field) == ["day_of_week"])
  }

  @Test func `a wrong day is told once, and by its own name`() throws {
    let failure = #expect(throws: ValidationFailure.self) {
      try rule(["day_of_week": 7, "time": "25:00"])
    }
    #expect(failure?.problems.map(\.field) == ["day_of_week", "time"])
  }

  @Test(
    arguments: [
      (["end_date": "2025-06-30"], "2025-06-30"),
      (["end_date": "2025-06-30", "valid_until": "2025-06-20"], "2025-06-20"),
      (["end_date": "2025-06-10", "valid_until": "2025-06-20"], "2025-06-10"),
      (["end_date": .null, "valid_until": "2025-06-20"], "2025-06-20"),
    ] as [(JSONObject, String)])
  func `the earlier of the two last days counts`(dates: JSONObject, last: String) throws {
    let day: JSONObject = ["day_of_week": 2, "time": "09:00"]
    let made = try rule(JSONObject(members: day.members + dates.members))
    #expect(made["valid_until"]?.stringValue == last && made["end_date"] == nil)
  }

  @Test func `a change names one day as well, and clears the last one`() throws {
    let made = try rule(["day_of_week": 2, "time": "09:00", "end_date": "2025-06-30"])
    let changed = try validator.normalise(
      ["day_of_week": 3, "end_date": .null], type: "recurring_availability",
      mode: .update(existing: made))
    #expect(changed["days_of_week"]?.isIdentical(to: [3]) == true)
    #expect(changed["time_slots"]?.isIdentical(to: ["09:00"]) == true)
    #expect(changed["valid_until"] == nil)
  }
}
