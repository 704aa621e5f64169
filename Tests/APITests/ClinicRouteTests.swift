import Causality
import Clinic
import Documents
import HTTP
import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import API

@Suite struct ClinicRouteTests {
  let api: TestAPI

  init() throws { api = try TestAPI() }

  @Test func `many patients are created, and each bad one is told`() throws {
    let answer = try api(
      "POST", "/api/patients/bulk",
      ["patients": [["first_name": "A", "last_name": "B"], ["first_name": "C"], 5]])
    #expect(answer.status == 200 && answer["created"]?.arrayValue?.count == 1)
    let errors = answer["errors"]?.arrayValue?.compactMap(\.objectValue) ?? []
    #expect(errors.compactMap { $0["index"]?.intValue } == [1, 2])
    #expect(try api("GET", "/api/patients")["total"]?.intValue == 1)
    #expect(try api("POST", "/api/patients/bulk", ["patients": 1]).status == 422)
  }

  private static let file = "first_name,last_name,email\r\nAna,Lima,ana@example.org\r\nBo,,\r\n"

  @Test func `a file is imported as it is or as a field of a form, and once`() throws {
    let path = "/api/patients/import-csv"
    let first = try api.send(
      "POST", path, bytes: Array(Self.file.utf8), headers: ["Content-Type": "text/csv"])
    #expect(first.status == 200 && first["created"]?.intValue == 1)
    let errors = first["errors"]?.arrayValue?.compactMap(\.objectValue) ?? []
    #expect(errors.map { $0["line"]?.intValue } == [3])
    let form =
      "--frontier\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--frontier\r\n"
      + "Content-Disposition: form-data; name=\"file\"; filename=\"p.csv\"\r\n"
      + "Content-Type: text/csv\r\n\r\n\(Self.file)\r\n--frontier--\r\n"
    let again = try api.send(
      "POST", path, bytes: Array(form.utf8),
      headers: ["Content-Type": "multipart/form-data; boundary=\"frontier\""])
    #expect(again["created"]?.intValue == 0 && again["unchanged"]?.intValue == 1)
    #expect(try api("GET", "/api/patients")["total"]?.intValue == 1)
  }

  @Test(arguments: ["", "--frontier\r\n\r\n", "--other\r\n\r\nx\r\n--other--\r\n"])
  func `a form without a file is malformed`(form: String) throws {
    let answer = try api.send(
      "POST", "/api/patients/import-csv", bytes: Array(form.utf8),
      headers: ["Content-Type": "multipart/form-data; boundary=frontier"])
    #expect(answer.status == 400)
  }

  @Test func `two patients become one and two again`() throws {
    let (ana, anna) = (try api.patient("Ana", "Lima").id, try api.patient("Anna", "Lima").id)
    let path = "/api/patients/\(anna)"
    let merged = try api("POST", "\(path)/merge", ["into": .string(ana)])
    #expect(merged.status == 200 && merged["merged_into"]?.stringValue == ana)
    #expect(try api("POST", "\(path)/merge", ["into": .string(ana)]).status == 409)
    #expect(try api("POST", "\(path)/unmerge").status == 200)
    #expect(try api("POST", "\(path)/unmerge").status == 409)
    #expect(try api("POST", "\(path)/merge", ["into": 5]).status == 422)
  }

  @Test func `an invite tells its token once, and ends once`() throws {
    let ana = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    let order: JSONValue = ["patient_id": .string(ana), "expiry_days": 5]
    let refused = try api("POST", "/api/generate_invite", order)
    #expect(refused.status == 422 && refused.badFields == ["provider_id"])
    try api.becomeUser(.clinician)
    let made = try api("POST", "/api/generate_invite", order)
    #expect(made.status == 201 && made["token"]?.stringValue?.utf8.count == 64)
    #expect(made["expires_at"] == "2026-03-07T12:00:00.000Z")
    let path = "/api/invites/\(made.id)"
    #expect(try api("GET", path)["token"] == nil)
    #expect(try api("POST", "/api/generate_invite", order).status == 409)
    let resent = try api("POST", "\(path)/resend")
    #expect(resent.status == 201 && resent["token"] != made["token"])
    #expect(try api("GET", path)["status"] == "revoked")
    let second = "/api/invites/\(resent.id)"
    let revoked = try api("POST", "\(second)/revoke", ["reason": "wrong person"])
    #expect(revoked["status"] == "revoked" && revoked["revoke_reason"] == "wrong person")
    #expect(try api("POST", "\(second)/resend").status == 409)
  }

