import Causality
import Clinic
import JSON
import Testing

@testable import API

/// Invites of clients that know persons by e-mail and name only.
@Suite struct InviteModeTests {
  private let api: TestAPI

  init() throws { api = try TestAPI() }

  private let person: JSONValue = [
    "email": "ana@example.org", "first_name": "Ana", "last_name": "Lima",
  ]

  @Test(arguments: ["legacy", "both", nil])
  func `an invite may name a person by e-mail and name`(mode: String?) throws {
    if let mode { _ = try api.make("account-settings", ["invite_mode": .string(mode)]) }
    let clinician = try api.becomeUser(.clinician)
    let made = try api("POST", "/api/generate_invite", person)
    #expect(made.status == 201 && made["token"] != nil)
    #expect(made["email"] == "ana@example.org" && made["first_name"] == "Ana")
    let id = try #require(made["patient_id"]?.stringValue)
    let patient = try api("GET", "/api/patients/\(id)")
    #expect(patient["status"] == "pending" && patient["last_name"] == "Lima")
    #expect(patient["clinician_id"]?.stringValue == clinician.description)
    #expect(try api("POST", "/api/generate_invite", person).status == 409)
    #expect(try api("POST", "/api/invites/\(made.id)/revoke").status == 200)
    let again = try api("POST", "/api/generate_invite", person)
    #expect(again["patient_id"]?.stringValue == id)
    #expect(try api("GET", "/api/patients").object["total"]?.intValue == 1)
  }

  @Test func `an invite must name its patient once the account says so`() throws {
    _ = try api.make("account-settings", ["invite_mode": "patient_first"])
    try api.becomeUser(.clinician)
    let refused = try api("POST", "/api/generate_invite", person)
    #expect(refused.status == 422 && refused.badFields == ["patient_id"])
    #expect(try api("GET", "/api/patients").object["total"]?.intValue == 0)
    let patient = try api.patient("Ana", "Lima", ["email": "ana@example.org"])
    let order: JSONValue = ["patient_id": .string(patient.id)]
    #expect(try api("POST", "/api/generate_invite", order).status == 201)
  }

  @Test func `an invite that is refused makes no patient`() throws {
    let refused = try api("POST", "/api/generate_invite", person)
    #expect(refused.status == 422 && refused.badFields == ["provider_id"])
    try api.becomeUser(.clinician)
    let nameless = try api("POST", "/api/generate_invite", ["email": "ana@example.org"])
    #expect(nameless.status == 422 && nameless.badFields == ["patient_id"])
    #expect(try api("GET", "/api/patients").object["total"]?.intValue == 0)
  }

  @Test func `a patient whom the caller may not see is not invited`() throws {
    _ = try api.patient("Ana", "Lima", ["email": "ana@example.org"])
    _ = try api.make("account-settings", ["clinicians_see": "own"])
    try api.becomeUser(.clinician)
    #expect(try api("POST", "/api/generate_invite", person).status == 404)
    api.caller = Caller(user: nil, role: .patient)
    #expect(try api("POST", "/api/generate_invite", person).status == 403)
  }
}
