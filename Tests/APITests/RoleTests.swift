import Causality
import Clinic
import Documents
import JSON
import Replica
import ReplicaTestSupport
import Testing

@testable import API

@Suite struct RoleTests {
  let api: TestAPI

  init() throws { api = try TestAPI() }

  @Test func `a patient sees the own record and invites, and writes nothing`() throws {
    let mine = try api.patient("Ana", "Lima", ["email": "ana@example.org"]).id
    let other = try api.patient("Bo", "Lima", ["email": "bo@example.org"]).id
    try api.becomeUser(.clinician)
    for id in [mine, other] {
      #expect(try api("POST", "/api/generate_invite", ["patient_id": .string(id)]).status == 201)
    }
    let user = try api.becomeUser(.patient)
    let patient = api.caller
    api.caller = Caller(user: nil, role: .owner)
    let link: JSONValue = ["user_id": .string(user.description)]
    #expect(try api("PATCH", "/api/patients/\(mine)", link).status == 200)
    api.caller = patient
    #expect(try api("GET", "/api/patients").items.map { $0["id"]?.stringValue } == [mine])
    #expect(try api("GET", "/api/invites").items.map { $0["patient_id"]?.stringValue } == [mine])
    #expect(try api("GET", "/api/patients/\(other)").status == 404)
    #expect(try api("GET", "/api/appointments").status == 403)
    #expect(try api("PATCH", "/api/patients/\(mine)", ["phone": "1"]).status == 403)
    #expect(try api("POST", "/api/generate_invite", ["patient_id": .string(mine)]).status == 403)
    #expect(try api("GET", "/api/users/\(user)").status == 200)
  }

  @Test(arguments: [("own", 1), ("clinic", 2), ("account", 3)])
  func `a clinician sees as much as the account lets him`(reach: String, count: Int) throws {
    _ = try api.make("account-settings", ["clinicians_see": .string(reach)])
    let here = try api.make("clinics", ["name": "Here"]).id
    let user = try api.becomeUser(.clinician, ["clinic_id": .string(here)])
    let clinician = api.caller
    api.caller = Caller(user: nil, role: .owner)
    let own = try api.patient("Own", "Lima", ["clinician_id": .string(user.description)]).id
    let near = try api.patient("Near", "Lima", ["clinic_id": .string(here)]).id
    let far = try api.patient("Far", "Lima").id
    for id in [own, near, far] {
      let form: JSONValue = [
        "patient_id": .string(id), "clinic_id": .string(here), "raw_answers": ["a": 1],
      ]
      #expect(try api("POST", "/api/intake", form).status == 201)
    }
    api.caller = clinician
    #expect(try api("GET", "/api/patients")["total"]?.intValue == count)
    let all = [own, near, far]
    for (index, id) in all.enumerated() {
      #expect(try api("GET", "/api/patients/\(id)").status == (index < count ? 200 : 404))
    }
    // A form belongs to its patient, but one of the clinic is the clinic's.
    let forms = try api("GET", "/api/intake")["total"]?.intValue
    #expect(forms == (reach == "own" ? 1 : 3))
  }

  @Test func `users and settings are for administrators`() throws {
    try api.becomeUser(.officeStaff)
    #expect(try api("GET", "/api/users").status == 403)
    let user: JSONValue = ["email": "x@example.org", "name": "X", "role": "owner"]
    #expect(try api("POST", "/api/users", user).status == 403)
    #expect(try api("POST", "/api/clinics", ["name": "X"]).status == 403)
    #expect(try api("GET", "/api/clinics").status == 200)
    #expect(try api("GET", "/api/users/\(api.caller.user?.description ?? "")").status == 200)
  }

  @Test func `nobody gives himself more than he has`() throws {
    try api.becomeUser(.admin)
    let user: JSONObject = ["email": "x@example.org", "name": "X"]
    let grand = user.merging(["role": "super_admin"])
    #expect(try api("POST", "/api/users", .object(grand)).status == 403)
    let made = try api.make("users", .object(user.merging(["role": "clinician"])))
    #expect(try api("PATCH", "/api/users/\(made.id)", ["role": "super_admin"]).status == 403)
    #expect(try api("PATCH", "/api/users/\(made.id)", ["role": "admin"]).status == 200)
    #expect(try api("POST", "/api/accounts", ["name": "X"]).status == 403)
    api.caller = Caller(user: nil, role: .superAdmin)
    #expect(try api("PATCH", "/api/users/\(made.id)", ["role": "super_admin"]).status == 200)
  }

