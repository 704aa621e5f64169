import Causality
import Documents
import Platform
import Replica
import Simulation
import Storage

/// A server and its laptops under one schedule: carries out steps, and has the checker look after each.
/// For one thread.
final class World {
  /// 2026-03-01T08:00:00Z
  static let firstMoment: UInt64 = 1_772_352_000_000

  /// Every so many steps somebody looks at a review list.
  private static let stepsPerReview = 7

  let schedule: Schedule
  let machine: Machine
  private(set) var nodes: [Node] = []
  var devices: Devices
  var now = World.firstMoment
  var checker: Checker
  var late: [Line.Late] = []
  /// How many values were made up so far: each is another.
  var valueCount = 0
  /// Whether laptops may know what the server has lost.
  var hasServerGoneBack = false
  private var nameCount = 0
  private(set) var coverage = Coverage()
  /// Replicas that the server was told to wait for no more.
  var retired: Set<ReplicaID> = []
  /// The document that somebody wrote to last.
  var lastWritten: DocumentKey?
  /// The documents in which values were written.
  var owners: [Int: DocumentKey] = [:]
  var trace: Trace
  /// How many exchanges there were, faulty ones included.
  var exchangeCount = 0

  init(_ schedule: Schedule, _ templates: Templates, keepsTrace: Bool) throws {
    self.schedule = schedule
    // What the templates were made with would give their ids a second time.
    let isTaken = Schedule.laptopCounts.contains(Int(clamping: schedule.seed))
    let template = try templates.template(laptopCount: schedule.laptopCount)
    machine = Machine(
      templates.system, seed: isTaken ? ~schedule.seed : schedule.seed,
      pageByteCount: schedule.pageByteCount, book: template.book.map { SaltBook(knowing: $0) })
    checker = Checker(isJudged: schedule.isJudged)
    trace = Trace(keepsLines: keepsTrace)
    devices = Devices(template.devices)
    for (number, disk) in template.disks.enumerated() {
      _ = try add(
        number == 0 ? "server" : "laptop \(nextName())", number == 0 ? .server : .laptop,
        disk.afterKill())
    }
    for (number, node) in nodes.enumerated() where schedule.oldMachines.contains(number) {
      node.isOld = true
      try node.restart()
    }
    try checker.begin(nodes)
  }

  /// - Throws: if a key of a sealed piece has sealed another one before.
  func checkSeals() throws(Broken) {
    guard let counts = machine.book?.counts, counts.repeated > 0 else { return }
    throw Broken(
      "seals",
      "of \(counts.sealed) pieces \(counts.repeated) were sealed with a key that had sealed before")
  }

  var server: Node { nodes[0] }
  var desk: ServerDesk {
    ServerDesk(server.replica, devices, isJudging: schedule.isJudged)
  }
  var laptops: ArraySlice<Node> { nodes.dropFirst() }

  func add(
    _ name: String, _ role: Replica.Role, _ disk: SimulatedFileSystem
  ) throws -> Node {
    let node = try Node(name, role, disk, NodeClock(now: now), machine)
    nodes.append(node)
    return node
  }

  func nextName() -> Int {
    nameCount += 1
    return nameCount
  }

  /// A laptop that takes no part any more.
  func remove(_ laptop: Node) { nodes.removeAll { $0 === laptop } }

  func node(_ step: Step) -> Node { nodes[step.node % nodes.count] }

  /// A laptop, also where a step names the server.
  func laptop(_ step: Step) -> Node { nodes[1 + max(0, step.node - 1) % (nodes.count - 1)] }

  /// Those that the server waits for before anything leaves the trash.
  var active: [Node] {
    nodes.filter { !$0.hasGoneBack && !retired.contains($0.replica.id) && !beginsAnew($0) }
  }

  /// Whether a laptop's server was set back: what it has beyond that it keeps aside, and begins anew.
  private func beginsAnew(_ node: Node) -> Bool {
    node.role == .laptop
      && node.replica.store.identity.enrolment.map { wasServer($0.server) } ?? false
  }

  func note(_ text: String) { trace.add("       \(text)") }

