import Documents
import JSON
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
    case .erase, .checkpoint, .emptyTrash, .reopen, .deliverLate:
      try keepHouse(action, node, &dice)
    case .changeRights: try changeRights(&dice)
    case .wait, .waitLong, .jumpClock, .driftClock, .correctClock: tellTime(action, node, &dice)
    case .copy, .goBack, .clone, .openRecovery, .closeRecovery, .retire:
      try administer(action, node)
    default: try harm(action, node, &dice)
    }
  }

  // MARK: - What programs do

  private func keepHouse(_ action: Action, _ node: Node, _ dice: inout Dice) throws {
    switch action {
    case .erase:
      let key = erasable(&dice)
      note("\(key)")
      checker.noteWriter(server, isKnowing: true)
      try server.replica.delete(key, reason: .erasure)
    case .checkpoint: note("\(try node.replica.checkpoint()) files")
    case .emptyTrash:
      if dice.once(in: 2) { try endDay(&dice) }
      checker.noteWriter(node, isKnowing: true)
      let before = node.seen.documents
      note("\(try node.replica.emptyTrash()) documents")
      try checker.checkPurged(node, since: before)
    case .reopen:
      if dice.once(in: 2) { try node.restart() } else { try node.kill() }
      checker.noteRestart(node)
    default: try deliverLate(&dice)
    }
  }

  /// All laptops sync until each knows that all have all: then the trash may be emptied.
  private func endDay(_ dice: inout Dice) throws {
    for laptop in laptops + laptops {
      try sync(laptop, isBad: false, seed: dice.next())
      try checker.look(at: [server, laptop])
      checker.beginStep()
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

  // MARK: - Administrators

  private func administer(_ action: Action, _ node: Node) throws {
    switch action {
    case .copy: node.copy = (node.disk.afterKill(), devices.all)
    case .goBack: try goBack(node)
    case .clone: try clone(node)
    case .openRecovery: try server.replica.setRecovery(isOpen: true)
    case .closeRecovery: try server.replica.setRecovery(isOpen: false)
    default: try server.replica.retire(node.replica.id)
    }
  }

  private func goBack(_ node: Node) throws {
    guard let copy = node.copy else { return }
    try node.start(on: copy.disk.afterKill())
    if node === server {
      devices = Devices(copy.devices)
      hasServerGoneBack = true
    }
    checker.noteGoneBack(node)
  }

  /// So many machines there are at most.
  private static let mostNodes = 9

  private func clone(_ node: Node) throws {
    guard nodes.count < Self.mostNodes else { return }
    let disk = (node.copy?.disk ?? node.disk).afterKill()
    // What is full is the disk that was copied.
    disk.limit(bytes: .max)
    let name = "laptop \(nodes.count) (copy of \(node.name))"
    checker.noteNew(try add(name, .laptop, disk))
  }

  /// Takes the laptops' user the right to write, or gives it back.
  private func changeRights(_ dice: inout Dice) throws {
    let status = dice.pick(["active", "active", "inactive", "suspended"])
    note(status)
    checker.noteWriter(server, isKnowing: true)
    try server.replica.transact { (transaction) throws(ReplicaError) in
      let key = SmallClinic.key("user", 1)
      guard let user = try transaction.document(key) else { return }
      var fields = transaction.fields(user)
      fields["status"] = .string(status)
      try transaction.set(key, to: fields)
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
