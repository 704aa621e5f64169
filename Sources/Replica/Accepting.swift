import Causality
import Documents
import JSON
import Planted
import Platform
import Storage
import SyncProtocol
import Synchronization

/// How a server takes in a complete push.
extension Replica {
  /// Accepts a complete push as one transaction (DESIGN, rules 13 to 21).
  ///
  /// - Parameters:
  ///   - judge: whose rights count; nil if nothing is judged.
  ///   - page: reads a page that is kept.
  /// - Returns: what arrived by it, if the laptop lacks nothing there.
  /// - Throws: `sync` with a refusal that says what the laptop does next: nothing has changed then.
  func accept(
    _ push: ServerSession.Push, by judge: PushJudge?,
    page: @escaping (Int) throws(ReplicaError) -> ArrivingChanges.Page
  ) throws(ReplicaError) -> KnownArrivals? {
    if let defect = push.changes.defect() { throw .sync(ArrivingChanges.refusal(defect)) }
    let changes = ArrivingChanges(push.changes, kept: push.position.page, page: page)
    let askedFor = try wanted()
    var recovered = 0
    do throws(ReplicaError) {
      let applied = try apply(changes, judge: judge) { (tables) throws(ReplicaError) in
        recovered = try check(push, tables)
      } registers: { knowledge, _, _ in
        registers(after: push, knowledge, recovered: recovered) + missing(after: push, askedFor)
      }
      try giveUpWhatNobodyHas()
      return applied.known
    } catch {
      if case .sync(let refusal) = error, refusal.code == .recoveryClosed {
        try noteRefusedRecovery(by: push.replica, count: foreignCount(push))
      }
      throw error
    }
  }

  private func registers(
    after push: ServerSession.Push, _ knowledge: VersionVector, recovered: Int
  ) -> [(name: String, value: JSONValue)] {
    let seen = seen(store.read { $0.registers })
    var registers: [(name: String, value: JSONValue)] = [
      (
        Self.knownPrefix + push.replica.description,
        [
          "declared": SyncCodec.value(
            (planted(Fault.givenCountsAsDeclared) ? knowledge : push.changes.upTo).entries),
          "given": SyncCodec.value(knowledge.entries), "seen": .int(seen.day),
        ]
      ), (Self.servedRegister, seen.served),
    ]
    for former in push.former where former != push.replica {
      registers += Self.retirement(of: former)
    }
    if recovered > 0 {
      var recovery = recovery
      recovery.noteAccepted(
        RecoveryState.Entry(replica: push.replica, at: now(), count: recovered))
      registers.append((RecoveryState.register, recovery.value))
    }
    return registers
  }

  /// Checks a push again under the lock: others may have been accepted meanwhile.
  /// - Returns: how many transactions of others it gives back.
  private func check(
    _ push: ServerSession.Push, _ tables: borrowing Tables
  ) throws(ReplicaError) -> Int {
    let (mine, upTo) = (tables.knowledge, push.changes.upTo)
    guard push.changes.since.isCovered(by: mine) else {
      throw .sync(
        SyncRefusal(.serverBehind, "the server lacks what the push builds on", knowledge: mine))
    }
    let hash = tables.history.hash(at: upTo, adding: push.changes.runs)
    guard let hash, SyncCodec.text(history: hash) == push.history else {
      throw .sync(
        SyncRefusal(.historiesDiffer, "the server knows other transactions by these names"))
    }
    if Self.hasOtherNames(push.changes, tables) {
      throw .sync(
        SyncRefusal(.historiesDiffer, "the server knows these transactions by other names"))
    }
    guard mine[push.replica] <= upTo[push.replica],
      tables.registers[Self.retiredPrefix + push.replica.description] == nil
    else {
      throw .sync(SyncRefusal(.newIdentity, "the replica is retired or older than it was"))
    }
    try checkClock(push.changes.runs, mine, tables.history.lastStamp)
    let foreign = Self.foreignCount(push, tables)
    guard foreign == 0 || RecoveryState(tables.registers).isOpen else {
      throw .sync(
        SyncRefusal(
          .recoveryClosed,
          "this server has lost \(foreign) transactions that the device knows from others; an "
            + "administrator must open its recovery: nothing was changed"))
    }
    return foreign
  }

