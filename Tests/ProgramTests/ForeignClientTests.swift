import JSON
import Platform
import Testing

/// A client in another language, written from the protocol's text, beside our own.
@Suite(.enabled(if: python != nil, "needs python3"))
struct ForeignClientTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private func client(_ name: String, _ arguments: String...) throws -> String {
    let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))
    let script = "\(package)/Conformance/clients/client.py"
    let process = try ChildProcess(
      try #require(python), [script, fixture.path(name)] + arguments, environment: [],
      directory: fixture.path("tmp"))
    let result = try process.wait()
    guard result.status == 0 else { throw TestFailure("client \(arguments): \(result)") }
    return result.text.split(separator: "\n").map(String.init).joined(separator: "\n")
  }

  @Test func `it enrols, pushes, pulls, and merges a conflict`() throws {
    let a = try server.laptop("a")
    _ = try client("p", "enroll", server.url, try server.code())
    let patient = try client(
      "p", "put", "patient", "-",
      #"{"first_name":"Ada","last_name":"Okafor","phone":"1","status":"active"}"#)
    _ = try client("p", "sync")
    try a.sync()
    try a.succeed("update", "patient", patient, input: #"{"phone":"2"}"#)
    _ = try client("p", "put", "patient", patient, #"{"phone":"3"}"#)
    try a.sync()
    _ = try client("p", "sync")
    let conflicts = try client("p", "conflicts")
    #expect(conflicts.contains(#"{"phone": "2"}"#) && conflicts.contains(#"{"phone": "3"}"#))
    // 3: something is to be reviewed.
    #expect(try a.run("sync").status == 3)
    _ = try client("p", "resolve", "patient", patient, "phone", "1")
    _ = try client("p", "sync")
    try a.sync()
    #expect(try client("p", "conflicts").isEmpty)
    #expect(try a.succeed("review", "list", "--json").isEmpty)
    let there = try JSONValue(parsing: Array(client("p", "get", "patient", patient).utf8))
    let here = try JSONValue(parsing: Array(a.succeed("get", "patient", patient, "--json").utf8))
    for field in ["first_name", "last_name", "phone", "status"] {
      #expect(there.objectValue?[field]?.stringValue == here.objectValue?[field]?.stringValue)
    }
    #expect(try a.isSound())
  }

  @Test func `it pulls thousands in pages and sees deletes`() throws {
    let a = try server.laptop("a")
    try a.succeed("create", "patient", "--json", input: SyncTests.patients(2200))
    try a.sync()
    _ = try client("p", "enroll", server.url, try server.code())
    _ = try client("p", "sync")
    let listed = try client("p", "list", "patient").split(separator: "\n")
    #expect(listed.count == 2200)
    let first = try #require(try JSONValue(parsing: Array(listed[0].utf8)).objectValue?["id"])
    _ = try client("p", "delete", "patient", first.stringValue ?? "")
    _ = try client("p", "sync")
    try a.sync()
    let left = try a.succeed("list", "patient", "--json")
    #expect(left.utf8.count { $0 == UInt8(ascii: "\n") } == 2199)
  }
}

private let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first { path in
  ((try? POSIXFileSystem().status(path)) ?? nil) != nil
}
