import Glibc
import JSON
import Platform

/// A store and the commands on it.
final class TestLaptop {
  static let types = [
    "account", "account_settings", "appointment", "cancellation", "clinic", "doctor",
    "erasure_request", "invite", "patient", "refused_change", "review_decision", "user",
  ]

  let fixture: ProgramFixture
  let store: String
  /// More of the environment of its programs.
  var environment: [String]
  private var daemon: ChildProcess?

  /// A store that is there.
  init(_ fixture: ProgramFixture, at store: String) {
    self.fixture = fixture
    self.store = store
    environment = []
  }

  /// A new store.
  /// - Parameter passphrase: of an encrypted one.
  init(_ fixture: ProgramFixture, _ name: String, passphrase: String? = nil) throws {
    self.fixture = fixture
    store = fixture.path(name)
    environment = passphrase.map { ["SATCHEL_PASSPHRASE=\($0)"] } ?? []
    if passphrase == nil { try succeed("init") } else { try succeed("init", "--encrypt") }
  }

  func start(_ arguments: [String], input: String? = nil) throws -> ChildProcess {
    try fixture.start(
      "satchel", ["--store", store] + arguments, input: input, environment: environment)
  }

  func run(_ arguments: String..., input: String? = nil) throws -> ProgramResult {
    try start(arguments, input: input).wait()
  }

  /// Runs a command that must do what it should.
  /// - Returns: its output.
  @discardableResult
  func succeed(_ arguments: String..., input: String? = nil) throws -> String {
    let result = try start(arguments, input: input).wait()
    guard result.status == 0 else {
      throw TestFailure("satchel \(arguments): \(result.status) \(result.errors)")
    }
    return result.text
  }

  /// Creates a document and gives its id.
  func create(_ type: String, _ json: String) throws -> String {
    let text = try succeed("create", type, "--json", input: json)
    guard let id = try JSONValue(parsing: Array(text.utf8)).objectValue?["id"]?.stringValue else {
      throw TestFailure("create \(type) printed \(text)")
    }
    return id
  }

  /// The id of the one document of a type.
  func onlyID(_ type: String) throws -> String {
    let text = try succeed("list", type, "--json")
    guard let id = try JSONValue(parsing: Array(text.utf8)).objectValue?["id"]?.stringValue else {
      throw TestFailure("there is not one \(type): \(text)")
    }
    return id
  }

  func sync() throws { try succeed("sync") }

  /// All documents of all types, alive and in the trash, as `list` prints them.
  func everything() throws -> String {
    var text = ""
    for type in Self.types {
      text += "\(type)\n" + (try succeed("list", type, "--json"))
      text += "trash\n" + (try succeed("list", type, "--json", "--trash"))
    }
    return text
  }

  func status() throws -> JSONObject {
    let text = try succeed("status", "--json")
    guard let object = try JSONValue(parsing: Array(text.utf8)).objectValue else {
      throw TestFailure("status printed \(text)")
    }
    return object
  }

  /// The transactions that the store knows.
  func knowledge() throws -> [UInt8] { try status()["knowledge"]?.bytes ?? [] }

  func isSound() throws -> Bool {
    let result = try run("verify", "--json")
    let object = try JSONValue(parsing: result.output).objectValue
    return result.status == 0 && object?["ok"]?.boolValue == true
      && object?["problems"]?.arrayValue?.isEmpty == true
  }

  // MARK: - Daemon

  /// - Parameter address: where it offers the API besides its socket.
  /// - Returns: that address with its port; empty if there is none.
  @discardableResult
  func startDaemon(listening address: String? = nil) throws -> String {
    let listen = address.map { ["--listen", $0] } ?? []
    let process = try fixture.start(
      "satchel-syncd", ["--store", store] + listen, environment: environment)
    let line = try process.firstErrorLine()
    daemon = process
    return address == nil ? "" : line.split(separator: " ").last.map(String.init) ?? ""
  }

  func stopDaemon() throws {
    daemon?.signal(SIGTERM)
    let result = try daemon?.wait()
    daemon = nil
    if let result, result.status != 0 { throw TestFailure("daemon: \(result)") }
  }

  func killDaemon() throws {
    daemon?.signal(SIGKILL)
    _ = try daemon?.wait()
    daemon = nil
  }
}