  /// Whether a transaction that is new by its name is here under another one: two laptops brought it back, and
  /// one of them had renamed it. Their chains do not tell, where the server has neither name (DESIGN, rule 16).
  /// O(transactions of renamed timelines); O(transactions) if such a one is new.
  private static func hasOtherNames(_ changes: ChangeSet, _ tables: borrowing Tables) -> Bool {
    let known = tables.knowledge
    let new = changes.runs.filter { $0.last > known[$0.replica] }
    let isBranchNew = new.contains { Relabelling.isBranch($0.replica) }
    let entries = known.entries.filter { isBranchNew || Relabelling.isBranch($0.replica) }
    if new.isEmpty || entries.isEmpty { return false }
    let nonces = Set(
      new.flatMap { run in
        run.records.suffix(Int(clamping: run.last - known[run.replica])).map(\.nonce)
      })
    return entries.contains { entry in
      (1...entry.number).contains { number in
        tables.history.record(Dot(entry.replica, number)).map { nonces.contains($0.nonce) } ?? false
      }
    }
  }

  /// No clock wins by being wrong (DESIGN, rule 19). What follows the latest stamp that the server knows is
  /// taken however late that is: a server whose clock was put back would refuse everything else.
  private func checkClock(
    _ runs: [TransactionRun], _ known: VersionVector, _ last: Stamp
  ) throws(ReplicaError) {
    if planted(Fault.futureStampAccepted) { return }
    let now = now()
    let limit = max(now + Self.maximumSkew, last.milliseconds + 1000)
    for run in runs {
      let firstNew = max(run.first, known[run.replica] + 1)
      let new = run.records.dropFirst(Int(firstNew - run.first))
      guard new.contains(where: { $0.stamp.milliseconds > limit }) else { continue }
      throw .sync(
        SyncRefusal(
          .clock, "transactions are stamped more than 5 minutes in the future", knowledge: known,
          now: now))
    }
  }

  private func foreignCount(_ push: ServerSession.Push) -> Int {
    store.read { Self.foreignCount(push, $0) }
  }

  /// How many transactions of a push are new and not the device's own. Its own are those of its replicas
  /// and of the timelines that branch from them: anybody can compute their names (DESIGN, rule 16).
  private static func foreignCount(
    _ push: ServerSession.Push, _ tables: borrowing Tables
  ) -> Int {
    let known = tables.knowledge
    let new = push.changes.upTo.entries.filter { $0.number > known[$0.replica] }
    var own = Set(push.replicas)
    if new.allSatisfy({ own.contains($0.replica) }) { return 0 }
    var branches = push.changes.upTo.entries.map(\.replica).filter { !own.contains($0) }
    while true {
      let found = branches.filter { branch in
        guard let nonce = firstNonce(of: branch, push.changes.runs, tables) else { return false }
        return own.contains {
          Relabelling.branch(of: $0, nonce: nonce, digest: tables.history.digest) == branch
        }
      }
      if found.isEmpty { break }
      own.formUnion(found)
      branches.removeAll { own.contains($0) }
    }
    return new.filter { !own.contains($0.replica) }
      .reduce(0) { $0 + Int($1.number - known[$1.replica]) }
  }

  private static func firstNonce(
    of replica: ReplicaID, _ runs: [TransactionRun], _ tables: borrowing Tables
  ) -> UInt64? {
    let run = runs.first { $0.replica == replica && $0.first == 1 }
    return run?.records.first?.nonce ?? tables.history.record(Dot(replica, 1))?.nonce
  }
}
