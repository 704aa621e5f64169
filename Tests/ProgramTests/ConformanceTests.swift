import Platform
import Testing

/// The conformance suite against our own programs: every scenario passes, none is skipped.
@Suite struct ConformanceTests {
  private let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))

  @Test func `our server passes every scenario`() throws {
    let fixture = try ProgramFixture()
    let server = try ClinicServer(fixture)
    let result = try conformance(fixture, server)
    #expect(result.status == 0, "\(notPassed(result))")
    let last = try #require(result.text.split(separator: "\n").last)
    #expect(last.hasSuffix("passed, 0 failed, 0 skipped"))
    #expect(Int(last.prefix { $0 != " " }) ?? 0 >= 22)
  }

  @Test func `our laptop program survives every faulty server`() throws {
    let fixture = try ProgramFixture()
    let result = try clientConformance(fixture, "\(package)/Conformance/scenarios/client")
    #expect(result.status == 0, "\(notPassed(result))")
    let last = try #require(result.text.split(separator: "\n").last)
    #expect(last.hasSuffix("passed, 0 failed, 0 skipped"))
    #expect(Int(last.prefix { $0 != " " }) ?? 0 >= 43)
    // The server of a scenario, and all that belongs to it, is gone.
    #expect(try POSIXFileSystem().contents(ofDirectory: fixture.path("tmp")).isEmpty)
  }

  @Test func `a laptop program that does not do as told is red`() throws {
    let fixture = try ProgramFixture()
    let directory = fixture.path("scenarios")
    try POSIXFileSystem().createDirectory(directory)
    let text = """
      # A portal that counts as a server
      - A and the laptop have worked
      - the server answers 200 with a page
      - the laptop syncs

      """
    try write(text, to: "\(directory)/portal.md")
    let result = try clientConformance(fixture, directory)
    #expect(result.status == 1)
    #expect(result.text.contains("line 4, the laptop syncs: sync ended with status 1"))
    #expect(result.text.hasSuffix("0 passed, 1 failed, 0 skipped\n"))
  }

  /// The scenarios that failed or were skipped, each with its reason.
  private func notPassed(_ result: ProgramResult) -> String {
    result.text.split(separator: "\n").filter { !$0.hasPrefix("passed") }
      .joined(separator: "\n")
  }

  private func clientConformance(
    _ fixture: ProgramFixture, _ scenarios: String
  ) throws -> ProgramResult {
    let process = try fixture.start(
      "satchel-conformance",
      ["--client", "\(package)/Conformance/driver-laptop", "--scenarios", scenarios],
      environment: [
        "SATCHEL_BIN=\(fixture.programs)", "PATH=/usr/bin:/bin", "TMPDIR=\(fixture.path("tmp"))",
      ])
    return try process.wait(withinSeconds: 600)
  }

  @Test func `a scenario whose end is not so is red, and one that needs more is skipped`() throws {
    let fixture = try ProgramFixture()
    let server = try ClinicServer(fixture)
    let directory = fixture.path("scenarios")
    try POSIXFileSystem().createDirectory(directory)
    let text = """
      # A false end
      - laptop A
      - A writes ana first_name=Ana last_name=Lima phone=1
      - A syncs
      - ana on A has phone=2

      """
    try write(text, to: "\(directory)/false.md")
    try write("# Unknown\n- laptop A\n- A flies\n", to: "\(directory)/unknown.md")
    let result = try conformance(fixture, server, "--scenarios", directory)
    #expect(result.status == 1)
    #expect(result.text.contains("line 5, ana on A has phone=2: phone is \"1\""))
    #expect(result.text.hasSuffix("0 passed, 2 failed, 0 skipped\n"))
    let alone = try fixture.run(
      "satchel-conformance",
      [
        "--server", server.url, "--scenarios", "\(package)/Conformance/scenarios", "--only",
        "16-server-restarts",
      ])
    #expect(alone.status == 1 && alone.text.hasSuffix("0 passed, 0 failed, 1 skipped\n"))
  }

  private func conformance(
    _ fixture: ProgramFixture, _ server: ClinicServer, _ arguments: String...
  ) throws -> ProgramResult {
    let driver = "\(package)/Conformance/driver-satchel"
    let scenarios =
      arguments.isEmpty ? ["--scenarios", "\(package)/Conformance/scenarios"] : arguments
    let environment = [
      "SATCHEL_DATA=\(server.data)", "SATCHEL_BIN=\(fixture.programs)", "PATH=/usr/bin:/bin",
    ]
    let process = try fixture.start(
      "satchel-conformance", ["--server", server.url, "--driver", driver] + scenarios,
      environment: environment)
    let result = try process.wait(withinSeconds: 200)
    // The server that runs by now is the driver's.
    _ = try ChildProcess(
      driver, ["stop"], environment: environment, directory: fixture.path("tmp")
    ).wait()
    return result
  }
}
