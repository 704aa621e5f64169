import Causality
import Documents
import Replica
import Simulation
import Storage

/// All faults end, and the machines must come to the same within a bounded number of exchanges.
extension World {
  private static let mostRounds = 4
  /// Requests of one sync.
  private static let mostExchanges = 24
  /// Pages may hold one document each, and go there and back.
  private static let exchangesPerDocument = 2

  func comeToRest() throws {
    trace.add("all faults end")
    checker.beginStep(active)
    try endFaults()
    try checker.look(at: nodes)
    // A laptop whose server was set back keeps aside what it has beyond that.
    let keeping = nodes.filter { node in
      node.replica.store.identity.enrolment.map { !wasServer($0.server) } ?? true
    }
    let alive = keeping.reduce(into: Set<UInt64>()) { $0.formUnion($1.seen.held) }
    try becomeEqual()
    if hasServerGoneBack {
      // From now on the server gives up what none of them has.
      try server.replica.setRecovery(isOpen: false)
      try becomeEqual()
    }
    let lost = alive.subtracting(server.seen.held)
    if let nonce = lost.min() {
      throw Broken("lost", "\(lost.count) transactions that somebody had, such as \(nonce)")
    }
    try meetOnceMore()
    try RestCheck.check(self)
    try checker.checkDeletes(server)
    trace.add("rest: \(RestCheck.state(of: server))")
  }

  private func becomeEqual() throws {
    for round in 1...Self.mostRounds {
      let failures = try meet(round)
      let difference = try RestCheck.difference(of: nodes)
      let all = failures + [difference].compactMap { $0 }
      for failure in all { note("round \(round): \(failure)") }
      if all.isEmpty { return }
      if round == Self.mostRounds {
        throw Broken("liveness", "after \(round) rounds: \(all.joined(separator: "; "))")
      }
    }
  }

  private func endFaults() throws {
    for node in nodes {
      node.disk.crash(at: 0)
      node.disk.fail(nil)
      node.disk.limit(bytes: .max)
      node.isCutOff = false
      node.clock.putRight()
      (node.isArmed, node.isFull) = (false, false)
      node.failingRead = nil
      let wasOld = node.isOld
      node.isOld = false
      if node.isDamaged {
        try repair(node)
      } else if node.replica.store.refusal != nil || wasOld {
        try node.kill()
        checker.noteRestart(node)
      }
    }
    for laptop in laptops where devices.isRevoked(laptop.device) {
      let line = PlainLine(desk, from: laptop.device)
      checker.noteWriter(server, isKnowing: false)
      try surrender(
        laptop, LaptopSync(replica: laptop.replica, transport: line, fileSystem: laptop.disk))
    }
    if hasServerGoneBack { try server.replica.setRecovery(isOpen: true) }
    late = []
  }

  /// Every laptop syncs once.
  /// - Returns: what went wrong.
  private func meet(_ round: Int) throws -> [String] {
    var failures: [String] = []
    for laptop in laptops {
      advance(by: 1000)
      try giveUpLost(laptop, round)
      let report: SyncReport?
      do throws(ReplicaError) { report = try plainSync(laptop) } catch {
        failures.append("\(laptop.name): \(error)")
        report = nil
      }
      if report != nil { laptop.lacking = [] }
      if laptop.replica.store.identity.startsOver {
        try laptop.restart()
        checker.noteGoneBack(laptop)
      }
      checker.beginStep(active)
      checker.noteWriter(server, isKnowing: false)
      try checker.look(at: [server, laptop])
      let documentCount = max(server.seen.documents.count, laptop.seen.documents.count)
      let most = Self.mostExchanges + Self.exchangesPerDocument * documentCount
      if let count = report?.roundTrips, count > most {
        throw Broken(
          "liveness", "\(laptop.name) took \(count) exchanges for \(documentCount) documents")
      }
    }
    return failures
  }

  /// When all others have given an emptied server what they have, nobody has what a repair has lost.
  private func giveUpLost(_ laptop: Node, _ round: Int) throws {
    guard round > 2, laptop.replica.hasLostDocuments else { return }
    note("\(laptop.name) gives up \(laptop.lacking.sorted())")
    try laptop.replica.giveUpLostDocuments()
    checker.gone.formUnion(laptop.lacking)
  }

  private func plainSync(_ laptop: Node) throws(ReplicaError) -> SyncReport {
    try enrolIfNeeded(laptop)
    let line = PlainLine(desk, from: laptop.device)
    return try LaptopSync(replica: laptop.replica, transport: line, fileSystem: laptop.disk).run()
  }

  /// Where all is equal, a sync brings nothing and changes nothing.
  private func meetOnceMore() throws {
    for laptop in laptops {
      let report = try plainSync(laptop)
      try checker.requireUnchanged(server, "a sync of nothing")
      try checker.requireUnchanged(laptop, "a sync of nothing")
      if report.pushed > 0 || report.pulled > 0 {
        throw Broken("rest", "\(laptop.name) sent \(report.pushed) and got \(report.pulled)")
      }
    }
  }
}
