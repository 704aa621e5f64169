import Clinic
import HTTP
import JSON
import ReplicaTestSupport
import Testing

@testable import API

/// What the seed documents ask of paths, times, unique values and deletes.
@Suite struct SeedRouteTests {
  let api: TestAPI
  private let clinic: JSONValue
  private let user: JSONValue
  private let doctor: JSONValue
  private let patient: JSONValue

  init() throws {
    api = try TestAPI()
    clinic = .string(try api.make("clinics", ["name": "Here"]).id)
    let person: JSONValue = ["email": "d@example.org", "name": "D", "role": "clinician"]
    user = .string(try api.make("users", person).id)
    doctor = .string(
      try api.make("doctors", ["name": "Dr. D", "clinic_id": clinic, "user_id": user]).id)
    patient = .string(
      try api.patient("Ana", "Lima", ["email": "ana@example.org", "clinician_id": user]).id)
  }

  private func path(_ type: String, _ id: JSONValue) -> String {
    "/api/\(type)/\(id.stringValue ?? "")"
  }

  private func visit() throws -> JSONValue {
    .string(
      try api.make(
        "appointments",
        [
          "patient_id": patient, "doctor_id": doctor, "date": "2026-07-01", "start_time": "09:30",
        ]
      ).id)
  }

  private func assessment() throws -> (chat: JSONValue, result: JSONValue) {
    let chat = JSONValue.string(try api.make("chat-sessions", ["patient_id": patient]).id)
    let result: JSONValue = ["patient_id": patient, "session_id": chat, "is_eligible": true]
    return (chat, .string(try api.make("eligibility-results", result).id))
  }

  private func labOrder(_ result: JSONValue) throws -> JSONValue {
    .string(
      try api.make(
        "lab-orders",
        [
          "patient_id": patient, "provider_id": user, "eligibility_result_id": result,
          "test_type": "BRCA",
        ]
      ).id)
  }

  @Test func `a user is one patient and one doctor at most`() throws {
    let clara = try api.patient("Clara", "Reis", ["user_id": user])
    let dora: JSONObject = ["first_name": "Dora", "last_name": "Reis", "user_id": user]
    let refused = try api("POST", "/api/patients", .object(dora))
    #expect(refused.status == 409 && refused.errorCode == "duplicate_user_id")
    let taken = try api("PATCH", path("patients", patient), ["user_id": user])
    #expect(taken.status == 409 && taken.badFields == ["user_id"])
    let twin = try api(
      "POST", "/api/doctors", ["name": "Dr. E", "clinic_id": clinic, "user_id": user])
    #expect(twin.status == 409 && twin.errorCode == "duplicate_user_id")
    #expect(try api("DELETE", "/api/patients/\(clara.id)").status == 204)
    #expect(try api("PATCH", path("patients", patient), ["user_id": user]).status == 200)
  }

  @Test func `questions are numbered, and a number is not given twice`() throws {
    func ask(_ text: String) throws -> Answer {
      try api.make("chat-questions", ["text": .string(text), "question_type": "text"])
    }
    #expect(try ask("Where?")["number"] == 1)
    let second = try ask("When?")
    #expect(second["number"] == 2)
    #expect(try api("DELETE", "/api/chat-questions/\(second.id)").status == 204)
    #expect(try ask("Why?")["number"] == 3)
    let wish = try api("PATCH", "/api/chat-questions/\(second.id)", ["number": 7])
    #expect(wish.status == 404 || wish.status == 422)
  }

  @Test func `a program that runs says so without a login`() throws {
    let answer = ClinicAPI(adding: [HealthRoute.route]).answerOpenly(
      HTTPRequest(method: "GET", target: "/health", path: "/health", segments: ["health"]))
    #expect(answer?.status == 200)
    #expect(try JSONValue(parsing: answer?.body ?? []) == ["status": "ok"])
  }

