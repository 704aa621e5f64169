import Glibc
import Platform

/// A server's data directory with one account and an owner, and the server that runs on it.
final class ClinicServer {
  static let owner = "owner@example.org"

  let fixture: ProgramFixture
  let data: String
  private(set) var account = ""
  /// Where it listens, once it has been started; stays the same after that.
  private(set) var address = "127.0.0.1:0"
  private var process: ChildProcess?

  var url: String { "http://\(address)" }

  /// Makes the account and starts.
  init(_ fixture: ProgramFixture, name: String = "server", id: String? = nil) throws {
    self.fixture = fixture
    data = fixture.path(name)
    account = try administer(["account", "create", "Clinic"] + (id.map { ["--id", $0] } ?? []))
    try administer([
      "user", "create", "--account", account, "--email", Self.owner, "--role", "owner",
      "--name", "Olga Owner",
    ])
    try start()
  }

  /// Carries out an administrator's command.
  /// - Returns: what it printed, without the line's end.
  @discardableResult
  func administer(_ arguments: [String], input: String? = nil) throws -> String {
    let all = ["--data", data] + arguments
    let text = try fixture.succeed("satchel-server", all, input: input).text
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// - Parameters:
  ///   - arguments: more of them.
  ///   - daysAhead: how far its clock is ahead.
  func start(_ arguments: [String] = [], daysAhead: Int = 0) throws {
    let portFile = "\(data).port"
    let process = try fixture.start(
      "satchel-server",
      ["serve", "--data", data, "--listen", address, "--port-file", portFile] + arguments,
      environment: ["SATCHEL_TEST_CLOCK_AHEAD=\(daysAhead * 86_400)"])
    _ = try process.firstErrorLine()
    address = String(
      decoding: try readWhole(portFile).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    self.process = process
  }

  /// - Returns: what it printed; nil if it did not run.
  @discardableResult
  func stop() throws -> ProgramResult? {
    guard let process else { return nil }
    process.signal(SIGTERM)
    let result = try process.wait()
    self.process = nil
    guard result.status == 0 else { throw TestFailure("server: \(result)") }
    return result
  }

  /// Tells it to stop; `stop` waits for that.
  func beginStop() throws { process?.signal(SIGTERM) }

  /// Asks the running server to read its settings again.
  func hangUp() throws { process?.signal(SIGHUP) }

  /// How many threads the server's process has.
  func threadCount() throws -> Int {
    guard let id = process?.id else { throw TestFailure("the server does not run") }
    return try POSIXFileSystem().contents(ofDirectory: "/proc/\(id)/task").count
  }

  func kill() throws {
    process?.signal(SIGKILL)
    _ = try process?.wait()
    process = nil
  }

  /// The server's machine is gone, with everything on it.
  func lose() throws {
    try stop()
    try POSIXFileSystem().removeTree(data)
  }

  /// Makes the account of before on an empty machine, and starts.
  func rebuild() throws {
    try administer(["account", "create", "Clinic", "--id", account])
    try administer([
      "user", "create", "--account", account, "--email", Self.owner, "--role", "owner",
      "--name", "Olga Owner",
    ])
    try start()
  }

  func code(for email: String = owner) throws -> String {
    try administer(["code", "create", "--account", account, "--user", email])
  }

  /// A laptop that is enrolled here.
  /// A laptop that is enrolled.
  /// - Parameter passphrase: of an encrypted one.
  func laptop(_ name: String, passphrase: String? = nil) throws -> TestLaptop {
    let laptop = try TestLaptop(fixture, name, passphrase: passphrase)
    try laptop.succeed(
      "enroll", "--server", url, "--code", try code(), "--device", name)
    return laptop
  }

  /// A copy of the account's store, to look at. The server must not run.
  func storeCopy(_ name: String) throws -> TestLaptop {
    let copy = fixture.path(name)
    try fixture.copy("\(data)/accounts/\(account)", to: copy)
    return TestLaptop(fixture, at: copy)
  }
}
