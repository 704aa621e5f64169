import Documents
import JSON
import Platform
import Replica
import Simulation
import Storage

extension World {
  func carryOut(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    switch action.kind {
    case .work: try work(action, node, &dice)
    case .syncing: try sync(node, isBad: action == .syncBadly, seed: dice.next())
    default: try befall(action, node, &dice)
    }
  }

  private func befall(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    switch action {
    case .erase, .eraseAgain, .checkpoint, .emptyTrash, .reopen, .deliverLate:
      try keepHouse(action, node, &dice)
    case .changeRights: try changeRights(&dice)
    case .wait, .waitLong, .jumpClock, .driftClock, .correctClock: tellTime(action, node, &dice)
    case .copy, .goBack, .clone, .backUp, .restoreBackup, .newLaptop, .upgrade:
      try administer(action, node)
    case .openRecovery, .closeRecovery, .retire, .undo, .emptyServer, .revoke:
      try administerServer(action, node)
    case .cutPowerAtWork, .failSyncAtWork: try interruptWork(action, node, &dice)
    default: try harm(action, node, &dice)
    }
  }

  // MARK: - What programs do

  private func keepHouse(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    switch action {
    case .erase, .eraseAgain:
      let key = action == .erase ? erasable(&dice) : (lastWritten ?? erasable(&dice))
      note("\(key)")
      checker.noteWriter(server, isKnowing: true)
      try server.replica.delete(key, reason: .erasure)
    case .checkpoint: note("\(try node.replica.checkpoint()) files")
    case .emptyTrash:
      if dice.once(in: 2) { try endDay(&dice) }
      checker.noteWriter(node, isKnowing: true)
      let before = node.seen.documents
      note("\(try node.replica.emptyTrash()) documents")
      try checker.checkPurged(node, since: before, hasServerGoneBack ? [] : active)
    case .reopen:
      if dice.once(in: 2) { try node.restart() } else { try node.kill() }
      checker.noteRestart(node)
    default: try deliverLate(&dice)
    }
  }

  /// All laptops sync until each knows that all have all: then the trash may be emptied.
  private func endDay(_ dice: inout Dice) throws {
    if nodes.contains(where: \.isFailing) { return }
    for laptop in laptops + laptops {
      try sync(laptop, isBad: false, seed: dice.next())
      try checker.look(at: [server, laptop])
      checker.beginStep(active)
    }
  }

  /// One of the clinic's documents, or a patient that came with a file.
  private func erasable(_ dice: inout Dice) -> DocumentKey {
    let key = SmallClinic.key(dice.pick(["patient", "invite", "appointment"]), 1 + dice.below(4))
    let imported = server.seen.documents.keys.filter { SmallClinic.isImported($0) }.sorted()
    return !imported.isEmpty && dice.once(in: 2) ? dice.pick(imported) : key
  }

  /// A request that was under way for long comes to the server; nobody waits for the answer.
  private func deliverLate(_ dice: inout Dice) throws {
    guard !late.isEmpty else { return }
    let request = late.remove(at: dice.below(late.count))
    checker.noteWriter(server, isKnowing: false)
    note("status \(desk.answer(request.request, from: request.device).status)")
  }

  // MARK: - Time

  private func tellTime(_ action: Action, _ node: Node, _ dice: inout Dice) {
    let (hour, day) = (3_600_000, 86_400_000)
    switch action {
    case .wait: advance(by: dice.below(20) * hour)
    case .waitLong: advance(by: (7 + dice.below(30)) * day)
    case .jumpClock:
      let size = dice.pick([5 * 60_000, hour, day, 30 * day, 400 * day])
      let jump = dice.below(2 * size) - size
      node.clock.jump(by: jump)
      note("by \(jump / 1000) seconds")
    case .driftClock: node.clock.setDrift(dice.below(100_000) - 50_000)
    default: node.clock.putRight()
    }
  }

  // MARK: - Mishaps

  private func harm(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    let disk = node.disk
    switch action {
    case .cutPower: try cutPower(node, &dice)
    case .cutPowerSoon:
      disk.forgetCalls()
      let call = 1 + dice.below(dice.pick([8, 40, 200]))
      disk.crash(at: call)
      node.isArmed = true
      note("at call \(call)")
    case .failSync:
      let number = 1 + dice.below(6)
      disk.fail(InjectedFailure(CallKind.synchronizing, number: number, code: 5))
      node.isArmed = true
      note("at sync \(number)")
    case .failRead: node.failingRead = 1 + dice.below(dice.pick([4, 30]))
    case .flipBit: try flipBit(node, &dice)
    case .fillDisk:
      disk.limit(bytes: disk.usedByteCount + dice.below(8) * 4096)
      node.isFull = true
    case .freeDisk:
      disk.limit(bytes: .max)
      node.isFull = false
    case .partition: node.isCutOff = true
    default: node.isCutOff = false
    }
  }

  /// Files whose damage is found and healed; a log that is damaged behind its last checkpoint is not.
  private static let healed = ["documents/", "index/", "feed/", "journal/"]

  /// Damages a file of a laptop that the server knows all of: nothing else can bring back what stood only
  /// there.
  private func flipBit(_ node: Node, _ dice: inout Dice) throws {
    guard node !== server, node.seen.held.isSubset(of: server.seen.held) else { return }
    let files = node.disk.listing().compactMap { line -> String? in
      let name = line.split(separator: " ").first.map(String.init) ?? ""
      let isHealed = Self.healed.contains { name.hasPrefix("\(Machine.root)/\($0)") }
      return name.hasSuffix("/") || !isHealed ? nil : name
    }
    guard !files.isEmpty else { return }
    let file = dice.pick(files)
    let count = try node.disk.status(file)?.byteCount ?? 0
    guard count > 0 else { return }
    let bit = dice.below(Int(count) * 8)
    note("bit \(bit) of \(file)")
    try node.disk.flipBit(file, bit)
    node.isDamaged = true
  }

  /// The power or the disk fails while the machine does something.
  private func interruptWork(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    let disk = node.disk
    // One long text is one write, of which whole sectors can be lost.
    let isLong = action == .cutPowerAtWork && dice.once(in: 3)
    disk.forgetCalls()
    if action == .cutPowerAtWork {
      disk.crash(at: 1 + dice.below(isLong ? 2 : dice.pick([3, 12, 60])))
    } else {
      disk.fail(InjectedFailure(CallKind.synchronizing, number: 1 + dice.below(3), code: 5))
    }
    node.isArmed = true
    if isLong { try writeLongText(node, &dice) } else { try doSomething(node, &dice) }
    guard action == .failSyncAtWork, dice.once(in: 2), !disk.isDead else { return }
    // Nobody was told of a failure: what was acknowledged must outlive the next power cut.
    try checker.look(at: nodes)
    try cutPower(node, &dice)
  }

  private func doSomething(_ node: Node, _ dice: inout Dice) throws {
    var works: [Action] = [.writeTogether, .writeTogether, .importFile, .editPatient, .checkpoint]
    if node !== server { works += [.sync, .sync] }
    let work = dice.pick(works)
    note(work.rawValue)
    try carryOut(work, node, &dice)
  }

  private func cutPower(_ node: Node, _ dice: inout Dice) throws {
    let fate = dice.pick([
      Fate.nothingSurvives, .everythingSurvives, .namesSurvive, .contentSurvives,
      .seeded(dice.next()), .seeded(dice.next()),
    ])
    note("\(fate)")
    try node.cutPower(fate)
    checker.noteRestart(node)
  }
}