  /// Carries out a step and looks at what came of it.
  /// - Throws: `Broken`, or an error that nothing explains.
  func run(_ step: Step, number: Int) throws {
    var dice = Dice(seed: step.seed)
    advance(by: 1000 + dice.below(1_800_000))
    let node = step.action.concernsLaptop ? laptop(step) : node(step)
    trace.add("\(number): \(node.name): \(step.action.rawValue)")
    checker.beginStep(active)
    armReads(of: node, step.action)
    do {
      try carryOut(step.action, node, &dice)
      // Who looks at the review list has it kept up to date from then on.
      if number % Self.stepsPerReview == 0 { _ = try node.replica.reviewItems() }
    } catch let error as ReplicaError {
      note("\(error)")
      try requireExplained(error)
    } catch let error as StorageError {
      note("\(error)")
      try requireExplained(.storage(error))
    }
    disarmReads(of: node, step.action)
    if step.action.kind != .work, step.action.kind != .syncing {
      noteFault(step.action.rawValue, at: node === nodes[0] ? "server" : "laptop")
    }
    for node in nodes { for strike in node.disk.takeStrikes() { coverage.note(strike) } }
    try recover(&dice)
    try lookAtAll()
    trace.add("       \(nodes.map { "\($0.seen.held.count)" }.joined(separator: " "))")
  }

  func advance(by milliseconds: Int) {
    now += UInt64(milliseconds)
    for node in nodes { node.clock.advance(to: now) }
  }

  func noteFault(_ fault: String, at place: String) { coverage.note(fault, at: place) }

  /// The reads of this step may fail; the checker's own never do.
  private func armReads(of node: Node, _ action: Action) {
    guard action != .failRead, let number = node.failingRead else { return }
    node.disk.fail(InjectedFailure(CallKind.reading, number: number, code: 5))
  }

  private func disarmReads(of node: Node, _ action: Action) {
    guard action != .failRead, node.failingRead != nil else { return }
    if !node.disk.hasFailed { node.disk.fail(nil) }
    node.failingRead = nil
  }

  /// Has the checker look at every machine. Damage that it meets is repaired.
  private func lookAtAll() throws {
    do { try checker.look(at: nodes) } catch let error as StorageError where error.code == .corrupt
    {
      guard let node = nodes.first(where: \.isDamaged) else { throw error }
      note("\(error)")
      try repair(node)
      try lookAtAll()
    }
  }

  /// Somebody is told of damage, and has it repaired.
  func repair(_ node: Node) throws {
    note("\(node.name) is repaired")
    try node.repair()
    checker.noteRepaired(node)
  }

  /// Storage fails only where a disk was made to fail, and is damaged only where a bit was flipped.
  private func requireExplained(_ error: ReplicaError) throws {
    guard case .storage(let failure) = error else { return }
    // A backup whose files could not be read to check it says that it is not whole.
    let isUnread = nodes.contains { $0.failingRead != nil && $0.disk.hasFailed }
    if failure.code == .corrupt, !isUnread {
      guard let node = nodes.first(where: \.isDamaged) else {
        throw Broken("storage", "damage: \(failure)")
      }
      return try repair(node)
    }
    if !nodes.contains(where: \.isFailing) { throw Broken("storage", "\(failure)") }
  }

  /// Starts machines again whose power failed or whose store takes no more writes.
  private func recover(_ dice: inout Dice) throws {
    for node in nodes {
      if node.disk.isDead {
        let fate = Fate.seeded(dice.next())
        note("\(node.name) starts again after a power cut: \(fate)")
        try node.cutPower(fate)
        checker.noteRestart(node)
      } else if node.disk.hasFailed || node.replica.store.refusal != nil {
        note("\(node.name) starts again: its disk failed")
        node.disk.fail(nil)
        node.disk.limit(bytes: .max)
        node.isFull = false
        try node.kill()
        checker.noteRestart(node)
      } else if node.replica.store.identity.startsOver {
        note("\(node.name) begins anew: its server was set back")
        try node.restart()
        checker.noteGoneBack(node)
      }
    }
  }
}