  @Test func `items are for those who see all that they are about`() throws {
    _ = try api.make("account-settings", ["clinicians_see": "own"])
    let user = try api.becomeUser(.clinician)
    let clinician = api.caller
    api.caller = Caller(user: nil, role: .owner)
    let mine: JSONObject = ["clinician_id": .string(user.description)]
    let birth: JSONObject = ["date_of_birth": "1970-01-01"]
    _ = try api.patient("Ana", "Lima", mine.merging(birth))
    let other = try api.patient("Ana", "Lima", birth).id
    let item = try #require(try api("GET", "/api/review").items.first?["id"]?.stringValue)
    api.caller = clinician
    #expect(try api("GET", "/api/review")["total"]?.intValue == 0)
    let decision: JSONValue = ["action": "dismiss"]
    #expect(try api("POST", "/api/review/\(item)/resolve", decision).status == 404)
    api.caller = Caller(user: nil, role: .owner)
    let link: JSONValue = ["clinician_id": .string(user.description)]
    #expect(try api("PATCH", "/api/patients/\(other)", link).status == 200)
    api.caller = clinician
    #expect(try api("GET", "/api/review")["total"]?.intValue == 1)
    #expect(try api("POST", "/api/review/\(item)/resolve", decision)["left"]?.intValue == 0)
  }

  @Test(arguments: [
    ("users", 404), ("clinics", 403),
  ])
  func `an item is decided by those who may write what it is about`(
    path: String, status: Int
  ) throws {
    let form: JSONObject = ["name": "Zero", "email": "z@example.org", "role": "clinician"]
    let made = try api.make(path, path == "users" ? .object(form) : ["name": "Zero"])
    let type = String(path.dropLast())
    let key = DocumentKey(type: type, id: try #require(UniqueID(made.id)))
    let laptops = try (0..<2).map { _ in try TestReplica(of: api.server, clock: api.clock) }
    for laptop in laptops { try laptop.sync(with: api.server) }
    for (laptop, name) in zip(laptops, ["One", "Two"]) {
      try laptop.replica.transact { (transaction) throws(ReplicaError) in
        let before = try transaction.document(key).map(transaction.fields) ?? JSONObject()
        _ = try transaction.set(key, to: before.merging(["name": .string(name)]))
      }
    }
    for laptop in laptops { try laptop.sync(with: api.server) }
    let item = try #require(try api("GET", "/api/review").items.first?["id"]?.stringValue)
    let decision: JSONValue = ["keep": 1]
    let path = "/api/review/\(item)/resolve"
    for role in [Role.clinician, .officeStaff] {
      try api.becomeUser(role)
      let count = status == 404 ? 0 : 1
      #expect(try api("GET", "/api/review")["total"]?.intValue == count)
      #expect(try api("GET", "/api/dashboard")["review_items"]?.intValue == count)
      #expect(try api("POST", path, decision).status == status)
    }
    try api.becomeUser(.admin)
    #expect(try api("POST", path, decision)["left"]?.intValue == 0)
  }

  @Test func `only a super_admin changes another`() throws {
    let form: JSONObject = ["email": "x@example.org", "name": "X", "role": "super_admin"]
    api.caller = Caller(user: nil, role: .superAdmin)
    let made = try api.make("users", .object(form))
    let path = "/api/users/\(made.id)"
    try api.becomeUser(.owner)
    #expect(try api("PATCH", path, ["email": "me@example.org"]).status == 403)
    #expect(try api("PUT", path, .object(form.merging(["role": "admin"]))).status == 403)
    #expect(try api("DELETE", path).status == 403)
    #expect(try api("GET", path)["email"]?.stringValue == "x@example.org")
    api.caller = Caller(user: nil, role: .superAdmin)
    #expect(try api("PATCH", path, ["email": "me@example.org"]).status == 200)
    #expect(try api("DELETE", path).status == 204)
  }

  @Test func `office staff edit patients unless the account says no`() throws {
    let patient = try api.patient("Ana", "Lima").id
    let settings = try api.make("account-settings", ["office_staff_edit_patients": false]).id
    try api.becomeUser(.officeStaff)
    let staff = api.caller
    let refused = try api("PATCH", "/api/patients/\(patient)", ["phone": "1"])
    #expect(refused.status == 403)
    #expect(try api("POST", "/api/patients/bulk", ["patients": []]).status == 403)
    api.caller = Caller(user: nil, role: .owner)
    let path = "/api/account-settings/\(settings)"
    #expect(try api("PATCH", path, ["office_staff_edit_patients": true]).status == 200)
    api.caller = staff
    #expect(try api("PATCH", "/api/patients/\(patient)", ["phone": "1"]).status == 200)
  }

  @Test func `what is written names its author`() throws {
    let user = try api.becomeUser(.officeStaff)
    let made = try api.patient("Ana", "Lima")
    #expect(made["created_by"]?.stringValue == user.description)
  }
}
