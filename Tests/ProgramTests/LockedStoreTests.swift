import Glibc
import JSON
import Platform
import Testing

/// Encrypted laptops that several people share.
@Suite struct LockedStoreTests {
  private static let passphrase = "correct horse"
  private static let password = "battery staple"
  private let fixture: ProgramFixture
  private let server: ClinicServer
  private let laptop: TestLaptop
  private let patient: String

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    for name in ["ana", "bo"] {
      try server.administer(
        [
          "user", "create", "--account", server.account, "--email", "\(name)@example.org",
          "--role", "clinician", "--name", name, "--password-stdin",
        ], input: Self.password)
    }
    laptop = try server.laptop("shared", passphrase: Self.passphrase)
    patient = try laptop.create("patient", #"{"first_name":"Zebulon","last_name":"Planted"}"#)
    try laptop.sync()
  }

  private func logIn(
    _ name: String, _ password: String = password, more: [String] = []
  ) throws -> ProgramResult {
    let before = laptop.environment
    defer { laptop.environment = before }
    laptop.environment = ["SATCHEL_PASSWORD=\(password)"] + more
    return try laptop.run("login", "\(name)@example.org")
  }

  /// Starts the daemon, which gets the passphrase, and no command does from then on.
  private func startDaemon(_ more: [String] = []) throws {
    laptop.environment = ["SATCHEL_PASSPHRASE=\(Self.passphrase)"] + more
    try laptop.startDaemon()
    laptop.environment = []
  }

  @Test func `locked, the store is closed, and each opens it with the own password`() throws {
    try startDaemon()
    for name in ["ana", "bo"] {
      let result = try logIn(name)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try laptop.succeed("get", "patient", patient).contains("Zebulon"))
    try laptop.succeed("lock")
    try laptop.expectLocked()
    #expect(try laptop.succeed("status").contains("locked"))
    let get = try laptop.run("get", "patient", patient)
    #expect(get.status == 1 && get.errors.contains("is locked: satchel login EMAIL"))
    #expect(try logIn("ana", "wrong horse").errors.contains("the password is wrong"))
    #expect(try logIn("cy").errors.contains("has not logged in on this laptop yet"))
    try server.stop()
    for name in ["bo", "ana"] {
      let result = try logIn(name)
      #expect(result.status == 0, "\(result.errors)")
      #expect(try laptop.succeed("whoami").contains(name))
      #expect(try laptop.succeed("get", "patient", patient).contains("Zebulon"))
      try laptop.succeed("lock")
      try laptop.expectLocked()
    }
    try laptop.stopDaemon()
  }

  @Test func `a daemon that is started without the passphrase waits for a person`() throws {
    try startDaemon()
    #expect(try logIn("ana").status == 0)
    try laptop.stopDaemon()
    try laptop.startDaemon()
    try laptop.expectLocked()
    #expect(try logIn("ana").status == 0)
    #expect(try laptop.succeed("get", "patient", patient).contains("Zebulon"))
    try laptop.stopDaemon()
  }

  @Test func `who has no access any more opens nothing`() throws {
    try startDaemon()
    for name in ["ana", "bo"] { #expect(try logIn(name).status == 0) }
    try server.administer(["user", "disable", "ana@example.org"])
    try laptop.sync()
    try laptop.succeed("lock")
    try laptop.expectLocked()
    #expect(try logIn("ana").errors.contains("has not logged in on this laptop yet"))
    #expect(try logIn("bo").status == 0)
    try laptop.stopDaemon()
  }

  @Test func `after ten idle minutes the store is closed`() throws {
    try startDaemon()
    #expect(try logIn("ana").status == 0)
    try laptop.stopDaemon()
    // Eleven minutes later.
    try startDaemon(["SATCHEL_TEST_CLOCK_AHEAD=660"])
    let list = try laptop.run("list", "patient")
    #expect(list.status == 1 && list.errors.contains("nobody is logged in"))
    try laptop.stopDaemon()
  }

  @Test func `the passphrase opens what is locked, and a person has to log in all the same`() throws
  {
    try startDaemon()
    #expect(try logIn("ana").status == 0)
    try laptop.succeed("lock")
    try laptop.expectLocked()
    laptop.environment = ["SATCHEL_PASSPHRASE=wrong"]
    #expect(try laptop.run("unlock").errors.contains("it is another passphrase"))
    laptop.environment = ["SATCHEL_PASSPHRASE=\(Self.passphrase)"]
    try laptop.succeed("unlock")
    laptop.environment = []
    #expect(try laptop.run("list", "patient").errors.contains("nobody is logged in"))
    #expect(try logIn("ana").status == 0 && laptop.run("list", "patient").status == 0)
    try laptop.stopDaemon()
  }

  @Test
  func `without a daemon the password opens the store for a login, the passphrase for the rest`()
    throws
  {
    laptop.environment = ["SATCHEL_PASSPHRASE=\(Self.passphrase)"]
    #expect(try logIn("ana").errors.contains("is encrypted"))
    #expect(try logIn("ana", more: laptop.environment).status == 0)
    #expect(try logIn("ana").status == 0)
    #expect(try laptop.succeed("get", "patient", patient).contains("Zebulon"))
    try laptop.succeed("lock")
    #expect(try laptop.run("get", "patient", patient).status == 1)
  }

  @Test func `nothing of people is in the files in plain`() throws {
    try startDaemon()
    #expect(try logIn("ana").status == 0)
    try laptop.succeed("list", "patient", "--search", "Zebulon")
    try laptop.stopDaemon()
    #expect(try POSIXFileSystem().status("\(laptop.store)/audit.jsonl") != nil)
    for name in try POSIXFileSystem().contents(ofDirectory: laptop.store) {
      let path = "\(laptop.store)/\(name)"
      guard try POSIXFileSystem().status(path)?.kind == .file else { continue }
      let text = String(decoding: try readWhole(path), as: UTF8.self)
      for word in ["example.org", "login", "search"] { #expect(!text.contains(word), "\(name)") }
    }
  }
}

extension TestLaptop {
  /// Waits until the daemon has closed the store.
  fileprivate func expectLocked() throws {
    for _ in 0..<200 {
      let status = try run("status", "--json")
      if status.text.contains(#""state":"locked""#) { return }
      usleep(50_000)
    }
    throw TestFailure("the store is not locked")
  }
}