  @Test func `the dashboard counts a day, the pending invites and the patients`() throws {
    _ = try visit()
    #expect(try api("POST", "/api/generate_invite", ["patient_id": patient]).status == 201)
    let day = try api("GET", "/api/dashboard?date=2026-07-01")
    let visits = day["appointments"]?.objectValue
    #expect(day.status == 200 && visits?["total"]?.intValue == 1)
    #expect(visits?["by_status"] == ["unconfirmed": 1])
    #expect(visits?["missing_intakes"]?.intValue == 1)
    #expect(day["invites"]?.objectValue?["pending"]?.intValue == 1)
    #expect(day["patients"]?.objectValue?["total"]?.intValue == 1)
    let other = try api("GET", "/api/dashboard?date=2026-07-02")
    #expect(other["appointments"]?.objectValue?["total"]?.intValue == 0)
    #expect(try api("GET", "/api/dashboard?date=x").status == 422)
  }

  @Test func `every type of the seeds has an id, and times of creation and change`() throws {
    let (visit, (chat, result)) = (try visit(), try assessment())
    let form = JSONValue.string(
      try api.make("intake", ["patient_id": patient, "clinic_id": clinic, "raw_answers": [:]]).id)
    let order = try labOrder(result)
    let question: JSONValue = ["text": "Why?", "question_type": "text"]
    let asked = JSONValue.string(try api.make("chat-questions", question).id)
    let hours: JSONValue = [
      "clinician_id": user, "days_of_week": [0], "time_slots": ["09:00"],
      "start_date": "2026-03-02",
    ]
    let documents: [(String, JSONValue, JSONObject)] = [
      ("clinics", clinic, ["name": "There"]), ("users", user, ["name": "E"]),
      ("doctors", doctor, ["name": "Dr. E"]), ("patients", patient, ["phone": "1"]),
      ("appointments", visit, ["notes": "a"]), ("intake", form, ["status": "reviewed"]),
      ("chat-sessions", chat, ["status": "abandoned"]), ("chat-questions", asked, ["text": "a"]),
      ("eligibility-results", result, ["review_notes": "a"]), ("lab-orders", order, ["notes": "a"]),
      (
        "lab-results", .string(try api.make("lab-results", ["order_id": order]).id),
        ["raw_result": "a"]
      ),
      ("availability", .string(try api.make("availability", hours).id), ["slot_minutes": 20]),
    ]
    api.clock.set("2026-03-03T12:00:00Z")
    for (type, id, patch) in documents {
      let changed = try api("PATCH", path(type, id), .object(patch))
      #expect(changed.status == 200 && changed["id"] == id, "\(type)")
      #expect(changed["created_at"]?.stringValue?.hasPrefix("2026-03-02") == true, "\(type)")
      #expect(changed["updated_at"]?.stringValue?.hasPrefix("2026-03-03") == true, "\(type)")
    }
  }

