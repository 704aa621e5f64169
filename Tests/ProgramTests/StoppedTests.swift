import Glibc
import JSON
import Platform
import Testing

/// A server that lets a device in no more until somebody does something.
@Suite struct StoppedTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  let a: TestLaptop

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    a = try server.laptop("a")
    _ = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try a.sync()
  }

  private func attempt() throws -> (state: String, at: String, error: String) {
    let status = try a.status()
    let last = status["last_sync"]?.objectValue
    return (
      status["state"]?.stringValue ?? "", last?["at"]?.stringValue ?? "",
      last?["error"]?.stringValue ?? ""
    )
  }

  private func attempt(until isReached: ((state: String, at: String, error: String)) -> Bool) throws
    -> (state: String, at: String, error: String)
  {
    try eventually(attempt, is: isReached)
  }

  private func unsent() throws -> Int? { try a.status()["unsent"]?.intValue }

  @Test func `a suspended account stops the daemon, loses nothing, and goes on when resumed`()
    throws
  {
    try a.startDaemon()
    try server.administer(["account", "suspend", server.account])
    let written = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    let refused = try attempt { $0.state == "refused" }
    #expect(refused.state == "refused" && refused.error.contains("the account is suspended"))
    // The store stays as usable as ever, and nobody asks the server for a write more.
    _ = try a.create("patient", #"{"first_name":"Cy","last_name":"Unsent"}"#)
    #expect(try a.succeed("list", "patient", "--json").contains("Okafor"))
    usleep(1_500_000)
    #expect(try attempt().at == refused.at)
    #expect(try unsent() == 2)
    let asked = try a.run("sync")
    #expect(asked.status == 1 && asked.errors.contains("the account is suspended"))
    try server.administer(["account", "resume", server.account])
    try a.sync()
    #expect(try unsent() == 0)
    // The daemon goes on by itself from here.
    try a.succeed("update", "patient", written, input: #"{"phone":"1"}"#)
    #expect(try attempt { $0.state == "idle" && $0.error.isEmpty }.state == "idle")
    #expect(try eventually(unsent) { $0 == 0 } == 0)
    try a.stopDaemon()
  }

  @Test func `a disabled user's unsent work is kept aside, and goes on when he is enabled`() throws
  {
    let written = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    try server.administer(["user", "disable", ClinicServer.owner])
    #expect(try a.run("sync").errors.contains("user is disabled"))
    let parked = "\(server.data)/accounts/\(server.account)/parked"
    let files = try POSIXFileSystem().contents(ofDirectory: parked)
    #expect(files.count == 1)
    let text = String(decoding: try readWhole("\(parked)/\(files[0])"), as: UTF8.self)
    #expect(text.contains("Unsent") && text.contains("its author is disabled"))
    // Asking again gives nothing twice.
    #expect(try a.run("sync").status == 1)
    #expect(try POSIXFileSystem().contents(ofDirectory: parked) == files)
    #expect(try unsent() == 1)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "admin", "--name", "Ana", "--password-stdin",
      ], input: "correct horse battery")
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", "correct horse battery")
    let user = try #require(
      try ana("GET", "/api/users?role=owner")["items"]?.arrayValue?.first?.objectValue?["id"]?
        .stringValue)
    #expect(try ana("PATCH", "/api/users/\(user)", ["status": "active"]).status == 200)
    #expect(try a.run("sync").status == 3)
    #expect(try unsent() == 0)
    #expect(try ana("GET", "/api/patients/\(written)").status == 200)
  }

  @Test func `a revoked device goes on after it was enrolled anew, without another command`() throws
  {
    try a.startDaemon()
    try server.administer(["device", "revoke", "a"])
    _ = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    #expect(try attempt { $0.state == "refused" }.error.contains("revoked"))
    try a.succeed("enroll", "--server", server.url, "--code", try server.code(), "--device", "a2")
    #expect(try eventually(unsent) { $0 == 0 } == 0)
    try a.stopDaemon()
  }
}
