import HTTP
import JSON
import Platform
import Testing

/// People who use the API of the programs over HTTP.
@Suite struct UserTests {
  private static let password = "correct horse battery"
  private let fixture: ProgramFixture

  init() throws { fixture = try ProgramFixture() }

  private func server() throws -> ClinicServer {
    let server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "clinician", "--name", "Ana Field", "--password-stdin",
      ], input: Self.password)
    return server
  }

  @Test func `a login holds until its user logs out, also after a restart`() throws {
    let server = try server()
    let ana = try UserAgent(server.address)
    #expect(try ana.logIn("ana@example.org", "wrong horse") == 401)
    #expect(try ana.logIn("nobody@example.org", Self.password) == 401)
    #expect(try ana("GET", "/api/patients").status == 401)
    #expect(try ana.logIn("ANA@example.org", Self.password) == 200)
    #expect(try ana("GET", "/api/auth/me")["name"]?.stringValue == "Ana Field")
    try server.stop()
    try server.start()
    let again = try UserAgent(server.address)
    again.token = ana.token
    #expect(try again("GET", "/api/patients").status == 200)
    #expect(try again("POST", "/api/auth/logout").status == 204)
    #expect(try again("GET", "/api/patients").status == 401)
    try server.stop()
  }

  @Test func `another password ends the logins of before`() throws {
    let server = try server()
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let change: (String, String) throws -> Int = { old, new in
      let body: JSONValue = ["old_password": .string(old), "new_password": .string(new)]
      return try ana("POST", "/api/auth/password", body).status
    }
    #expect(try change("wrong horse", "another horse") == 401)
    #expect(try change(Self.password, "short") == 422)
    #expect(try change(Self.password, "another horse") == 204)
    #expect(try ana("GET", "/api/auth/me").status == 401)
    #expect(try ana.logIn("ana@example.org", Self.password) == 401)
    #expect(try ana.logIn("ana@example.org", "another horse") == 200)
    #expect(try ana("GET", "/api/auth/me").status == 200)
    try server.stop()
  }

  @Test func `a token that was changed, or is another's, opens nothing`() throws {
    let (server, ana) = (try server(), try ClinicServer(fixture, name: "other"))
    let agent = try UserAgent(server.address)
    try agent.logIn("ana@example.org", Self.password)
    let token = try #require(agent.token)
    let parts = token.split(separator: ".").map(String.init)
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for forged in [
      "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
      "\(parts[0]).\(parts[1].dropLast()).\(parts[2])", parts[1], "", "x.y.z",
    ] {
      agent.token = forged
      #expect(try agent("GET", "/api/patients").status == 401, "\(forged)")
    }
    let elsewhere = try UserAgent(ana.address)
    elsewhere.token = token
    #expect(try elsewhere("GET", "/api/patients").status == 401)
    try server.stop()
    try ana.stop()
  }

  @Test func `an invited patient opens an account and sees the own record`() throws {
    let server = try server()
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let patient: JSONValue = [
      "first_name": "Pat", "last_name": "Lima", "email": "pat@example.org",
      "date_of_birth": "1980-02-03",
    ]
    let id = try ana("POST", "/api/patients", patient).id
    let invite = try ana("POST", "/api/generate_invite", ["patient_id": .string(id)])
    let token = try #require(invite["token"])
    let pat = try UserAgent(server.address)
    #expect(try pat("POST", "/api/invites/verify", ["token": "x"]).status == 404)
    let shown = try pat("POST", "/api/invites/verify", ["token": token])
    #expect(shown.status == 200 && shown["first_name"]?.stringValue == "Pat")
    var form: JSONObject = ["token": token, "password": "short"]
    let accept = { try pat("POST", "/api/invites/accept", .object(form)).status }
    #expect(try accept() == 422)
    form["password"] = "patient horse"
    form["date_of_birth"] = "1980-02-04"
    #expect(try accept() == 422)
    #expect(try pat.logIn("pat@example.org", "patient horse") == 401, "nothing is kept of it")
    form["date_of_birth"] = "1980-02-03"
    #expect(try accept() == 201)
    #expect(try accept() == 409)
    #expect(try pat("POST", "/api/invites/verify", ["token": token]).status == 409)
    #expect(try pat.logIn("pat@example.org", "patient horse") == 200)
    let own = try pat("GET", "/api/patients")
    #expect(own["total"]?.intValue == 1)
    #expect(try ana("GET", "/api/invites/\(invite.id)")["status"]?.stringValue == "accepted")
    #expect(try ana("GET", "/api/patients/\(id)")["user_id"] != nil)
    try server.stop()
  }

  @Test func `an invite that was revoked, or whose patient is inactive, is over`() throws {
    let server = try server()
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let patient: JSONValue = [
      "first_name": "Pat", "last_name": "Lima", "email": "pat@example.org",
    ]
    let id = try ana("POST", "/api/patients", patient).id
    let order: JSONValue = ["patient_id": .string(id)]
    let first = try ana("POST", "/api/generate_invite", order)
    #expect(try ana("POST", "/api/invites/\(first.id)/revoke").status == 200)
    let verify = { (token: JSONValue?) in
      try ana("POST", "/api/invites/verify", ["token": token ?? .null]).status
    }
    #expect(try verify(first["token"]) == 410)
    let second = try ana("POST", "/api/generate_invite", order)
    #expect(try verify(second["token"]) == 200)
    #expect(try ana("PATCH", "/api/patients/\(id)", ["status": "inactive"]).status == 200)
    #expect(try verify(second["token"]) == 410)
    try server.stop()
  }

  @Test func `the daemon answers from its store, on its socket and on loopback`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let address = try laptop.startDaemon(listening: "127.0.0.1:0")
    let agent = try UserAgent(address)
    #expect(try agent("GET", "/api/patients").status == 401)
    let bytes = try readWhole("\(laptop.store)/api.token")
    agent.token = String(decoding: bytes.dropLast(), as: UTF8.self)
    let made = try agent("POST", "/api/patients", ["first_name": "Pat", "last_name": "Lima"])
    #expect(made.status == 201)
    #expect(try laptop.succeed("list", "patient", "--json").contains(made.id))
    #expect(try agent("GET", "/api/sync/status")["state"]?.stringValue == "local")
    #expect(try agent("POST", "/api/sync/now").status == 503)
    let status = try #require(try POSIXFileSystem().status("\(laptop.store)/api.token"))
    #expect(status.permissions == 0o600)
    try laptop.stopDaemon()
  }
}
