import JSON
import Testing

@testable import API

@Suite struct AppointmentRouteTests {
  let api: TestAPI
  private let doctor: String
  private let patient: String

  init() throws {
    api = try TestAPI()
    let clinic = try api.make("clinics", ["name": "Here", "timezone": "Europe/Berlin"]).id
    doctor = try api.make("doctors", ["name": "Dr. Field", "clinic_id": .string(clinic)]).id
    patient = try api.patient("Ana", "Lima").id
  }

  private func order(_ time: String, _ more: JSONObject = [:]) -> JSONValue {
    var body: JSONObject = [
      "patient_id": .string(patient), "doctor_id": .string(doctor), "date": "2026-07-01",
      "start_time": .string(time),
    ]
    for member in more.members { body[member.key] = member.value }
    return .object(body)
  }

  @Test func `a booking takes zone, end and code from what is known`() throws {
    let made = try api.make("appointments", order("09:30", ["duration": 45]))
    #expect(made["end_time"] == "10:15" && made["time_zone"] == "Europe/Berlin")
    #expect(made["starts_at_utc"] == "2026-07-01T07:30:00.000Z")
    #expect(made["confirmation_code"]?.stringValue?.utf8.count == 8)
    #expect(made["status"] == "unconfirmed" && made["clinic_id"] != nil)
    let code = made["confirmation_code"]?.stringValue ?? ""
    let found = try api("GET", "/api/appointments?confirmation_code=\(code)")
    #expect(found.items.map { $0["id"]?.stringValue } == [made.id])
  }

  @Test func `a slot is given once, unless there is a reason`() throws {
    _ = try api.make("appointments", order("09:30"))
    let taken = try api("POST", "/api/appointments", order("09:45"))
    #expect(taken.status == 409 && taken.errorCode == "conflict")
    #expect(try api("POST", "/api/appointments", order("10:00")).status == 201)
    let meant = order("09:45", ["overbook": true, "overbook_reason": "an emergency"])
    #expect(try api("POST", "/api/appointments", meant)["overbook"] == true)
    let silent = try api("POST", "/api/appointments", order("12:00", ["overbook": true]))
    #expect(silent.status == 422 && silent.badFields == ["overbook_reason"])
  }

  @Test func `a move looks at the slot and must be confirmed anew`() throws {
    let made = try api.make("appointments", order("09:30"))
    _ = try api.make("appointments", order("11:00"))
    let path = "/api/appointments/\(made.id)"
    #expect(try api("POST", "\(path)/confirm")["status"] == "confirmed")
    #expect(try api("PATCH", path, ["start_time": "10:45"]).status == 409)
    let moved = try api("PATCH", path, ["start_time": "10:00"])
    #expect(moved["end_time"] == "10:30" && moved["status"] == "unconfirmed")
    let longer = try api("PATCH", path, ["end_time": "11:00"])
    #expect(longer["duration"]?.intValue == 60)
    let body: JSONValue = ["date": "2026-07-02", "start_time": "08:00"]
    let again = try api("POST", "\(path)/reschedule", body)
    #expect(again["date"] == "2026-07-02" && again["end_time"] == "09:00")
  }

  @Test func `a status follows from another, by an action or by a change`() throws {
    let made = try api.make("appointments", order("09:30"))
    let path = "/api/appointments/\(made.id)"
    let cancelled = try api("POST", "\(path)/cancel", ["type": "patient-cancelled", "note": "ill"])
    #expect(cancelled["status"] == "cancelled" && cancelled["cancellation"] != nil)
    #expect(try api("PATCH", path, ["status": "completed"]).status == 409)
    #expect(try api("PATCH", path, ["start_time": "10:00"]).status == 409)
    #expect(try api("PATCH", path, ["status": "confirmed"])["status"] == "confirmed")
    let arrived = try api("PATCH", path, ["arrived": true])
    #expect(arrived["arrived_at"] == "2026-03-02T12:00:00.000Z")
    #expect(try api("PATCH", path, ["status": "no-show"]).status == 409)
    #expect(try api("POST", "\(path)/complete")["status"] == "completed")
    let records = try api("GET", "/api/cancellations?appointment_id=\(made.id)")
    #expect(records.items.map { $0["reason_note"] } == ["ill"])
    #expect(records.items.first?["reinstated_at"] != nil)
  }

  @Test func `a cancellation by a change is recorded, and frees the slot`() throws {
    let made = try api.make("appointments", order("09:30"))
    let path = "/api/appointments/\(made.id)"
    #expect(try api("PATCH", path, ["status": "cancelled"]).status == 200)
    let records = try api("GET", "/api/cancellations?appointment_id=\(made.id)")
    #expect(records.items.map { $0["cancellation_type"] } == ["other"])
    _ = try api.make("appointments", order("09:30"))
    let refused = try api("POST", "\(path)/reinstate")
    #expect(refused.status == 409)
    let reason: JSONValue = ["overbook_reason": "both come"]
    #expect(try api("POST", "\(path)/reinstate", reason)["status"] == "unconfirmed")
  }

  @Test func `days are both included, and a replacement keeps what follows`() throws {
    let made = try api.make("appointments", order("09:30"))
    for (range, count) in [
      ("from=2026-07-01", 1), ("to=2026-07-01", 1), ("from=2026-07-02", 0), ("to=2026-06-30", 0),
      ("date=2026-07-01&doctor_id=\(doctor)", 1),
    ] {
      #expect(try api("GET", "/api/appointments?\(range)").items.count == count, "\(range)")
    }
    #expect(try api("GET", "/api/appointments?from=yesterday").status == 422)
    #expect(try api("POST", "/api/appointments/\(made.id)/cancel", ["type": "other"]).status == 200)
    let same = try api("PUT", "/api/appointments/\(made.id)", order("09:30", ["notes": "n"]))
    #expect(same.status == 200 && same["status"] == "cancelled" && same["notes"] == "n")
    #expect(same["confirmation_code"] == made["confirmation_code"])
  }
}
