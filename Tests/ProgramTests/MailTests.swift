import Glibc
import JSON
import Platform
import Testing

/// Letters about invites: offline to online, once.
@Suite struct MailTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  // MARK: - What people do

  private func patient(_ laptop: TestLaptop, _ name: String) throws -> String {
    try laptop.create(
      "patient",
      """
      {"first_name":"\(name)","last_name":"Lima","email":"\(name)@example.org",\
      "date_of_birth":"1980-02-03"}
      """)
  }

  /// - Returns: the invite's id and token.
  @discardableResult
  private func invite(
    _ laptop: TestLaptop, _ patient: String, _ more: [String] = []
  ) throws -> (id: String, token: String) {
    let text = try fixture.succeed(
      "satchel", ["--store", laptop.store, "invite", patient, "--json"] + more
    ).text
    let object = try JSONValue(parsing: Array(text.utf8)).objectValue
    return (object?["id"]?.stringValue ?? "", object?["token"]?.stringValue ?? "")
  }

  private func shown(_ laptop: TestLaptop, _ type: String, _ id: String) throws -> JSONObject {
    try JSONValue(parsing: Array(laptop.succeed("get", type, id, "--json").utf8)).objectValue
      ?? JSONObject()
  }

  /// The letters in a directory, by whom they go to.
  private func letters(_ directory: String? = nil) throws -> [String: [String]] {
    let directory = directory ?? "\(server.data)/outbox"
    guard try POSIXFileSystem().status(directory) != nil else { return [:] }
    var letters: [String: [String]] = [:]
    for name in try POSIXFileSystem().contents(ofDirectory: directory) {
      let text = String(decoding: try readWhole("\(directory)/\(name)"), as: UTF8.self)
      let line = text.split(separator: "\r\n").first { $0.hasPrefix("To: ") } ?? ""
      letters[String(line.dropFirst(4)), default: []].append(text)
    }
    return letters
  }

  /// Waits until a patient who is invited last has a letter: what had to be sent before is there then.
  private func waitForMail(from laptop: TestLaptop, _ directory: String? = nil) throws {
    try invite(laptop, try patient(laptop, "last"))
    _ = try laptop.run("sync")
    let arrived = try eventually({ try letters(directory) }, is: { $0["last@example.org"] != nil })
    #expect(arrived["last@example.org"]?.count == 1)
  }

  /// The token in a letter.
  private func token(_ letter: String?) -> String {
    letter?.split(whereSeparator: \.isNewline).last { line in
      line.utf8.count == 64 && line.allSatisfy(\.isHexDigit)
    }.map(String.init) ?? ""
  }

  private func accept(_ token: String) throws -> UserAgent.Answer {
    try UserAgent(server.address)(
      "POST", "/api/invites/accept",
      ["token": .string(token), "password": "patient horse", "date_of_birth": "1980-02-03"])
  }

  // MARK: - Facts

  @Test func `an invite made offline is mailed once, accepted, and seen on the laptop`() throws {
    let laptop = try server.laptop("a")
    let pat = try patient(laptop, "pat")
    let invite = try invite(laptop, pat, ["--message", "Grüße, Ana"])
    #expect(try letters().isEmpty)
    try laptop.sync()
    let letter = try #require(
      try eventually({ try letters()["pat@example.org"] }, is: { $0 != nil })?.first)
    #expect(letter.contains("Grüße, Ana\r\n") && letter.hasPrefix("From: no-reply@localhost\r\n"))
    #expect(!letter.contains(invite.token), "the letter has a token of its own")
    // Neither a restart nor a crash sends it again.
    try server.stop()
    try server.start()
    try server.kill()
    try server.start()
    try waitForMail(from: laptop)
    #expect(try letters()["pat@example.org"]?.count == 1)
    #expect(try accept(token(letter)).status == 201)
    #expect(try accept(invite.token).status == 409)
    try laptop.sync()
    let seen = try shown(laptop, "invite", invite.id)
    #expect(seen["status"]?.stringValue == "accepted" && seen["email_sent_at"] != nil)
    #expect(seen["token_hashes"]?.arrayValue?.count == 2)
    #expect(try shown(laptop, "patient", pat)["user_id"] != nil)
    try server.stop()
  }

  @Test func `no letter goes out where none was wanted`() throws {
    let laptop = try server.laptop("a")
    let invite = try invite(laptop, try patient(laptop, "pat"), ["--no-email"])
    try waitForMail(from: laptop)
    #expect(try letters()["pat@example.org"] == nil)
    #expect(try accept(invite.token).status == 201)
    try server.stop()
  }

  @Test func `I1: accepted here and revoked on a laptop meanwhile, the account is held`() throws {
    let laptop = try server.laptop("a")
    let invite = try invite(laptop, try patient(laptop, "pat"))
    try laptop.sync()
    let letter = try eventually({ try letters()["pat@example.org"] }, is: { $0 != nil })?.first
    #expect(try accept(token(letter)).status == 201)
    try laptop.succeed("invite", "revoke", invite.id)
    #expect(try laptop.run("sync").status == 3)
    let seen = try shown(laptop, "invite", invite.id)
    #expect(seen["status"]?.stringValue == "accepted")
    #expect(seen["effective_access_hold"]?.boolValue == true)
    #expect(try laptop.succeed("review", "list", "--json").contains(#""rule":"I1""#))
    try server.stop()
  }

  @Test func `I6: of two laptops' invites one is mailed, and either token opens the door`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let pat = try patient(a, "pat")
    for laptop in [a, b] { try laptop.sync() }
    let first = try invite(a, pat, ["--no-email"])
    let second = try invite(b, pat)
    try a.sync()
    _ = try b.run("sync")
    try waitForMail(from: b)
    #expect(try letters()["pat@example.org"] == nil, "the first counts, and wants no letter")
    #expect(try shown(b, "invite", second.id)["status"]?.stringValue == "revoked")
    #expect(try accept(second.token).status == 201)
    #expect(try accept(first.token).status == 409)
    try server.stop()
  }

  @Test func `I2: an invite that expired before the laptop came online is not mailed`() throws {
    let laptop = try server.laptop("a")
    let invite = try invite(laptop, try patient(laptop, "pat"), ["--expiry-days", "1"])
    try server.stop()
    try server.start(daysAhead: 2)
    _ = try laptop.run("sync")
    try waitForMail(from: laptop)
    #expect(try letters()["pat@example.org"] == nil)
    #expect(try accept(invite.token).status == 410)
    try server.stop()
  }

  @Test func `a server that is rebuilt sends no letter again`() throws {
    let laptop = try server.laptop("a")
    try invite(laptop, try patient(laptop, "pat"))
    try laptop.sync()
    _ = try eventually({ try letters()["pat@example.org"] }, is: { $0 != nil })
    // The laptop has seen that it was sent.
    try laptop.sync()
    try server.lose()
    try server.rebuild()
    try invite(laptop, try patient(laptop, "late"))
    try laptop.succeed(
      "enroll", "--server", server.url, "--code", try server.code(), "--device", "a")
    _ = try laptop.run("sync")
    #expect(try letters().isEmpty, "while recovery is open nothing is sent")
    try server.administer(["recovery", "close", "--account", server.account])
    try waitForMail(from: laptop)
    #expect(try letters().keys.sorted() == ["last@example.org", "late@example.org"])
    try server.stop()
  }

  @Test func `a program that sends gets each letter until it takes it, then never again`() throws {
    let (sent, program) = (fixture.path("sent"), fixture.path("sendmail"))
    try POSIXFileSystem().createDirectory(sent)
    // Refuses once.
    try POSIXFileSystem().writeFileDurably(
      program,
      Array(
        """
        #!/bin/sh
        [ "$*" = "-t -i" ] || exit 64
        if mkdir "\(sent).refused" 2>/dev/null; then exit 75; fi
        cat >"\(sent)/$$"
        """.utf8), permissions: 0o700)
    try server.stop()
    try server.start(["--sendmail", program, "--invite-page", "https://clinic.example/open/"])
    let laptop = try server.laptop("a")
    try invite(laptop, try patient(laptop, "pat"))
    try laptop.sync()
    try waitForMail(from: laptop, sent)
    let letter = try #require(try letters(sent)["pat@example.org"])
    #expect(letter.count == 1 && letter[0].contains("\r\nhttps://clinic.example/open/"))
    #expect(try letters().isEmpty)
    try server.stop()
  }

  @Test func `a letter that a program had when the server was killed is not sent twice`() throws {
    let (begun, program) = (fixture.path("begun"), fixture.path("sendmail"))
    try POSIXFileSystem().createDirectory(begun)
    try POSIXFileSystem().writeFileDurably(
      program, Array("#!/bin/sh\ntouch \(begun)/$$\nexec sleep 20\n".utf8), permissions: 0o700)
    try server.stop()
    try server.start(["--sendmail", program])
    let laptop = try server.laptop("a")
    try invite(laptop, try patient(laptop, "pat"))
    try laptop.sync()
    let count = { try POSIXFileSystem().contents(ofDirectory: begun).count }
    #expect(try eventually(count, is: { $0 == 1 }) == 1)
    try server.kill()
    try server.start()
    try waitForMail(from: laptop)
    #expect(try letters()["pat@example.org"] == nil)
    let uncertain = try letters("\(server.data)/server/sending")
    #expect(uncertain["pat@example.org"]?.count == 1)
    for process in try POSIXFileSystem().contents(ofDirectory: begun) {
      Glibc.kill(try #require(Int32(process)), SIGKILL)
    }
    try server.stop()
  }
}
