import Glibc
import JSON
import Testing

/// Power cuts and crashes: `kill -9` in the middle of a sync.
@Suite struct KillTests {
  private enum Victim: CaseIterable { case server, daemon, command }

  /// A laptop and what it has acknowledged: a phone number for each patient that it created.
  private final class Author {
    let laptop: TestLaptop
    private(set) var acknowledged: [String: String] = [:]
    private var pending: [(write: ChildProcess, values: [String: String])] = []
    private var count = 0

    init(_ laptop: TestLaptop) { self.laptop = laptop }

    /// Begins a write: several new patients at once, or a change of one.
    func begin(_ random: inout SeededRandom) throws {
      count += 1
      let phone = "\(count)"
      if let id = acknowledged.keys.sorted().first, random.below(3) == 0 {
        let write = try laptop.start(["update", "patient", id], input: #"{"phone":"\#(phone)"}"#)
        pending.append((write, [id: phone]))
        return
      }
      let ids = (0..<4).map { _ in random.id() }
      let lines = ids.map { id in
        #"{"id":"\#(id)","first_name":"F","last_name":"L","phone":"\#(phone)"}"# + "\n"
      }
      let write = try laptop.start(["create", "patient"], input: lines.joined())
      pending.append((write, Dictionary(uniqueKeysWithValues: ids.map { ($0, phone) })))
    }

    /// Waits for the writes. What was not acknowledged may have happened or not.
    func finish() throws {
      for (write, values) in pending {
        let isDone = try write.wait().status == 0
        for (id, phone) in values { acknowledged[id] = isDone ? phone : nil }
      }
      pending = []
    }

    /// What the laptop acknowledged and does not list.
    func lost(on other: TestLaptop? = nil) throws -> [String] {
      var phones: [String: String] = [:]
      let listed = try (other ?? laptop).succeed("list", "patient", "--json")
      for line in listed.utf8.split(separator: UInt8(ascii: "\n")) {
        let object = try JSONValue(parsing: Array(line)).objectValue
        if let id = object?["id"]?.stringValue { phones[id] = object?["phone"]?.stringValue }
      }
      return acknowledged.filter { phones[$0.key] != $0.value }.map(\.key).sorted()
    }
  }

  @Test(arguments: [UInt64(20_261_121)])
  func `nothing that was acknowledged is lost by kill -9`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let fixture = try ProgramFixture()
    let server = try ClinicServer(fixture)
    let authors = [Author(try server.laptop("a")), Author(try server.laptop("b"))]
    for round in 0..<50 {
      let victim = Victim.allCases[round % Victim.allCases.count]
      let label = "round \(round), \(victim), seed \(seed)"
      for author in authors { try author.begin(&random) }
      for author in authors { try author.finish() }
      try kill(victim, server, authors, &random)
      for author in authors {
        let lost = try author.lost()
        #expect(lost.isEmpty, "\(label)")
      }
    }
    try expectAgreement(fixture, server, authors, seed)
  }

  private func kill(
    _ victim: Victim, _ server: ClinicServer, _ authors: [Author], _ random: inout SeededRandom
  ) throws {
    let laptop = authors[0].laptop
    if victim == .daemon { try laptop.startDaemon() }
    let first = try laptop.start(["sync"])
    let second = try authors[1].laptop.start(["sync"])
    for author in authors { try author.begin(&random) }
    usleep(UInt32(random.below(200_000)))
    switch victim {
    case .server: try server.kill()
    case .daemon: try laptop.killDaemon()
    case .command: first.signal(SIGKILL)
    }
    for sync in [first, second] { _ = try sync.wait() }
    for author in authors { try author.finish() }
    if victim == .server { try server.start() }
  }

  private func expectAgreement(
    _ fixture: ProgramFixture, _ server: ClinicServer, _ authors: [Author], _ seed: UInt64
  ) throws {
    let laptops = authors.map(\.laptop)
    for laptop in laptops + [laptops[0]] { try laptop.sync() }
    for laptop in laptops { #expect(try laptop.isSound(), "seed \(seed)") }
    #expect(try server.administer(["verify"]).contains(#""ok":true"#))
    try server.stop()
    let copy = try server.storeCopy("copy")
    #expect(try copy.isSound())
    let all = try laptops[0].everything()
    #expect(try laptops[1].everything() == all && copy.everything() == all, "seed \(seed)")
    for author in authors {
      #expect(try author.lost(on: copy).isEmpty, "seed \(seed)")
      #expect(author.acknowledged.count > 50)
    }
  }
}
