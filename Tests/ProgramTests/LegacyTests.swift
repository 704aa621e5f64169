import Glibc
import JSON
import Platform
import Testing

/// The way from the earlier system's invites to patients, with the real programs.
@Suite struct LegacyTests {
  private let fixture: ProgramFixture
  private let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private static let header =
    "token,id,email,first_name,last_name,provider_id,status,created_at,expires_at,completed_at\n"

  /// Two laptops that know the account's owner, who has invited everybody.
  private func laptops() throws -> (a: TestLaptop, b: TestLaptop, owner: String) {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    for laptop in [a, b] { try laptop.sync() }
    let line = try a.succeed("list", "user", "--json")
    let owner = try JSONValue(parsing: Array(line.utf8)).objectValue?["id"]?.stringValue
    return (a, b, try #require(owner))
  }

  private func row(_ number: Int, person: Int, _ owner: String, status: String = "pending")
    -> String
  {
    "token-\(number),\(number),p\(person)@example.org,First\(person),Last,\(owner),\(status),"
      + "2026-01-0\(1 + number % 9) 10:00:00,2099-01-01 10:00:00,\n"
  }

  private func file(_ name: String, _ text: String) throws -> String {
    let path = fixture.path(name)
    try write(text, to: path)
    return path
  }

  private func object(_ text: String) throws -> JSONObject {
    try #require(try JSONValue(parsing: Array(text.utf8)).objectValue)
  }

  @Test func `two laptops import one file offline, and are one after they have synced`() throws {
    let (a, b, owner) = try laptops()
    let rows = (0..<30).map {
      row($0, person: $0 / 2, owner, status: $0 % 5 == 0 ? "completed" : "pending")
    }
    let invites = try file("invites.csv", Self.header + rows.joined())
    let chats = try file("chats.csv", "id,invite_id,status\nc1,3,completed\nc2,29,in_progress\n")
    let before = try a.everything()
    let rehearsal = try object(
      try a.succeed("import", "legacy-invites", invites, "--chats", chats, "--dry-run", "--json"))
    #expect(try a.everything() == before)
    let report = try object(
      try a.succeed("import", "legacy-invites", invites, "--chats", chats, "--json"))
    for member in rehearsal.members where member.key != "backup" {
      #expect(report[member.key]?.bytes == member.value.bytes, "\(member.key)")
    }
    #expect(report["created"]?.intValue == 30)
    let backup = try #require(report["backup"]?.stringValue)
    #expect(backup.hasPrefix("\(a.store)/before-import/"))
    let restored = fixture.path("restored")
    try fixture.succeed("satchel", ["--store", restored, "restore-backup", backup])
    #expect(try TestLaptop(fixture, at: restored).succeed("list", "patient", "--json").isEmpty)
    try b.startDaemon()
    #expect(
      try object(
        try b.succeed("import", "legacy-invites", invites, "--chats", chats, "--json"))["run"]?
        .bytes
        == report["run"]?.bytes)
    try b.stopDaemon()
    for laptop in [a, b, a] { try laptop.sync() }
    #expect(try a.everything() == b.everything())
    #expect(try lineCount(a, "patient") == 15 && lineCount(a, "invite") == 30)
    #expect(try lineCount(a, "chat_session") == 2)
    let knowledge = try a.knowledge()
    let again = try object(
      try a.succeed("import", "legacy-invites", invites, "--chats", chats, "--json"))
    #expect(again["unchanged"]?.intValue == 30 && again["backup"]?.isNull == true)
    #expect(try a.knowledge() == knowledge)
    let check = try a.run("import", "legacy-invites", "--check", "--json")
    #expect(check.status == 0)
    #expect(try object(check.text)["ok"]?.boolValue == true)
    #expect(try a.isSound() && b.isSound())
    try server.stop()
  }

  private func lineCount(_ laptop: TestLaptop, _ type: String) throws -> Int {
    try laptop.succeed("list", type, "--json").utf8.count { $0 == UInt8(ascii: "\n") }
  }

