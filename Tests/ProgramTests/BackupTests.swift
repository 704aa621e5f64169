import JSON
import Platform
import Testing

/// A laptop that is lost, and goes on from its backup beside a server that knows more.
struct BackupTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  @Test(arguments: [false, true])
  func `a restored laptop gets back what it had sent, and sends what it had not`(
    isThroughDaemon: Bool
  ) throws {
    let lost = try server.laptop("lost")
    let other = try server.laptop("other")
    let kept = try lost.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try lost.sync()
    let unsent = try lost.create("patient", #"{"first_name":"Ben","last_name":"Unsent"}"#)
    let backup = fixture.path("backup")
    if isThroughDaemon { try lost.startDaemon() }
    let told = try lost.succeed("backup", backup)
    #expect(told.hasSuffix("documents are in the backup at \(backup)\n"))
    if isThroughDaemon { try lost.stopDaemon() }
    try lost.succeed("update", "patient", kept, input: #"{"phone":"555"}"#)
    let later = try lost.create("patient", #"{"first_name":"Cleo","last_name":"Later"}"#)
    try lost.sync()

    let store = fixture.path("found")
    try fixture.succeed("satchel", ["--store", store, "restore-backup", backup])
    let found = TestLaptop(fixture, at: store)
    #expect(try found.succeed("list", "patient", "--json").contains("Unsent"))
    let code = try server.code()
    try found.succeed("enroll", "--server", server.url, "--code", code)
    try found.sync()
    let patient = try found.succeed("get", "patient", kept, "--json")
    #expect(patient.contains(#""phone":"555""#))
    #expect(try found.succeed("get", "patient", later, "--json").contains("Cleo"))
    try found.succeed("update", "patient", unsent, input: #"{"phone":"777"}"#)
    try found.sync()
    try other.sync()
    #expect(try other.everything() == found.everything())
    #expect(try found.isSound() && other.isSound())
  }

  @Test func `a copied laptop says so once, and both go on beside each other`() throws {
    let original = try server.laptop("original")
    let shared = try original.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try original.sync()
    _ = try original.create("patient", #"{"first_name":"Ben","last_name":"Unsent"}"#)
    try fixture.copy(original.store, to: fixture.path("copy"))
    let copy = TestLaptop(fixture, at: fixture.path("copy"))
    let first = try copy.run("list", "patient", "--json")
    #expect(first.status == 0 && first.text.contains("Unsent"))
    #expect(first.errors.hasPrefix("satchel: this store was copied or moved here: "))
    #expect(try copy.run("list", "patient").errors.isEmpty)
    #expect(try original.run("list", "patient").errors.isEmpty)
    #expect(try copy.run("sync").errors.contains("not enrolled"))

    _ = try original.create("patient", #"{"first_name":"Cleo","last_name":"Original"}"#)
    _ = try copy.create("patient", #"{"first_name":"Dan","last_name":"Copy"}"#)
    try copy.succeed("update", "patient", shared, input: #"{"phone":"555"}"#)
    try original.sync()
    try copy.succeed("enroll", "--server", server.url, "--code", try server.code())
    try copy.sync()
    let again = try original.run("sync")
    #expect(again.status == 1, "one device has one token: the last that enrolled")
    try original.succeed("enroll", "--server", server.url, "--code", try server.code())
    try original.sync()
    try copy.succeed("enroll", "--server", server.url, "--code", try server.code())
    try copy.sync()
    #expect(try original.everything() == copy.everything())
    let all = try original.succeed("list", "patient", "--json")
    for name in ["Unsent", "Original", "Copy", "555"] { #expect(all.contains(name)) }
  }

  @Test func `what is no backup is not restored, and nothing is written over`() throws {
    let laptop = try server.laptop("a")
    let empty = fixture.path("empty")
    try POSIXFileSystem().createDirectory(empty)
    try fixture.expect(
      [
        Mistake("restore-backup \(empty)", "<dir>/empty: holds no backup; satchel backup makes one")
      ],
      of: "satchel", ["--store", fixture.path("x")])
    let backup = fixture.path("backup")
    try laptop.succeed("backup", backup)
    try fixture.expect(
      [Mistake("restore-backup \(backup)", "<dir>/a: is not empty; name a new directory")],
      of: "satchel", ["--store", laptop.store])
  }
}
