import HTTP
import JSON
import Platform
import Testing

/// Users, accounts and devices over HTTP.
@Suite struct AccountTests {
  private static let password = "correct horse battery"
  let fixture: ProgramFixture
  let server: ClinicServer
  let owner: UserAgent

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "root@example.org", "--role",
        "super_admin", "--name", "Root", "--password-stdin",
      ], input: Self.password)
    owner = try UserAgent(server.address)
    try owner.logIn("root@example.org", Self.password)
  }

  private func user(_ email: String, _ more: JSONObject = [:]) -> JSONValue {
    var user: JSONObject = ["email": .string(email), "name": "Somebody", "role": "clinician"]
    for member in more.members { user[member.key] = member.value }
    return .object(user)
  }

  /// The token in the letter to an address.
  private func token(to address: String) throws -> String {
    let outbox = "\(server.data)/outbox"
    for name in try POSIXFileSystem().contents(ofDirectory: outbox) {
      let text = String(decoding: try readWhole("\(outbox)/\(name)"), as: UTF8.self)
      guard text.contains("To: \(address)\r\n") else { continue }
      try POSIXFileSystem().removeFile("\(outbox)/\(name)")
      return text.split(whereSeparator: \.isNewline).map(String.init)
        .last { $0.utf8.count == 64 && $0.allSatisfy(\.isHexDigit) } ?? ""
    }
    return ""
  }

  /// A user on a new connection, after the server was started again.
  private func again(_ agent: UserAgent) throws -> UserAgent {
    let other = try UserAgent(server.address)
    other.token = agent.token
    return other
  }

  private func accept(_ token: String, _ password: String) throws -> UserAgent.Answer {
    try UserAgent(server.address)(
      "POST", "/api/auth/accept", ["token": .string(token), "password": .string(password)])
  }

  @Test func `a user gets a password with the account, or sets it by a letter`() throws {
    let with = try owner("POST", "/api/users", user("a@example.org", ["password": "long enough"]))
    #expect(with.status == 201 && with["status"]?.stringValue == "active")
    #expect(with["password"] == nil && with["password_hash"] == nil)
    let agent = try UserAgent(server.address)
    #expect(try agent.logIn("a@example.org", "long enough") == 200)
    let without = try owner("POST", "/api/users", user("b@example.org"))
    #expect(without.status == 201 && without["status"]?.stringValue == "invited")
    #expect(try agent.logIn("b@example.org", "") == 401)
    let ticket = try token(to: "b@example.org")
    #expect(try accept("x", "long enough").status == 404)
    #expect(try accept(ticket, "short").status == 422)
    let accepted = try accept(ticket, "long enough")
    #expect(accepted.status == 200)
    #expect(accepted["user"]?.objectValue?["status"]?.stringValue == "active")
    #expect(try accept(ticket, "long enough").status == 404)
    #expect(try agent.logIn("b@example.org", "long enough") == 200)
    // Who forgot the password gets another letter; the logins of before are over.
    #expect(try owner("POST", "/api/users/\(without.id)/invite").status == 200)
    #expect(try agent("POST", "/api/users/\(without.id)/invite").status == 403)
    #expect(try accept(try token(to: "b@example.org"), "another horse").status == 200)
    #expect(try agent("GET", "/api/auth/me").status == 401)
    try server.stop()
  }

  @Test func `a letter to set a password holds for a week`() throws {
    _ = try owner("POST", "/api/users", user("b@example.org"))
    let ticket = try token(to: "b@example.org")
    try server.stop()
    try server.start(daysAhead: 8)
    #expect(try accept(ticket, "long enough").status == 410)
    try server.stop()
  }

  @Test func `an address has one user, also after it was changed`() throws {
    let first = try owner("POST", "/api/users", user("a@example.org", ["password": "long enough"]))
    let again = try owner("POST", "/api/users", user("A@example.org", ["password": "long enough"]))
    #expect(again.status == 409)
    let change: (String) throws -> Int = { email in
      try owner("PATCH", "/api/users/\(first.id)", ["email": .string(email)]).status
    }
    #expect(try change("root@example.org") == 409)
    #expect(try change("c@example.org") == 200)
    let agent = try UserAgent(server.address)
    #expect(try agent.logIn("a@example.org", "long enough") == 401)
    #expect(try agent.logIn("c@example.org", "long enough") == 200)
    try server.stop()
  }

  @Test func `who is made inactive, or deleted, is out at once`() throws {
    let user = try owner("POST", "/api/users", user("a@example.org", ["password": "long enough"]))
    let agent = try UserAgent(server.address)
    try agent.logIn("a@example.org", "long enough")
    let path = "/api/users/\(user.id)"
    #expect(try owner("PATCH", path, ["status": "inactive"]).status == 200)
    #expect(try agent("GET", "/api/patients").status == 403)
    #expect(try agent.logIn("a@example.org", "long enough") == 403)
    #expect(try owner("PATCH", path, ["status": "active"]).status == 200)
    #expect(try agent.logIn("a@example.org", "long enough") == 200)
    #expect(try owner("DELETE", path).status == 204)
    #expect(try agent("GET", "/api/patients").status == 403)
    try server.stop()
  }

  @Test func `max_users refuses the next user, whoever makes it, and whoever comes back`() throws {
    // The owner and the super_admin are there.
    let account = "/api/accounts/\(server.account)"
    #expect(try owner("PATCH", account, ["max_users": 3]).status == 200)
    let third = try owner("POST", "/api/users", user("a@example.org"))
    #expect(third.status == 201)
    #expect(try owner("POST", "/api/users", user("b@example.org")).status == 409)
    let administer = [
      "--data", server.data, "user", "create", "--account", server.account, "--email",
      "c@example.org", "--role", "clinician", "--name", "C",
    ]
    #expect(try fixture.run("satchel-server", administer).status == 1)
    let path = "/api/users/\(third.id)"
    #expect(try owner("PATCH", path, ["status": "inactive"]).status == 200)
    #expect(try owner("POST", "/api/users", user("b@example.org")).status == 201)
    #expect(try owner("PATCH", path, ["status": "active"]).status == 409)
    // A patient needs no seat.
    let patient = user("p@example.org", ["role": "patient", "password": "long enough"])
    #expect(try owner("POST", "/api/users", patient).status == 201)
    try server.stop()
  }

  @Test func `an inactive account is read only, a suspended one is closed`() throws {
    let laptop = try server.laptop("a")
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.sync()
    try server.administer(["account", "update", server.account, "--status", "inactive"])
    #expect(try owner("GET", "/api/patients/\(patient)").status == 200)
    #expect(try owner("PATCH", "/api/patients/\(patient)", ["phone": "1"]).status == 403)
    try laptop.succeed("update", "patient", patient, input: #"{"phone":"2"}"#)
    // 3: what was not taken is kept aside, and said.
    #expect(try laptop.run("sync").status == 3)
    #expect(try owner("GET", "/api/patients/\(patient)")["phone"] == nil)
    try server.administer(["account", "update", server.account, "--status", "suspended"])
    #expect(try owner("GET", "/api/patients/\(patient)").status == 403)
    #expect(try laptop.run("sync").status == 1)
    try server.administer(["account", "update", server.account, "--status", "active"])
    #expect(try owner("PATCH", "/api/patients/\(patient)", ["phone": "1"]).status == 200)
    try server.stop()
  }

  @Test func `administrators see devices, revoke them, and make codes`() throws {
    let code = try owner("POST", "/api/enrollment-codes", ["user": .string(ClinicServer.owner)])
    #expect(code.status == 201)
    let laptop = try TestLaptop(fixture, "a")
    try laptop.succeed(
      "enroll", "--server", server.url, "--code", code["code"]?.stringValue ?? "", "--device",
      "front desk")
    let devices = try owner("GET", "/api/devices")
    #expect(devices["total"]?.intValue == 1)
    let device = try #require(devices["items"]?.arrayValue?.first?.objectValue)
    #expect(device["name"]?.stringValue == "front desk" && device["token_hash"] == nil)
    let id = device["id"]?.stringValue ?? ""
    _ = try owner("POST", "/api/users", user("a@example.org", ["password": "long enough"]))
    let agent = try UserAgent(server.address)
    try agent.logIn("a@example.org", "long enough")
    for path in ["/api/devices/\(id)/revoke", "/api/enrollment-codes"] {
      #expect(try agent("POST", path, [:]).status == 403)
    }
    #expect(try agent("GET", "/api/devices").status == 403)
    #expect(try owner("POST", "/api/devices/\(server.account)/revoke").status == 404)
    #expect(
      try owner("POST", "/api/devices/\(id)/revoke")["state"]?.stringValue == "revoked")
    #expect(try laptop.run("sync").status == 1)
    try server.stop()
  }

  // MARK: - Settings

  @Test func `a clinic signs up where that is allowed, and sees nothing of another`() throws {
    let form: JSONObject = [
      "email": "olga@example.org", "password": "long enough", "name": "Olga",
      "clinic_name": "Hillside", "clinic_type": "dental", "clinic_size": "2-5",
      "phone": "555 0100",
    ]
    let early = try UserAgent(server.address)
    #expect(try early("POST", "/api/auth/signup", .object(form)).status == 403)
    try server.stop()
    try server.start(["--signup", "on"])
    let (agent, owner) = (try UserAgent(server.address), try again(owner))
    var bad = form
    bad["clinic_size"] = "huge"
    #expect(try agent("POST", "/api/auth/signup", .object(bad)).status == 422)
    let answer = try agent("POST", "/api/auth/signup", .object(form))
    #expect(answer.status == 201)
    #expect(try agent("POST", "/api/auth/signup", .object(form)).status == 409)
    agent.token = answer["access_token"]?.stringValue
    #expect(answer["user"]?.objectValue?["role"]?.stringValue == "owner")
    let clinic = try agent("GET", "/api/clinics")["items"]?.arrayValue?.first?.objectValue
    #expect(clinic?["name"]?.stringValue == "Hillside")
    let metadata = clinic?["clinic_metadata"]?.objectValue
    #expect(metadata?["phone"]?.stringValue == "555 0100")
    #expect(try agent("GET", "/api/users/\(try owner("GET", "/api/auth/me").id)").status == 404)
    #expect(try agent.logIn("olga@example.org", "long enough") == 200)
    try server.stop()
    let stores = try POSIXFileSystem().contents(ofDirectory: "\(server.data)/accounts")
    #expect(stores.count == 2, "what was refused left no store")
  }

  @Test func `a login holds as long as the settings say, under the secret that they give`() throws {
    let secret = "0123456789abcdefghijklmnopqrstuv"
    try server.stop()
    try server.start(["--token-minutes", "60", "--token-secret", secret])
    let agent = try UserAgent(server.address)
    #expect(try agent("GET", "/api/auth/me").status == 401)
    #expect(try again(owner)("GET", "/api/auth/me").status == 401, "signed with another key")
    let login: JSONValue = ["email": "root@example.org", "password": .string(Self.password)]
    let answer = try agent("POST", "/api/auth/login", login)
    #expect(answer["expires_in"]?.intValue == 3600)
    try server.stop()
  }

  @Test func `pages of a named origin may use the API, and no others`() throws {
    try server.stop()
    try server.start(["--cors-origin", "https://app.example"])
    let client = try HTTPClient(
      connectingTo: try #require(Endpoint(server.address)), timeoutSeconds: 30)
    func ask(_ method: String, _ origin: String) throws -> HTTPResponse {
      try client.send(
        method: method, target: "/api/patients",
        headers: ["Origin": origin, "Access-Control-Request-Method": "GET"], body: [])
    }
    let preflight = try ask("OPTIONS", "https://app.example")
    #expect(preflight.status == 204)
    #expect(preflight.headers["Access-Control-Allow-Origin"] == "https://app.example")
    #expect(preflight.headers["Access-Control-Allow-Headers"]?.contains("Authorization") == true)
    let refused = try ask("GET", "https://app.example")
    #expect(refused.status == 401)
    #expect(refused.headers["Access-Control-Allow-Origin"] == "https://app.example")
    let other = try ask("GET", "https://evil.example")
    #expect(other.headers["Access-Control-Allow-Origin"] == nil)
    let asked = try ask("OPTIONS", "https://evil.example")
    #expect(asked.status == 405 && asked.headers["Access-Control-Allow-Origin"] == nil)
    try server.stop()
  }

  @Test(arguments: [
    (["--token-secret", "short"], "--token-secret"), (["--token-minutes", "0"], "--token-minutes"),
    (["--cors-origin", "*"], "--cors-origin"), (["--environment", "x"], "--environment"),
    (["--signup", "perhaps"], "--signup"), (["--email-from", "nobody"], "--email-from"),
    (["--sendmail", "sendmail"], "--sendmail"), (["--ai-endpoint", "x"], "--ai-endpoint"),
    (["--invite-page", "x"], "--invite-page"),
  ])
  func `a setting that cannot be right is refused`(arguments: [String], name: String) throws {
    try expectRefusal(arguments, name)
  }

  @Test(arguments: [
    (["--debug", "on"], "--debug"), (["--cors-origin", "http://app.example"], "--cors-origin"),
    (["--token-secret", String(repeating: "a", count: 40)], "--token-secret"),
    (["--invite-page", "http://app.example/"], "https"),
    (
      ["--ai-endpoint", "http://ai.example/v1"], "--ai-endpoint"
    ), ([], "--email-from"),
  ])
  func `what is fit for trying out only is refused in production`(
    arguments: [String], name: String
  ) throws {
    let sender = arguments.isEmpty ? [] : ["--email-from", "c@clinic.example"]
    try expectRefusal(["--environment", "production"] + sender + arguments, name)
  }

  private func expectRefusal(_ arguments: [String], _ name: String) throws {
    try server.stop()
    let result = try fixture.run(
      "satchel-server",
      ["serve", "--data", server.data, "--listen", "127.0.0.1:0"] + arguments)
    #expect(result.status == 2 && result.errors.contains(name), "\(result.errors)")
  }
}
