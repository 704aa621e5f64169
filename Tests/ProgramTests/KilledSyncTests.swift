import Glibc
import JSON
import Platform
import Simulation
import Testing

/// `kill -9` of either side at random moments of a first sync: it goes on where it stood.
///
/// `SATCHEL_KILLS` says how many kills hit a sync that is under way, `SATCHEL_KILL_DOCUMENTS` how many documents
/// it moves, `SATCHEL_KILL_SEED` at which moments; the defaults are for every test run.
@Suite struct KilledSyncTests {
  private static let killCount = number("SATCHEL_KILLS") ?? 6
  private static let documentCount = number("SATCHEL_KILL_DOCUMENTS") ?? 2100
  private static let seed = UInt64(number("SATCHEL_KILL_SEED") ?? 20_261_121)

  private static func number(_ name: String) -> Int? { Host.environment(name).flatMap { Int($0) } }

  @Test(arguments: [seed])
  func `a first sync goes on after kill -9 and sends nothing twice that was kept`(
    seed: UInt64
  ) throws {
    let clinic = try KilledClinic(documentCount: Self.documentCount, seed: seed)
    while clinic.killCount < Self.killCount || clinic.pageCount == 0 {
      guard clinic.roundCount < Self.killCount * 2 + 4 else {
        Issue.record(
          "only \(clinic.killCount) kills hit anything, \(clinic.pageCount) pages, seed \(seed)")
        break
      }
      let repeated = try clinic.round(
        maximumKillCount: max(Self.killCount, clinic.killCount + 3))
      #expect(repeated.isEmpty, "round \(clinic.roundCount), seed \(seed)")
      let differing = try clinic.differences()
      #expect(differing.isEmpty, "round \(clinic.roundCount), seed \(seed)")
    }
    print(clinic.summary)
  }
}

/// Laptops whose first syncs are killed: one with documents and an empty server, then an empty one.
private final class KilledClinic {
  private enum Victim: CaseIterable { case laptop, server }

  private static let maximumAttemptCount = 200

  private let fixture: ProgramFixture
  private let server: ClinicServer
  private let author: TestLaptop
  private let proxy: CuttingProxy
  private let record = SyncRecord()
  private let documentCount: Int
  private var random: SeededRandom
  private var reader: TestLaptop?
  /// How long the two syncs take to their last byte if nobody disturbs them, in microseconds.
  private var pushLength = 0
  private var pullLength = 0
  private static let pollMicroseconds = 1000
  private(set) var roundCount = 0
  private(set) var killCount = 0
  private var laptopKillCount = 0
  private var missCount = 0
  private(set) var pushPageCount = 0
  private(set) var pullPageCount = 0
  /// Pages that were kept when a side was killed.
  var pageCount: Int { pushPageCount + pullPageCount }

  var summary: String {
    "\(killCount) kills hit a sync under way (\(laptopKillCount) the laptop), \(missCount) did not; "
      + "\(roundCount) first syncs each way of \(documentCount) documents, undisturbed "
      + "\(pushLength / 1000) and \(pullLength / 1000) ms; seen after kills: \(pushPageCount) pages "
      + "kept of pushes, \(pullPageCount) of pulls"
  }

  init(documentCount: Int, seed: UInt64) throws {
    self.documentCount = documentCount
    random = SeededRandom(seed: seed)
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    author = try server.laptop("author")
    proxy = try CuttingProxy(to: server.address) { [record] in
      record.add($0, connection: $1, isAnswer: $2)
    }
    for first in stride(from: 0, to: documentCount, by: 2000) {
      let lines = (first..<min(first + 2000, documentCount)).map { number in
        #"{"first_name":"First \#(number)","last_name":"Last","phone":"\#(number)"}"# + "\n"
      }
      try author.succeed("create", "patient", "--json", input: lines.joined())
    }
    try server.stop()
    try fixture.copy(server.data, to: fixture.path("server.empty"))
    try fixture.copy(author.store, to: fixture.path("author.full"))
    try measure()
  }

  private func measure() throws {
    try begin()
    pushLength = try length(of: author)
    let reader = try server.laptop("undisturbed")
    pullLength = try length(of: reader)
    try server.stop()
  }

  private func length(of laptop: TestLaptop) throws -> Int {
    let begin = ContinuousClock.now
    try laptop.succeed("sync", "--server", proxy.url)
    return Int(begin.duration(to: record.lastMoment) / .microseconds(1))
  }

  /// An empty server, and a laptop with documents that nobody else has.
  private func begin() throws {
    try POSIXFileSystem().removeTree(server.data)
    try POSIXFileSystem().removeTree(author.store)
    try fixture.copy(fixture.path("server.empty"), to: server.data)
    try fixture.forgetPlace(of: "\(server.data)/accounts/\(server.account)")
    try fixture.copy(fixture.path("author.full"), to: author.store)
    try fixture.forgetPlace(of: author.store)
    try server.start()
  }