  @Test func `a record of a chat or of a cancellation is made once and not changed`() throws {
    let (chat, _) = try assessment()
    let question: JSONValue = ["text": "Why?", "question_type": "text"]
    let asked = JSONValue.string(try api.make("chat-questions", question).id)
    let answer = try api.make(
      "chat-answers", ["session_id": chat, "question_id": asked, "answer": "so"])
    #expect(answer["created_at"]?.stringValue?.hasPrefix("2026-03-02") == true)
    let visit = try visit()
    #expect(
      try api("POST", path("appointments", visit) + "/cancel", ["type": "other"]).status == 200)
    let record = try #require(try api("GET", "/api/cancellations").items.first)
    #expect(record["appointment_id"] == visit && record["patient_id"] == patient)
    #expect(record["clinic_id"] == clinic && record["created_at"] != nil)
    for path in [
      path("chat-answers", .string(answer.id)), path("cancellations", record["id"] ?? .null),
    ] {
      #expect(try api("PATCH", path, ["answer": "no"]).status == 405)
    }
  }

  @Test func `what the seeds call unique is there once`() throws {
    let first = try api("GET", path("appointments", try visit()))
    let again: JSONValue = [
      "patient_id": patient, "doctor_id": doctor, "date": "2026-07-01", "start_time": "11:00",
      "confirmation_code": first["confirmation_code"] ?? .null,
    ]
    #expect(try api("POST", "/api/appointments", again).status == 409)
    let twin: JSONValue = ["email": "D@example.org", "name": "D", "role": "clinician"]
    #expect(try api("POST", "/api/users", twin).status == 409)
  }

  @Test func `a delete clears, takes along or is refused as the seeds say`() throws {
    let (chat, result) = try assessment()
    let form = try api.make(
      "intake", ["patient_id": patient, "clinic_id": clinic, "raw_answers": [:]])
    let invite = try api("POST", "/api/generate_invite", ["patient_id": patient])
    #expect(invite.status == 201)
    let order = try labOrder(result)
    #expect(try api("DELETE", path("patients", patient)).status == 409, "a test was ordered")
    #expect(try api("DELETE", path("lab-orders", order)).status == 204)
    #expect(try api("DELETE", path("patients", patient)).status == 204)
    for gone in [
      path("chat-sessions", chat), path("eligibility-results", result), "/api/intake/\(form.id)",
      "/api/invites/\(invite.id)",
    ] {
      #expect(try api("GET", gone).status == 404, "\(gone)")
    }
    let bo = try api.patient("Bo", "Lima", ["clinician_id": user]).id
    let next = try api.make("users", ["email": "e@example.org", "name": "E", "role": "admin"]).id
    let linked: JSONValue = ["user_id": .string(next), "clinician_id": .string(next)]
    #expect(try api("PATCH", "/api/patients/\(bo)", linked).status == 200)
    #expect(try api("DELETE", "/api/users/\(next)").status == 204)
    let left = try api("GET", "/api/patients/\(bo)")
    #expect(left.status == 200 && left["user_id"] == nil && left["clinician_id"] == nil)
    #expect(try api("DELETE", path("clinics", clinic)).status == 409)
  }

  @Test func `a patient tells the name of the clinician`() throws {
    #expect(try api("GET", path("patients", patient))["clinician_name"] == "D")
  }

  @Test func `a doctor is made first, then the user who names the doctor`() throws {
    let doctor = try api.make("doctors", ["name": "Dr. E", "clinic_id": clinic]).id
    let person: JSONValue = [
      "email": "e@example.org", "name": "E", "role": "doctor", "doctor_id": .string(doctor),
    ]
    let user = try api.make("users", person)
    #expect(user["role"] == "clinician" && user["doctor_id"]?.stringValue == doctor)
    let linked = try api("PATCH", "/api/doctors/\(doctor)", ["user_id": .string(user.id)])
    #expect(linked.status == 200 && linked["user_id"]?.stringValue == user.id)
  }

  @Test func `an invite is only for a patient who is there`() throws {
    let nobody = "11111111-1111-4111-8111-111111111111"
    let refused = try api(
      "POST", "/api/generate_invite", ["patient_id": .string(nobody), "provider_id": user])
    #expect(refused.status == 422 || refused.status == 404)
    #expect(try api("GET", "/api/invites")["total"]?.intValue == 0)
  }

  @Test func `an account has times of creation and change`() throws {
    api.caller = Caller(user: nil, role: .superAdmin)
    let made = try api.make("accounts", ["name": "Group"])
    api.clock.set("2026-03-03T12:00:00Z")
    let changed = try api("PATCH", "/api/accounts/\(made.id)", ["status": "inactive"])
    #expect(changed.status == 200 && changed["created_at"] == made["created_at"])
    #expect(changed["updated_at"]?.stringValue?.hasPrefix("2026-03-03") == true)
  }

  @Test func `date and time of an appointment are told together too`() throws {
    let shown = try api("GET", path("appointments", try visit()))
    #expect(shown["date_time"] == "2026-07-01T09:30")
  }
}
