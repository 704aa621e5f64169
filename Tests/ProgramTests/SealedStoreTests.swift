import Glibc
import JSON
import Platform
import Testing

/// Encrypted laptops: a stolen one tells nothing.
@Suite struct SealedStoreTests {
  private let fixture: ProgramFixture
  private let store: String

  init() throws {
    fixture = try ProgramFixture()
    store = fixture.path("laptop")
  }

  private func start(
    _ arguments: [String], passphrase: String? = nil, input: String? = nil, more: [String] = []
  ) throws -> ChildProcess {
    try fixture.start(
      "satchel", ["--store", store] + arguments, input: input,
      environment: (passphrase.map { ["SATCHEL_PASSPHRASE=\($0)"] } ?? []) + more)
  }

  private func run(
    _ arguments: String..., passphrase: String? = "correct horse", input: String? = nil,
    more: [String] = []
  ) throws -> ProgramResult {
    try start(arguments, passphrase: passphrase, input: input, more: more).wait()
  }

  private func object(_ result: ProgramResult) throws -> JSONObject {
    #expect(result.status == 0, "\(result.errors)")
    return try #require(try JSONValue(parsing: result.output).objectValue)
  }

  /// - Returns: its id.
  private func newPatient(_ name: String) throws -> String {
    let result = try run(
      "--json", "create", "patient",
      input: #"{"first_name":"\#(name)","last_name":"Planted","notes":"planted note"}"#)
    let ids = try object(result)["ids"]?.arrayValue ?? []
    let id = try object(result)["id"]?.stringValue ?? ids.first?.stringValue
    return try #require(id, "\(result.text)")
  }

  /// The files below a directory whose name or content has one of the words.
  private func files(with words: [String], below directory: String) throws -> [String] {
    var found: [String] = []
    let fileSystem = POSIXFileSystem()
    for name in try fileSystem.contents(ofDirectory: directory) {
      let path = "\(directory)/\(name)"
      switch try fileSystem.status(path)?.kind {
      case .directory: found += try files(with: words, below: path)
      case .file:
        let text = String(decoding: try fileSystem.readFile(path), as: UTF8.self)
        if words.contains(where: { text.contains($0) || name.contains($0) }) { found.append(path) }
      default: break
      }
    }
    return found
  }

  private func contents(below directory: String) throws -> [String: [UInt8]] {
    let paths = try files(with: ["/", ""], below: directory)
    return try Dictionary(uniqueKeysWithValues: paths.map { ($0, try readWhole($0)) })
  }

  // MARK: - Making one

  @Test func `an encrypted store tells nothing, and is used like any other`() throws {
    let made = try object(try run("--json", "init", "--encrypt", "--clinic", "Planted clinic"))
    let recovery = try #require(made["recovery_key"]?.stringValue)
    #expect(recovery.count == 39)
    let id = try newPatient("Zebulon")
    #expect(try run("checkpoint").status == 0)
    let other = try newPatient("Yolanda")
    #expect(try run("get", "patient", id).text.contains("Zebulon"))
    #expect(try object(try run("--json", "status"))["encryption"]?.stringValue == "store")
    #expect(try run("verify").status == 0)
    let words = ["Zebulon", "Yolanda", "Planted", "planted", id, other, "correct horse", recovery]
    #expect(try files(with: words, below: store) == [])
  }

  @Test func `a wrong passphrase is one clear line, and changes nothing`() throws {
    #expect(try run("init", "--encrypt").status == 0)
    for passphrase in ["wrong", nil] {
      let result = try run("status", passphrase: passphrase)
      #expect(result.status == 1)
      #expect(result.output == [])
      let lines = result.errors.split(separator: "\n")
      #expect(lines.count == 1)
      #expect(lines[0].contains(passphrase == nil ? "is encrypted" : "is not opened by this"))
    }
    #expect(try run("status").status == 0)
  }

  @Test func `without a passphrase no encrypted store is made`() throws {
    let result = try run("init", "--encrypt", passphrase: nil)
    #expect(result.status == 2)
    #expect(result.errors.contains("a passphrase is wanted"))
    #expect(try POSIXFileSystem().status(store) == nil)
    #expect(try run("init", passphrase: nil).status == 0)
    #expect(try run("status", passphrase: nil).status == 0)
  }

  @Test func `a passphrase comes from the first line of a file, too`() throws {
    try write("from a file\nnot this\n", to: fixture.path("secret"))
    let file = ["--passphrase-file", fixture.path("secret")]
    #expect(try start(file + ["init", "--encrypt"]).wait().status == 0)
    #expect(try start(file + ["status"]).wait().status == 0)
    #expect(try run("status", passphrase: "from a file").status == 0)
    let missing = try start(["--passphrase-file", fixture.path("none"), "status"]).wait()
    #expect(missing.status == 1)
    #expect(missing.errors.contains("the passphrase cannot be read"))
  }

  // MARK: - Passphrases

  @Test func `another passphrase opens the store, and the recovery key sets one`() throws {
    let made = try object(try run("--json", "init", "--encrypt"))
    let recovery = try #require(made["recovery_key"]?.stringValue)
    let id = try newPatient("Zebulon")
    let before = try contents(below: store)
    #expect(try run("passphrase", more: ["SATCHEL_NEW_PASSPHRASE=second"]).status == 0)
    let changed = try contents(below: store).filter { before[$0.key] != $0.value }.keys
    #expect(changed.sorted() == ["\(store)/keys.copy.json", "\(store)/keys.json"])
    #expect(try run("status").status == 1)
    #expect(try run("get", "patient", id, passphrase: "second").status == 0)
    let key = "SATCHEL_RECOVERY_KEY=\(recovery.lowercased())"
    let third = "SATCHEL_NEW_PASSPHRASE=third"
    #expect(try run("passphrase", "--recovery", passphrase: nil, more: [key, third]).status == 0)
    #expect(try run("get", "patient", id, passphrase: "third").status == 0)
    #expect(try run("status", passphrase: "second").status == 1)
    let zeros = "SATCHEL_RECOVERY_KEY=" + String(repeating: "0", count: 32)
    for (wrong, status) in [(zeros, Int32(1)), ("SATCHEL_RECOVERY_KEY=short", 2)] {
      let result = try run("passphrase", "--recovery", passphrase: nil, more: [wrong, third])
      #expect(result.status == status)
      #expect(result.errors.contains("recovery key"))
    }
  }

  // MARK: - Changing it

  @Test func `a store is encrypted, gets another key, and is decrypted, and holds the same`() throws
  {
    #expect(try run("init", passphrase: nil).status == 0)
    let id = try newPatient("Zebulon")
    #expect(try run("checkpoint").status == 0)
    let other = try newPatient("Yolanda")
    let words = ["Zebulon", "Yolanda", "Planted", id, other]
    #expect(try !files(with: words, below: store).isEmpty)
    let list = try run("list", "patient", "--json").text
    let file = try run("cat", "patient", id).text
    let first = try object(try run("--json", "encrypt"))["recovery_key"]?.stringValue
    #expect(try files(with: words, below: store) == [])
    #expect(try run("list", "patient", "--json").text == list)
    #expect(try run("cat", "patient", id).text == file)
    let second = try object(try run("--json", "encrypt"))["recovery_key"]?.stringValue
    #expect(first != nil && second != nil && first != second)
    #expect(try run("list", "patient", "--json").text == list)
    #expect(try run("decrypt").status == 0)
    #expect(try run("list", "patient", "--json", passphrase: nil).text == list)
    let paths = try files(with: ["Zebulon"], below: "\(store)/documents")
    #expect(try paths.map { String(decoding: try readWhole($0), as: UTF8.self) } == [file])
    #expect(try run("decrypt").errors.contains("is not encrypted"))
    #expect(try run("verify").status == 0)
  }

  @Test func `encryption that is killed is begun anew or finished, and nothing is lost`() throws {
    #expect(try run("init", passphrase: nil).status == 0)
    let lines = (0..<300).map { #"{"first_name":"Zebulon","last_name":"Planted \#($0)"}"# }
    #expect(
      try run("create", "patient", input: lines.joined(separator: "\n")).status == 0)
    #expect(try run("checkpoint").status == 0)
    let list = try run("list", "patient", "--json").text
    for round in 0..<10 {
      let command = try start(["encrypt"], passphrase: "correct horse")
      // Most of the time goes to making the key.
      usleep(UInt32(300_000 + round * 60_000))
      command.signal(SIGKILL)
      _ = try command.wait()
      #expect(try run("list", "patient", "--json").text == list, "round \(round)")
    }
    #expect(try run("encrypt").status == 0)
    #expect(try files(with: ["Zebulon", "Planted"], below: store) == [])
    #expect(try run("list", "patient", "--json").text == list)
  }

  // MARK: - Backups and the daemon

  @Test func `a backup of an encrypted store is encrypted, and restored with its passphrase`()
    throws
  {
    #expect(try run("init", "--encrypt").status == 0)
    let id = try newPatient("Zebulon")
    let backup = fixture.path("backup")
    #expect(try run("backup", backup).status == 0)
    #expect(try files(with: ["Zebulon", id], below: backup) == [])
    let restored = fixture.path("restored")
    let arguments = ["--store", restored, "restore-backup", backup]
    let refused = try fixture.run("satchel", arguments)
    #expect(refused.status == 1 && refused.errors.contains("is encrypted"))
    let environment = ["SATCHEL_PASSPHRASE=correct horse"]
    let done = try fixture.start("satchel", arguments, environment: environment).wait()
    #expect(done.status == 0, "\(done.errors)")
    let found = try fixture.start(
      "satchel", ["--store", restored, "get", "patient", id], environment: environment
    ).wait()
    #expect(found.text.contains("Zebulon"))
  }

  @Test(arguments: [SIGSEGV, SIGILL, SIGTRAP])
  func `a crash tells nothing of what was in memory`(signal: Int32) throws {
    let store = "\(fixture.directory)/crashed"
    try fixture.succeed("satchel", ["--store", store, "init"])
    let daemon = try fixture.start("satchel-syncd", ["--store", store])
    let line = try daemon.firstErrorLine()
    #expect(line.contains("running"))
    // Such a file has no size.
    let file = try POSIXFileSystem().open("/proc/\(daemon.id)/limits", .read)
    let limits = String(decoding: try file.read(at: 0, count: 4096), as: UTF8.self)
    #expect(limits.contains(#/Max core file size +0 +0 /#))
    daemon.signal(signal)
    let result = try daemon.wait()
    #expect(result.status != 0)
    #expect(result.errors.split(separator: "\n").count <= 1, "\(result.errors)")
  }

  @Test func `the daemon opens an encrypted store, and commands need no passphrase then`() throws {
    #expect(try run("init", "--encrypt").status == 0)
    let id = try newPatient("Zebulon")
    let without = try fixture.start("satchel-syncd", ["--store", store]).wait()
    #expect(without.status == 1 && without.errors.contains("is encrypted"))
    let daemon = try fixture.start(
      "satchel-syncd", ["--store", store], environment: ["SATCHEL_PASSPHRASE=correct horse"])
    #expect(try daemon.firstErrorLine().contains("running"))
    #expect(try run("get", "patient", id, passphrase: nil).text.contains("Zebulon"))
    let export = try run("export", "ndjson", "--type", "patient", passphrase: nil)
    #expect(export.text.contains("Zebulon"))
    let refused = try run("decrypt", passphrase: nil)
    #expect(refused.status == 2 && refused.errors.contains("stop satchel-syncd"))
    #expect(try files(with: ["Zebulon", id], below: store) == [])
    daemon.signal(SIGTERM)
    #expect(try daemon.wait().status == 0)
  }
}
