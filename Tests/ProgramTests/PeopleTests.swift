import Glibc
import JSON
import Platform
import Testing

/// People who share a laptop.
@Suite struct PeopleTests {
  private static let passwords = [
    "ana@example.org": "correct horse", "bo@example.org": "battery staple",
  ]
  private let fixture: ProgramFixture
  private let server: ClinicServer
  private let laptop: TestLaptop

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    for (email, password) in Self.passwords.sorted(by: <) {
      try server.administer(
        [
          "user", "create", "--account", server.account, "--email", email, "--role", "clinician",
          "--name", email.hasPrefix("ana") ? "Ana Field" : "Bo Field", "--password-stdin",
        ], input: password)
    }
    laptop = try server.laptop("shared")
    try laptop.sync()
  }

  @discardableResult
  private func logIn(
    _ email: String, _ password: String? = nil, secondsAhead: Int = 0
  ) throws -> ProgramResult {
    laptop.environment = [
      "SATCHEL_PASSWORD=\(password ?? Self.passwords[email] ?? "")",
      "SATCHEL_TEST_CLOCK_AHEAD=\(secondsAhead)",
    ]
    defer { laptop.environment = [] }
    return try laptop.run("login", email)
  }

  private func expectLogin(_ email: String) throws {
    let result = try logIn(email)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func later(_ seconds: Int, _ arguments: String...) throws -> ProgramResult {
    laptop.environment = ["SATCHEL_TEST_CLOCK_AHEAD=\(seconds)"]
    defer { laptop.environment = [] }
    return try laptop.start(arguments).wait()
  }

  /// Who wrote what a document's history shows, the latest last.
  private func authors(_ id: String) throws -> [String] {
    try laptop.succeed("history", "patient", id, "--json").split(separator: "\n").compactMap {
      try JSONValue(parsing: Array($0.utf8)).objectValue?["user"]?.stringValue
    }
  }

  @Test func `two take turns, and each writes in the own name`() throws {
    try expectLogin("ana@example.org")
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try server.stop()
    #expect(try logIn("bo@example.org").errors.contains("must be reached for that once"))
    try server.start()
    try expectLogin("bo@example.org")
    try server.stop()
    // From here on without a network.
    try laptop.succeed("update", "patient", patient, input: #"{"phone":"2"}"#)
    try expectLogin("ana@example.org")
    try laptop.succeed("update", "patient", patient, input: #"{"phone":"3"}"#)
    let turns = ["Ana Field", "Bo Field", "Ana Field"]
    #expect(try authors(patient) == turns)
    try server.start()
    try laptop.sync()
    #expect(try laptop.status()["unsent"]?.intValue == 0)
    #expect(try laptop.run("list", "refused_change", "--json").text.isEmpty)
    #expect(try authors(patient) == turns)
  }

  @Test func `nobody who is not logged in reads or writes anything`() throws {
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try expectLogin("ana@example.org")
    #expect(try laptop.succeed("whoami", "--json").contains("Ana Field"))
    try laptop.succeed("lock")
    for arguments in [
      ["get", "patient", patient], ["list", "patient"], ["history", "patient", patient],
      ["export", "ndjson"], ["review"], ["delete", "patient", patient],
    ] {
      let result = try laptop.start(arguments).wait()
      #expect(result.status == 1 && result.text.isEmpty, "\(arguments)")
      #expect(result.errors.contains("nobody is logged in: satchel login EMAIL"), "\(arguments)")
    }
    #expect(try laptop.run("status").status == 0 && laptop.run("sync").status == 0)
    let wrong = try logIn("ana@example.org", "wrong horse")
    #expect(wrong.status == 1 && wrong.errors.contains("the password is wrong"))
    #expect(try laptop.run("list", "patient").status == 1)
    try expectLogin("ana@example.org")
    #expect(try laptop.run("get", "patient", patient).status == 0)
    try laptop.succeed("logout")
    #expect(try laptop.run("get", "patient", patient).status == 1)
  }

  @Test func `after ten idle minutes, and after a week without the server, the door is closed`()
    throws
  {
    try expectLogin("ana@example.org")
    #expect(try later(9 * 60, "list", "patient").status == 0)
    #expect(try later(18 * 60, "list", "patient").status == 0)
    #expect(try later(29 * 60, "list", "patient").status == 1)
    try server.stop()
    let day = 86_400
    #expect(try logIn("ana@example.org", secondsAhead: 6 * day).status == 0)
    let overdue = try logIn("ana@example.org", secondsAhead: 8 * day)
    #expect(overdue.status == 1 && overdue.errors.contains("not heard of for a week"))
    #expect(try later(8 * day, "status").status == 0)
    // Heard of again.
    try server.start(daysAhead: 8)
    #expect(try later(8 * day, "sync").status == 0)
    try server.stop()
    #expect(try logIn("ana@example.org", secondsAhead: 9 * day).status == 0)
  }

  @Test func `whoever tries passwords has to wait`() throws {
    try expectLogin("ana@example.org")
    try server.stop()
    for _ in 0..<10 { #expect(try logIn("ana@example.org", "wrong").errors.contains("is wrong")) }
    let refused = try logIn("ana@example.org")
    #expect(refused.status == 1 && refused.errors.contains("too many wrong passwords"))
    #expect(try logIn("ana@example.org", secondsAhead: 601).status == 0)
  }

  @Test func `a person who was deactivated is out after the next sync, and the work is kept aside`()
    throws
  {
    try expectLogin("ana@example.org")
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.sync()
    try expectLogin("bo@example.org")
    try laptop.succeed("update", "patient", patient, input: #"{"phone":"bo's"}"#)
    try server.administer(["user", "disable", "bo@example.org"])
    try expectLogin("ana@example.org")
    try laptop.succeed("update", "patient", patient, input: #"{"notes":"ana's"}"#)
    _ = try laptop.run("sync")
    let shown = try laptop.succeed("get", "patient", patient, "--json")
    #expect(shown.contains("ana's") && !shown.contains("bo's"))
    #expect(try laptop.succeed("list", "refused_change", "--json").contains(patient))
    let refused = try logIn("bo@example.org")
    #expect(refused.status == 1 && refused.errors.contains("no access"), "\(refused.errors)")
    try server.stop()
    #expect(try logIn("bo@example.org").status == 1)
    #expect(try logIn("ana@example.org").status == 0)
  }

  @Test func `another password counts on laptops after the next sync`() throws {
    try expectLogin("ana@example.org")
    let agent = try UserAgent(server.address)
    try agent.logIn("ana@example.org", "correct horse")
    let form: JSONValue = ["old_password": "correct horse", "new_password": "another horse"]
    #expect(try agent("POST", "/api/auth/password", form).status == 204)
    // Not heard of yet.
    #expect(try laptop.run("list", "patient").status == 0)
    try laptop.sync()
    #expect(try laptop.run("list", "patient").status == 1)
    #expect(try logIn("ana@example.org", "correct horse").status == 1)
    #expect(try logIn("ana@example.org", "another horse").status == 0)
    try server.stop()
    #expect(try logIn("ana@example.org", "another horse").status == 0)
  }

  @Test func `the daemon keeps the door too`() throws {
    let address = try laptop.startDaemon(listening: "127.0.0.1:0")
    try expectLogin("ana@example.org")
    let token = String(
      decoding: try readWhole("\(laptop.store)/api.token").dropLast(), as: UTF8.self)
    let agent = try UserAgent(address)
    agent.token = token
    func status(_ method: String, _ path: String) throws -> Int {
      try agent(method, path).status
    }
    #expect(try status("GET", "/api/patients") == 200)
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    #expect(try authors(patient) == ["Ana Field"])
    try laptop.succeed("lock")
    #expect(try status("GET", "/api/patients") == 401 && status("GET", "/api/sync/status") == 200)
    #expect(try laptop.run("list", "patient").status == 1)
    try laptop.stopDaemon()
  }

  // MARK: - Audit

  /// What the server's audit says of laptops.
  private func audited() throws -> [JSONObject] {
    try server.administer(["audit"]).split(separator: "\n")
      .compactMap { try JSONValue(parsing: Array($0.utf8)).objectValue }
      .filter { $0["event"]?.stringValue == "laptop" }
  }

  private func events() throws -> [String] {
    try audited().compactMap { $0["device_event"]?.stringValue }
  }

  @Test func `who read, searched and exported what is in the server's audit after the next sync`()
    throws
  {
    try expectLogin("ana@example.org")
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try server.stop()
    _ = try logIn("ana@example.org", "wrong horse")
    try expectLogin("ana@example.org")
    try laptop.succeed("get", "patient", patient)
    try laptop.succeed("list", "patient", "--search", "Okafor")
    try laptop.succeed("export", "ndjson", "--type", "patient")
    try server.start()
    try laptop.sync()
    #expect(
      try events() == ["login", "login_failed", "login", "read", "search", "export"])
    let read = try #require(try audited().first { $0["device_event"]?.stringValue == "read" })
    #expect(read["ids"]?.arrayValue?.compactMap(\.stringValue) == [patient])
    #expect(
      try server.administer(["user", "list", "--json"]).contains(read["user"]?.stringValue ?? "-"))
    // Nothing twice, and nothing of what was read.
    try laptop.succeed("get", "patient", patient)
    try laptop.sync()
    #expect(try events().count == 7)
    #expect(try !server.administer(["audit"]).contains("Okafor"))
  }

  @Test func `an audit that was changed on a laptop says so at the server`() throws {
    try expectLogin("ana@example.org")
    try laptop.succeed("list", "patient")
    try laptop.sync()
    let file = "\(laptop.store)/audit.jsonl"
    for _ in 0..<3 { try laptop.succeed("list", "patient") }
    let lines = String(decoding: try readWhole(file), as: UTF8.self).split(separator: "\n")
    try POSIXFileSystem().writeFileDurably(
      file, Array((lines[0] + "\n" + lines[2] + "\n").utf8))
    try laptop.succeed("list", "patient")
    try laptop.sync()
    #expect(try events().suffix(3) == ["list", "cut_off", "list"])
    #expect(try server.administer(["audit", "--verify"]).contains("entries"))
  }

  @Test func `in an emergency somebody reads without a password, and administrators are told`()
    throws
  {
    try expectLogin("ana@example.org")
    let patient = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.sync()
    try laptop.succeed("lock")
    #expect(try laptop.run("break-glass").status == 2)
    try laptop.succeed("break-glass", "--reason", "unconscious in the waiting room")
    #expect(try laptop.succeed("get", "patient", patient).contains("Okafor"))
    for arguments in [
      ["update", "patient", patient], ["delete", "patient", patient], ["export", "ndjson"],
    ] {
      let result = try laptop.start(arguments, input: "{}").wait()
      #expect(
        result.status == 1 && result.errors.contains("documents are only read"), "\(arguments)")
    }
    try laptop.sync()
    let letters = try POSIXFileSystem().contents(ofDirectory: "\(server.data)/outbox")
    let texts = try letters.map {
      String(decoding: try readWhole("\(server.data)/outbox/\($0)"), as: UTF8.self)
    }
    let letter = try #require(texts.first { $0.contains("unconscious in the waiting room") })
    #expect(letter.contains("To: \(ClinicServer.owner)") && texts.count == 1)
    let said = try audited().suffix(2)
    #expect(said.compactMap { $0["device_event"]?.stringValue } == ["break_glass", "read"])
    #expect(
      said.last?["user"] == nil
        && said.last?["ids"]?.arrayValue?.compactMap(\.stringValue) == [patient])
    #expect(try later(11 * 60, "get", "patient", patient).status == 1)
    try laptop.sync()
    #expect(try POSIXFileSystem().contents(ofDirectory: "\(server.data)/outbox").count == 1)
  }
}
