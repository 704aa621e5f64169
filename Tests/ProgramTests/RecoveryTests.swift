import Glibc
import JSON
import Platform
import Testing

/// Disasters, as people live through them (MERGE, rules X2 and X3).
@Suite struct RecoveryTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  let a: TestLaptop
  let b: TestLaptop
  let patient: String

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    a = try server.laptop("a")
    b = try server.laptop("b")
    patient = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor","phone":"1"}"#)
    for laptop in [a, b, a, b] { try laptop.sync() }
  }

  private func parked(_ store: String) throws -> [String] {
    let directory = "\(store)/parked"
    guard try POSIXFileSystem().status(directory) != nil else { return [] }
    return try POSIXFileSystem().contents(ofDirectory: directory).map {
      String(decoding: try readWhole("\(directory)/\($0)"), as: UTF8.self)
    }
  }

  private func phone(_ laptop: TestLaptop) throws -> String {
    let object = try JSONValue(
      parsing: Array(laptop.succeed("get", "patient", patient, "--json").utf8))
    return object.objectValue?["phone"]?.stringValue ?? ""
  }

  @Test func `X2: a revoked device gives what it has not sent, once, and nobody sees it`() throws {
    try a.succeed("update", "patient", patient, input: #"{"phone":"2 unsent"}"#)
    try server.administer(["device", "revoke", "a"])
    let refused = try a.run("sync")
    #expect(refused.status == 1 && refused.errors.contains("revoked"))
    let store = "\(server.data)/accounts/\(server.account)"
    let files = try parked(store)
    #expect(files.count == 1 && files[0].contains("2 unsent"))
    // 3: something is to be reviewed.
    #expect(try b.run("sync").status == 3)
    #expect(try phone(b) == "1")
    let review = try b.succeed("review", "list", "--json")
    #expect(review.contains(#""rule":"refused""#) && !review.contains("2 unsent"))
    // Once: what comes later is not taken.
    try a.succeed("update", "patient", patient, input: #"{"phone":"3 later"}"#)
    #expect(try a.run("sync").status == 1)
    #expect(try parked(store) == files)
    #expect(try phone(a) == "3 later")
  }

  @Test func `X3: a server that was restored gets back from the laptops what it lacks`() throws {
    let backup = fixture.path("backup")
    try server.administer(["backup", backup])
    try a.succeed("update", "patient", patient, input: #"{"phone":"after the backup"}"#)
    try a.sync()
    try b.sync()
    try server.lose()
    try server.administer(["restore-backup", backup])
    try server.start()
    try b.sync()
    try a.sync()
    let recovery = try server.administer(["recovery", "status", "--account", server.account])
    #expect(recovery.contains(#""open":true"#) && recovery.contains(#""transactions":"#))
    try server.administer(["recovery", "close", "--account", server.account])
    let c = try server.laptop("c")
    try c.sync()
    #expect(try phone(c) == "after the backup")
    for laptop in [a, b] { try laptop.sync() }
    #expect(try a.everything() == b.everything() && b.everything() == c.everything())
  }

  @Test func `X3: a server that was reset undoes what came later, and laptops keep it aside`()
    throws
  {
    let backup = fixture.path("backup")
    try server.administer(["backup", backup])
    try a.succeed("update", "patient", patient, input: #"{"phone":"to be undone"}"#)
    try a.sync()
    try b.sync()
    try b.succeed("update", "patient", patient, input: #"{"notes":"never sent"}"#)
    try server.lose()
    try server.administer(["restore-backup", backup, "--reset"])
    try server.start()
    for laptop in [a, b] {
      let told = try laptop.run("sync")
      #expect(told.status == 1 && told.errors.contains("older state"))
      try laptop.sync()
      #expect(try phone(laptop) == "1")
    }
    #expect(try parked(a.store).joined().contains("to be undone"))
    #expect(try parked(b.store).joined().contains("never sent"))
    try a.succeed("update", "patient", patient, input: #"{"phone":"goes on"}"#)
    for laptop in [a, b] { try laptop.sync() }
    #expect(try phone(b) == "goes on")
    #expect(try a.everything() == b.everything())
    #expect(try a.isSound() && b.isSound())
  }

  @Test func `a daemon whose server was reset begins anew by itself`() throws {
    let backup = fixture.path("backup")
    try server.administer(["backup", backup])
    try a.succeed("update", "patient", patient, input: #"{"phone":"to be undone"}"#)
    try a.sync()
    try server.lose()
    try server.administer(["restore-backup", backup, "--reset"])
    try a.startDaemon()
    try server.start()
    #expect(
      eventually {
        try? phone(a)
      } is: {
        $0 == "1"
      } == "1")
    try a.stopDaemon()
    #expect(try parked(a.store).joined().contains("to be undone"))
  }

  @Test func `a laptop rebuilds a lost server`() throws {
    try a.succeed("update", "patient", patient, input: #"{"phone":"2"}"#)
    try a.sync()
    try b.succeed("update", "patient", patient, input: #"{"notes":"unsent"}"#)
    try server.lose()
    try server.rebuild()
    for laptop in [a, b] {
      try laptop.succeed("enroll", "--server", server.url, "--code", try server.code())
      try laptop.sync()
    }
    try a.sync()
    try server.administer(["recovery", "close", "--account", server.account])
    let c = try server.laptop("c")
    try c.sync()
    try a.sync()
    try b.sync()
    #expect(try phone(c) == "2")
    #expect(try a.everything() == b.everything() && b.everything() == c.everything())
    // The owner who was made anew is the one of before.
    let users = try c.succeed("list", "user", "--json")
    #expect(users.split(separator: "\n").count == 1)
  }

  /// Flips a bit of the patient's file, and has the store repaired.
  private func losePatient(_ laptop: TestLaptop) throws {
    try laptop.succeed("checkpoint")
    let path =
      "\(laptop.store)/documents/patients/\(patient.prefix(2))/\(patient).json"
    var bytes = try readWhole(path)
    bytes[bytes.count / 2] ^= 1
    try POSIXFileSystem().writeFileDurably(path, bytes)
    let repair = try laptop.succeed("verify", "--repair")
    #expect(repair.contains("nothing whole is left here of patient \(patient)"), "\(repair)")
  }

  @Test
  func `a laptop that has lost a document rebuilds a server once others have, or it is given up`()
    throws
  {
    let other = try a.create("patient", #"{"first_name":"Bo","last_name":"Kept"}"#)
    for laptop in [a, b] { try laptop.sync() }
    for laptop in [a, b] { try losePatient(laptop) }
    try server.lose()
    try server.rebuild()
    for laptop in [a, b] {
      try laptop.succeed("enroll", "--server", server.url, "--code", try server.code())
      let sync = try laptop.run("sync")
      #expect(sync.status == 1 && sync.errors.contains("satchel verify --give-up-lost"))
    }
    try a.succeed("verify", "--give-up-lost")
    for laptop in [a, b] { try laptop.sync() }
    #expect(try b.succeed("get", "patient", other).contains("Kept"))
    #expect(try b.run("get", "patient", patient).status == 1)
    #expect(try a.everything() == b.everything())
  }
}
