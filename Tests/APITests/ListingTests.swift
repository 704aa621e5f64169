import API
import Clinic
import JSON
import ReplicaTestSupport
import Testing

@Suite struct ListingTests {
  let api: TestAPI

  init() throws { api = try TestAPI() }

  @Test func `pages hold everything once, in the order of creation`() throws {
    let made = try (0..<7).map { try api.patient("P\($0)", "Lima").id }
    var seen: [String] = []
    var target = "/api/patients?limit=3"
    for expected in [3, 3, 1] {
      let page = try api("GET", target)
      #expect(page["total"]?.intValue == 7 && page.items.count == expected)
      seen += page.items.compactMap { $0["id"]?.stringValue }
      target = "/api/patients?limit=3&cursor=\(page["next"]?.stringValue ?? "")"
    }
    #expect(seen == made && target.hasSuffix("cursor="))
  }

  @Test func `a page goes on behind its place, whatever came or went`() throws {
    let made = try (0..<4).map { try api.patient("P\($0)", "Lima").id }
    let next = try #require(try api("GET", "/api/patients?limit=2")["next"]?.stringValue)
    #expect(try api("DELETE", "/api/patients/\(made[1])").status == 204)
    let late = try api.patient("Late", "Lima").id
    let rest = try api("GET", "/api/patients?cursor=\(next)")
    #expect(rest.items.map { $0["id"]?.stringValue } == [made[2], made[3], late])
  }

  @Test func `a search finds names, addresses and numbers in any case and without accents`() throws
  {
    let jose = try api.patient("José", "Müller", ["email": "j@example.org", "phone": "030 123"]).id
    _ = try api.patient("Ana", "Lima")
    for words in ["jose", "MULLER", "muller%20jose", "j@EXAMPLE", "123"] {
      let target = "/api/patients?q=\(words.replacing("%20", with: " "))"
      #expect(try api("GET", target).items.map { $0["id"]?.stringValue } == [jose], "\(words)")
    }
    #expect(try api("GET", "/api/patients?q=nobody")["total"]?.intValue == 0)
  }

  @Test func `filters are by fields, also by those that are worked out`() throws {
    let ana = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    _ = try api.patient("Bo", "Lima", ["status": "inactive"])
    #expect(try api("GET", "/api/patients?status=inactive").items.count == 1)
    let user = try api.becomeUser(.clinician)
    let invite = try api("POST", "/api/generate_invite", ["patient_id": .string(ana)])
    #expect(invite.status == 201)
    let pending = try api("GET", "/api/patients?has_pending_invite=true")
    #expect(pending.items.map { $0["id"]?.stringValue } == [ana])
    #expect(try api("GET", "/api/patients?has_pending_invite=false")["total"]?.intValue == 1)
    #expect(try api("GET", "/api/invites?provider_id=\(user)")["total"]?.intValue == 1)
    #expect(try api("GET", "/api/invites?status=pending&patient_id=\(ana)").items.count == 1)
    api.clock.set("2026-04-02T12:00:00Z")
    #expect(try api("GET", "/api/invites?status=pending").items.isEmpty)
    let expired = try api("GET", "/api/invites?status=expired")
    #expect(expired.items.map { $0["status"] } == ["expired"])
  }

  @Test(arguments: [
    ("limit=0", 422), ("limit=1001", 422), ("limit=x", 422), ("limit=1000", 200), ("limit=1", 200),
    ("cursor=x", 400), ("colour=red", 422), ("password=x", 422),
  ])
  func `what a list does not understand is refused`(query: String, status: Int) throws {
    let type = query.hasPrefix("password") ? "users" : "patients"
    #expect(try api("GET", "/api/\(type)?\(query)").status == status)
  }
}