  /// Another laptop had invited the patient too.
  @Test func `an acceptance ends the other invites of the patient`() throws {
    let ana = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    try api.becomeUser(.clinician)
    let made = try api("POST", "/api/generate_invite", ["patient_id": .string(ana)])
    let other = "11111111-1111-4111-8111-111111111111"
    try api.server.put([
      [
        "type": "invite", "id": .string(other), "patient_id": .string(ana),
        "email": "ana@example.org", "status": "pending", "expires_at": "2026-03-09T12:00:00.000Z",
      ]
    ])
    let token = try #require(made["token"]?.stringValue)
    let replica = api.server.replica
    let user = try replica.accept(Acceptance(token: token, name: nil, dateOfBirth: nil))
    let ended = try api("GET", "/api/invites/\(other)")
    #expect(ended["status"] == "revoked" && ended["revoke_reason"] == "already_registered")
    let patient = try api("GET", "/api/patients/\(ana)")
    #expect(patient["user_id"]?.stringValue == user.id.description)
    #expect(throws: ReplicaError.self) {
      try replica.accept(Acceptance(token: token, name: nil, dateOfBirth: nil))
    }
  }

  /// The link may be in a mail box that is not the patient's any more.
  @Test(arguments: [nil, "1980-02-03"])
  func `after another address only the date of birth opens an account`(known: String?) throws {
    var person: JSONObject = ["email": "old@example.org"]
    person["date_of_birth"] = known.map { .string($0) }
    let ana = try api.patient("Ana", "Lima", person).id
    try api.becomeUser(.clinician)
    let made = try api("POST", "/api/generate_invite", ["patient_id": .string(ana)])
    let token = try #require(made["token"]?.stringValue)
    #expect(try api("PATCH", "/api/patients/\(ana)", ["email": "new@example.org"]).status == 200)
    for birth in [nil, "1980-02-04"] {
      #expect(throws: ReplicaError.self) {
        try api.server.replica.accept(Acceptance(token: token, name: nil, dateOfBirth: birth))
      }
    }
    let right = Acceptance(token: token, name: nil, dateOfBirth: "1980-02-03")
    let user = try? api.server.replica.accept(right)
    #expect((user != nil) == (known != nil))
  }

  @Test func `many patients are invited, and each who cannot be is told`() throws {
    let ana = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    let bo = try api.patient("Bo", "Lima").id
    try api.becomeUser(.clinician)
    let answer = try api(
      "POST", "/api/bulk_invite", ["patient_ids": [.string(ana), .string(bo), "x"]])
    let results = answer["results"]?.arrayValue?.compactMap(\.objectValue) ?? []
    #expect(answer.status == 200 && results.map { $0["invite"] != nil } == [true, false, false])
  }

  @Test func `the journey of a patient is told in order of time`() throws {
    let ana = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    let clinic = try api.make("clinics", ["name": "Here"]).id
    try api.becomeUser(.clinician)
    _ = try api("POST", "/api/generate_invite", ["patient_id": .string(ana)])
    api.clock.set("2026-03-03T12:00:00Z")
    let form: JSONValue = [
      "patient_id": .string(ana), "clinic_id": .string(clinic), "raw_answers": [:],
    ]
    #expect(try api("POST", "/api/intake", form).status == 201)
    let journey = try api("GET", "/api/patients/\(ana)/timeline")
    #expect(journey.items.map { $0["type"] } == ["invite", "intake_form"])
    #expect(
      journey.items.map { $0["at"]?.stringValue?.prefix(10) } == ["2026-03-02", "2026-03-03"])
  }
}