  @Test func `bad lines are told one by one, and the other laptop can take the import back`() throws
  {
    let (a, b, owner) = try laptops()
    let bad = ",9,nobody,First,Last,\(owner),pending,2026-01-01,,\n"
    let stranger = row(8, person: 8, "0b8a4c6d-1e2f-4a6e-9d2a-5b0f8a4e8a3c")
    let invites = try file(
      "invites.csv",
      Self.header + row(1, person: 1, owner) + bad + stranger + row(2, person: 2, owner))
    let imported = try a.run("import", "legacy-invites", invites, "--json")
    #expect(imported.status == 3)
    #expect(imported.errors.contains("line 3: email: is not an e-mail address\n"))
    #expect(imported.errors.contains("line 4: provider_id: there is no user 0b8a4c6d-"))
    let run = try #require(try object(imported.text)["run"]?.stringValue)
    try a.sync()
    try b.sync()
    let invite = try b.succeed("list", "invite", "--json", "--where", "email=p2@example.org")
    let id = try #require(try object(invite)["id"]?.stringValue)
    try b.succeed("update", "invite", id, input: #"{"custom_message":"hello"}"#)
    let undone = try b.run("import", "legacy-invites", "--undo", run, "--json")
    #expect(undone.status == 3)
    let report = try object(undone.text)
    #expect(report["removed"]?.objectValue?["invite"]?.intValue == 1)
    #expect(report["removed"]?.objectValue?["patient"]?.intValue == 1)
    #expect(report["kept"]?.arrayValue?.count == 2)
    #expect(undone.errors.contains("invite \(id) stays: it was edited since\n"))
    for laptop in [b, a] { try laptop.sync() }
    #expect(try a.everything() == b.everything())
    #expect(try lineCount(a, "patient") == 1)
    try server.stop()
  }

  @Test func `an import that was killed is finished by importing again`() throws {
    let (a, _, owner) = try laptops()
    let count = 2500
    let invites = try file(
      "invites.csv",
      Self.header + (0..<count).map { row($0, person: $0, owner) }.joined())
    for milliseconds in [150, 500, 900, 1300] as [UInt32] {
      let child = try a.start(["import", "legacy-invites", invites])
      usleep(milliseconds * 1000)
      child.signal(SIGKILL)
      _ = try child.wait()
    }
    let partly = try lineCount(a, "patient")
    let report = try object(try a.succeed("import", "legacy-invites", invites, "--json"))
    let made = report["created"]?.intValue ?? 0
    #expect(made == count - partly && report["unchanged"]?.intValue == partly)
    #expect(try lineCount(a, "patient") == count && lineCount(a, "invite") == count)
    #expect(try a.isSound())
    let run = try #require(report["run"]?.stringValue)
    let undone = try object(try a.succeed("import", "legacy-invites", "--undo", run, "--json"))
    #expect(undone["removed"]?.objectValue?["patient"]?.intValue == count)
    #expect(try lineCount(a, "patient") == 0)
    try server.stop()
  }

  @Test func `no import begins while a sync is under way`() throws {
    let (a, _, owner) = try laptops()
    let invites = try file("invites.csv", Self.header + row(1, person: 1, owner))
    let silent = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let sync = try a.start(["sync", "--server", "http://127.0.0.1:\(silent.port)"])
    var ready = pollfd(fd: silent.descriptor, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 20_000) == 1, "the sync has connected")
    let refused = try a.run("import", "legacy-invites", invites)
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "satchel: a sync or another import is under way on this store: try again when it has "
        + "ended, or stop satchel-syncd first\n")
    sync.signal(SIGKILL)
    _ = try sync.wait()
    try a.succeed("import", "legacy-invites", invites)
    try server.stop()
  }

  @Test func `without a backup nothing is imported`() throws {
    let (a, _, owner) = try laptops()
    let invites = try file("invites.csv", Self.header + row(1, person: 1, owner))
    try write("in the way", to: "\(a.store)/before-import")
    let refused = try a.run("import", "legacy-invites", invites)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("no backup could be made, so nothing was imported: "))
    #expect(try lineCount(a, "patient") == 0)
    try a.succeed("import", "legacy-invites", invites, "--dry-run")
    try server.stop()
  }

  @Test func `finalize ends invites by name alone, once all fits together`() throws {
    let (a, b, _) = try laptops()
    let person = #"{"email":"p@example.org","first_name":"Pat","last_name":"Lima"}"#
    let invite = try a.create("invite", person)
    #expect(try lineCount(a, "patient") == 1)
    try a.succeed("update", "invite", invite, input: #"{"legacy_user_id":"17"}"#)
    let check = try a.run("import", "legacy-invites", "--check", "--json")
    #expect(check.status == 3 && check.text.contains(#""problem":"patient_without_user""#))
    let refused = try a.run("import", "legacy-invites", "--finalize")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("not everything fits together yet (1 found): "))
    try a.succeed("update", "invite", invite, input: #"{"legacy_user_id":null}"#)
    let done = try object(try a.succeed("import", "legacy-invites", "--finalize", "--json"))
    #expect(done["invite_mode"]?.stringValue == "patient_first")
    let late = #"{"email":"q@example.org","first_name":"Quin","last_name":"Lima"}"#
    #expect(try a.run("create", "invite", input: late).status == 1)
    for laptop in [a, b] { try laptop.sync() }
    #expect(try b.run("create", "invite", input: late).errors.contains("patient_id: is required"))
    try server.stop()
  }

  @Test func `options that do not go together are refused`() throws {
    let laptop = try TestLaptop(fixture, "c")
    let advice = "import legacy-invites takes one of FILE, --undo RUN, --finalize and --check"
    try fixture.expect(
      [
        Mistake("import legacy-invites", advice, status: 2),
        Mistake("import legacy-invites --check --finalize", advice, status: 2),
        Mistake(
          "import legacy-invites --check --dry-run",
          "--dry-run goes with FILE, not with --check", status: 2),
        Mistake("import legacy-invites --undo 0123abcd", "no import of invites 0123abcd"),
      ], of: "satchel", ["--store", laptop.store])
    try server.stop()
  }
}