  /// A first push and a first pull, with kills.
  /// - Returns: what travelled again though it was kept.
  func round(maximumKillCount: Int) throws -> [String] {
    roundCount += 1
    try begin()
    let pushed = try sync(author, &pushLength, maximumKillCount)
    let reader = try server.laptop("reader-\(roundCount)")
    self.reader = reader
    let pulled = try sync(reader, &pullLength, maximumKillCount)
    return pushed + pulled
  }

  private func sync(
    _ laptop: TestLaptop, _ length: inout Int, _ maximumKillCount: Int
  ) throws -> [String] {
    var kept = try KeptPages(laptop, server)
    for attempt in 0..<Self.maximumAttemptCount {
      _ = try record.take()
      let begin = ContinuousClock.now
      let process = try laptop.start(["sync", "--server", proxy.url])
      var victim: Victim?
      if killCount < maximumKillCount {
        // The first moment lies anywhere; what is left later is shorter.
        let limit = attempt == 0 ? length : 1 + random.below(length)
        wait(for: process, microseconds: random.below(limit))
        // Other programs of the machine may have slowed down what was measured.
        if attempt == 0, process.isOver {
          length = min(length, Int(begin.duration(to: record.lastMoment) / .microseconds(1)))
        }
        victim = try kill(process)
      }
      let result = try process.wait(withinSeconds: 300)
      let exchanges = try record.take()
      kept.check(exchanges)
      try kept.note(exchanges)
      if let victim { try note(victim, result, isHit: !exchanges.isEmpty) }
      if victim == .server { try server.start() }
      if result.status == 0 {
        pushPageCount += kept.pushPageCount
        pullPageCount += kept.pullPageCount
        return kept.repeated
      }
      guard victim != nil else { throw TestFailure("a sync failed by itself: \(result.errors)") }
    }
    throw TestFailure("a sync of \(laptop.store) does not come to its end")
  }

  private func wait(for process: ChildProcess, microseconds limit: Int) {
    let begin = ContinuousClock.now
    while !process.isOver, microseconds(since: begin) < limit {
      usleep(UInt32(Self.pollMicroseconds))
    }
  }

  private func microseconds(since begin: ContinuousClock.Instant) -> Int {
    Int(begin.duration(to: .now) / .microseconds(1))
  }

  private func kill(_ process: ChildProcess) throws -> Victim {
    let victim = Victim.allCases[random.below(Victim.allCases.count)]
    switch victim {
    case .laptop: process.signal(SIGKILL)
    case .server: try server.kill()
    }
    return victim
  }

  private func note(_ victim: Victim, _ result: ProgramResult, isHit: Bool) throws {
    let expected = victim == .laptop ? 128 + SIGKILL : 1
    guard [0, expected].contains(result.status) else {
      throw TestFailure("\(victim) was killed, the sync says: \(result.status) \(result.errors)")
    }
    guard result.status != 0, isHit else {
      missCount += 1
      return
    }
    killCount += 1
    if victim == .laptop { laptopKillCount += 1 }
  }

  /// In what the two laptops and the server are not equal and sound.
  func differences() throws -> [String] {
    guard let reader else { return ["nobody has read"] }
    var found: [String] = []
    let isServerSound = try server.administer(["verify"]).contains(#""ok":true"#)
    if !isServerSound { found.append("the server is damaged") }
    for laptop in [author, reader] where !(try laptop.isSound()) {
      found.append("\(laptop.store) is damaged")
    }
    try server.stop()
    let copy = try server.storeCopy("copy-\(roundCount)")
    let all = try documents(of: author)
    if try documents(of: reader) != all { found.append("the reader differs") }
    if try documents(of: copy) != all { found.append("the server differs") }
    found += try wrongPatients(in: reader)
    try POSIXFileSystem().removeTree(copy.store)
    try POSIXFileSystem().removeTree(reader.store)
    return found
  }

  /// All documents of all types that are there.
  private func documents(of laptop: TestLaptop) throws -> String {
    let counts = try laptop.status()["documents"]?.objectValue ?? JSONObject([])
    let lists = try counts.members.map { try laptop.succeed("list", $0.key, "--json") }
    return SyncRecord.text(.object(counts)) + lists.joined()
  }

  /// Each patient is there once.
  private func wrongPatients(in laptop: TestLaptop) throws -> [String] {
    let lines = try laptop.succeed("list", "patient", "--json").utf8
      .split(separator: UInt8(ascii: "\n"))
    let phones = try lines.map {
      try JSONValue(parsing: Array($0)).objectValue?["phone"]?.stringValue ?? ""
    }
    let expected = Set((0..<documentCount).map { "\($0)" })
    if lines.count == documentCount, Set(phones) == expected { return [] }
    return ["\(lines.count) patients, \(Set(phones).count) of them different"]
  }
}
