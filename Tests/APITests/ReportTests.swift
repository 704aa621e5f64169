import JSON
import ReplicaTestSupport
import Testing

@testable import API

@Suite struct ReportTests {
  let api: TestAPI
  private let here: String
  private let there: String
  private var patients: [String] = []

  init() throws {
    api = try TestAPI()
    let user = { [api] (name: String) -> String in
      try api.make(
        "users",
        [
          "email": .string("\(name)@example.org"), "first_name": .string(name),
          "last_name": "Field",
          "role": "clinician",
        ]
      ).id
    }
    (here, there) = (try user("Ana"), try user("Bo"))
    for (name, clinician) in [("P0", here), ("P1", here), ("P2", there)] {
      let more: JSONObject = [
        "clinician_id": .string(clinician), "email": .string("\(name)@example.org"),
      ]
      patients.append(try api.patient(name, "Lima", more).id)
    }
  }

  private func names(_ answer: Answer) -> [String] {
    answer.items.compactMap { $0["first_name"]?.stringValue }
  }

  @Test func `assessments are told with the latest first, and patients without one last`() throws {
    for (index, time) in [(0, "2026-03-01T10:00:00Z"), (1, "2026-03-01T11:00:00Z")] {
      let chat = try api.make(
        "chat-sessions",
        [
          "patient_id": .string(patients[index]), "status": "completed",
          "completed_at": .string(time),
        ])
      guard index == 0 else { continue }
      _ = try api.make(
        "eligibility-results",
        [
          "patient_id": .string(patients[0]), "session_id": .string(chat.id), "is_eligible": true,
        ])
    }
    _ = try api.make(
      "chat-sessions", ["patient_id": .string(patients[2]), "status": "in_progress"])
    let report = try api("GET", "/api/reports/risk-assessment-status")
    #expect(names(report) == ["P1", "P0", "P2"])
    #expect(report.items.map { $0["chat_status"] } == ["completed", "completed", .null])
    #expect(report.items.map { $0["is_eligible"] } == [.null, true, .null])
    let columns = ["id", "first_name", "last_name", "chat_status", "is_eligible"]
    #expect(report.items.allSatisfy { $0.keys == columns })
    let own = try api("GET", "/api/reports/risk-assessment-status?provider_id=\(there)")
    #expect(names(own) == ["P2"])
  }

  @Test func `invites that can be accepted are told with who invited, the newest first`() throws {
    var ids: [String] = []
    for patient in patients {
      api.clock.advance(minutes: 1)
      ids.append(try api("POST", "/api/generate_invite", ["patient_id": .string(patient)]).id)
    }
    #expect(try api("POST", "/api/invites/\(ids[1])/revoke").status == 200)
    let report = try api("GET", "/api/reports/pending-invitations")
    #expect(names(report) == ["P2", "P0"])
    #expect(report.items.map { $0["provider_first_name"] } == ["Bo", "Ana"])
    let columns = [
      "id", "email", "first_name", "last_name", "created_at", "expires_at", "provider_first_name",
      "provider_last_name",
    ]
    #expect(report.items.allSatisfy { $0.keys == columns })
    api.clock.set("2026-05-01T12:00:00Z")
    #expect(try api("GET", "/api/reports/pending-invitations").items.isEmpty)
  }

  @Test func `tests are told with their results, the latest order first`() throws {
    for (index, time) in [(0, "2026-03-01T10:00:00Z"), (2, "2026-03-01T11:00:00Z")] {
      let chat = try api.make("chat-sessions", ["patient_id": .string(patients[index])])
      let result = try api.make(
        "eligibility-results",
        [
          "patient_id": .string(patients[index]), "session_id": .string(chat.id),
          "is_eligible": true,
        ])
      let order = try api.make(
        "lab-orders",
        [
          "patient_id": .string(patients[index]), "provider_id": .string(index == 0 ? here : there),
          "eligibility_result_id": .string(result.id), "test_type": "BRCA",
          "ordered_at": .string(time),
        ])
      guard index == 0 else { continue }
      _ = try api.make("lab-results", ["order_id": .string(order.id), "status": "available"])
    }
    let report = try api("GET", "/api/reports/lab-order-status")
    #expect(names(report) == ["P2", "P0"])
    #expect(report.items.map { $0["result_status"] } == [.null, "available"])
    let columns = [
      "id", "first_name", "last_name", "test_type", "status", "ordered_at", "result_status",
    ]
    #expect(report.items.allSatisfy { $0.keys == columns })
    #expect(names(try api("GET", "/api/reports/lab-order-status?provider_id=\(here)")) == ["P0"])
    #expect(try api("GET", "/api/reports/lab-order-status?provider_id=x").status == 422)
    #expect(try api("GET", "/api/reports/nothing").status == 404)
  }
}
