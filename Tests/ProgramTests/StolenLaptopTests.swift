import Documents
import Glibc
import JSON
import Platform
import Testing

/// An encrypted laptop that is taken away at any moment tells nothing of its patients.
@Suite final class StolenLaptopTests {
  private static let passphrase = "correct horse"
  private static let rounds = 50

  private let fixture: ProgramFixture
  private let server: ClinicServer
  private let laptop: TestLaptop
  /// Where its programs put what is only there for a moment, and where its backups go.
  private let aside: String
  private var ids: [String] = []
  private var planted: [String] = []
  private var numbers = SystemRandomNumberGenerator()

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    laptop = try server.laptop("stolen", passphrase: Self.passphrase)
    aside = fixture.path("aside")
    try POSIXFileSystem().createDirectory(aside)
    laptop.environment.append("TMPDIR=\(aside)")
  }

  /// Patients with names, notes and addresses that stand nowhere else.
  private func newPatients(_ count: Int) -> String {
    (0..<count).map { _ in
      let mark = HexText.text(SystemRandom().bytes(6))
      let words = ["Given\(mark)", "Family\(mark)", "note\(mark)", "mail\(mark)@example.org"]
      planted += words
      return
        #"{"first_name":"\#(words[0])","last_name":"\#(words[1])","notes":"\#(words[2])","email":"\#(words[3])"}"#
    }.joined(separator: "\n")
  }

  private func findings() throws -> [String] { try findings(in: [laptop.store, aside]) }

  /// The files below directories, and their names, in which anything of it stands.
  private func findings(in directories: [String]) throws -> [String] {
    let words = planted + ids
    try write(words.joined(separator: "\n"), to: fixture.path("words"))
    var found: [String] = []
    for directory in directories {
      let grep = try ChildProcess(
        "/bin/grep", ["-raFl", "-f", fixture.path("words"), directory],
        environment: [], directory: fixture.path("tmp"))
      found += try grep.wait().text.split(separator: "\n").map(String.init)
      let list = try ChildProcess(
        "/usr/bin/find", [directory], environment: [], directory: fixture.path("tmp"))
      let names = try list.wait().text
      found += words.filter { names.contains($0) }
    }
    return found
  }

  /// Begins a command, and kills it after some time.
  private func kill(_ arguments: [String], input: String? = nil, more: [String] = []) throws {
    let before = laptop.environment
    defer { laptop.environment = before }
    laptop.environment += more
    let process = try laptop.start(arguments, input: input)
    usleep(UInt32.random(in: 0..<900_000, using: &numbers))
    process.signal(SIGKILL)
    _ = try process.wait()
  }

  private func note(idsOf text: String) throws {
    ids = try text.split(separator: "\n").compactMap {
      try JSONValue(parsing: Array($0.utf8)).objectValue?["id"]?.stringValue
    }
  }

  @Test func `killed at fifty moments, it has none of two hundred planted words on its disk`()
    throws
  {
    try laptop.succeed("create", "patient", input: newPatients(60))
    try laptop.sync()
    try note(idsOf: try laptop.succeed("list", "patient", "--json"))
    #expect(planted.count + ids.count >= 200)
    #expect(try findings() == [])
    for round in 0..<Self.rounds {
      switch round % 8 {
      case 0: try kill(["create", "patient"], input: newPatients(20))
      case 1: try kill(["checkpoint"])
      case 2: try kill(["encrypt"])
      case 3: try kill(["sync"])
      case 4: try kill(["backup", "\(aside)/backup"])
      case 5: try kill(["passphrase"], more: ["SATCHEL_NEW_PASSPHRASE=\(Self.passphrase)"])
      case 6: try kill(["export", "ndjson", "--out", "/dev/null"])
      default:
        try laptop.startDaemon()
        try kill(["update", "patient", ids[round]], input: #"{"notes":"\#(planted[round])"}"#)
        #expect(try findings() == [], "while the daemon runs")
        try laptop.killDaemon()
      }
      #expect(try findings() == [], "round \(round)")
    }
    // It is whole all the same.
    #expect(try laptop.isSound())
    try laptop.sync()
    let count = try laptop.succeed("list", "patient", "--json").split(separator: "\n").count
    #expect(count >= 60)
    try server.administer(["device", "revoke", "stolen", "--wipe"])
    #expect(try laptop.run("sync").status == 1)
    #expect(try findings() == [])
    #expect(try POSIXFileSystem().contents(ofDirectory: laptop.store) == ["LOCK", "wiped.json"])
  }

  @Test func `an encryption that is cut off is finished, and leaves nothing in plain`() throws {
    let plain = try server.laptop("plain")
    try plain.succeed("create", "patient", input: newPatients(300))
    try plain.succeed("checkpoint")
    #expect(try !findings(in: [plain.store]).isEmpty, "what is looked for can be found")
    plain.environment = ["SATCHEL_PASSPHRASE=\(Self.passphrase)"]
    for _ in 0..<6 {
      let process = try plain.start(["encrypt"])
      usleep(UInt32.random(in: 0..<1_500_000, using: &numbers))
      process.signal(SIGKILL)
      _ = try process.wait()
      let status = try plain.status()["encryption"]?.stringValue
      #expect(try plain.succeed("list", "patient", "--json").split(separator: "\n").count == 300)
      if status == "store" { break }
    }
    if try plain.status()["encryption"]?.stringValue != "store" { try plain.succeed("encrypt") }
    try note(idsOf: try plain.succeed("list", "patient", "--json"))
    #expect(try findings(in: [plain.store]) == [])
  }
}
