package import Causality
import Documents
import JSON
import Platform
import Storage
package import SyncProtocol
import Synchronization

/// Who sends a request, as far as the server knows the device.
package struct SyncCaller: Sendable {
  /// The ids that the device may write as.
  package var replicas: [ReplicaID]
  /// Whose rights count; nil if nothing is judged.
  package var judge: PushJudge?
  /// What the device may see (DESIGN, rule 25); nil for its whole account.
  package var scope: String?
  /// Whether no other device writes as a replica.
  package var isFree: @Sendable (ReplicaID) -> Bool
  /// Lets the device write as a replica from now on. Durable on return.
  package var adopt: @Sendable (ReplicaID) throws(SyncRefusal) -> Void

  package init(
    replicas: [ReplicaID], judge: PushJudge? = nil, scope: String? = nil,
    isFree: @escaping @Sendable (ReplicaID) -> Bool = { _ in false },
    adopt: @escaping @Sendable (ReplicaID) throws(SyncRefusal) -> Void = { _ in }
  ) {
    self.replicas = replicas
    self.judge = judge
    self.scope = scope
    self.isFree = isFree
    self.adopt = adopt
  }
}

/// Carries out a `ServerSession`: the host of the state machine at a server.
package struct ServerSync: Sendable {
  let replica: Replica
  let codec: SyncCodec

  package init(replica: Replica) {
    self.replica = replica
    codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
  }

  /// Answers one request. What its answer says is durable when this returns.
  package func answer(
    _ body: [UInt8], from caller: SyncCaller
  ) throws(SyncRefusal) -> [UInt8] {
    let request: SyncRequest
    do { request = try codec.request(body) } catch {
      throw SyncRefusal(.malformed, "\(error)")
    }
    return try replica.senders.take(request.replica) { () throws(SyncRefusal) in
      try answer(request, body, from: caller)
    }
  }

  private func answer(
    _ request: SyncRequest, _ body: [UInt8], from caller: SyncCaller
  ) throws(SyncRefusal) -> [UInt8] {
    var session = ServerSession()
    var effect = session.handle(.received(request))
    var known: KnownArrivals?
    while true {
      switch effect {
      case .answer(let reply): return codec.encode(reply)
      case .refuse(let refusal): throw refusal
      default:
        effect = session.handle(carryOut(effect, body, caller, request.replica, &known))
      }
    }
  }

  /// - Parameter known: what the laptop's push has made arrive, if it need not be looked at for the pull.
  private func carryOut(
    _ effect: ServerSession.Effect, _ body: [UInt8], _ caller: SyncCaller, _ sender: ReplicaID,
    _ known: inout KnownArrivals?
  ) -> ServerSession.Event {
    do throws(ReplicaError) {
      switch effect {
      case .readState(let request):
        return .state(try state(request, caller))
      case .stagePush(let position):
        try keep(body, position, sender)
        return .staged
      case .collectPush(let position):
        let kept = try collect(position, sender)
        return .collected(kept.parts, kept.unreadable)
      case .acceptPush(let push):
        known = try replica.accept(push, by: caller.judge)
        try stored { () throws(StorageError) in try stage(push.replica).clear() }
        return .accepted
      case .adopt(let replica):
        do throws(SyncRefusal) { try caller.adopt(replica) } catch { throw .sync(error) }
        return .adopted
      case .cutPull(let position, let request):
        var cut = try replica.cutPull(position, wanted: request.wanted, known)
        if let list = cut.unstable, codec.name(of: list) == request.unstable { cut.unstable = nil }
        return .pullCut(cut)
      case .answer, .refuse:
        return .refused(SyncRefusal(.unavailable, "the session has ended"))
      }
    } catch {
      return .refused(Self.refusal(error))
    }
  }

  static func refusal(_ error: ReplicaError) -> SyncRefusal {
    if case .sync(let refusal) = error { return refusal }
    return SyncRefusal(.unavailable, "the server cannot store this now; try again later")
  }

  private func state(
    _ request: SyncRequest, _ caller: SyncCaller
  ) throws(ReplicaError) -> ServerSession.State {
    // Who names no server must be known from an exchange with this one, also after a reset.
    let isKnown = request.server != nil || replica.knows(request.replica)
    let base = isKnown ? replica.base(named: request.base, codec) : nil
    let count = try stagedPageCount(request)
    let digest = try stagedDigest(request, count)
    return try replica.store.read { (tables) throws(ReplicaError) in
      let knowledge = tables.knowledge
      var state = ServerSession.State(
        server: replica.serverID, account: replica.account, knowledge: knowledge,
        history: SyncCodec.text(history: tables.history.hash(at: knowledge) ?? []),
        now: replica.now(),
        base: base, replicas: caller.replicas, stagedPageCount: count)
      state.scope = caller.scope
      state.stagedDigest = digest
      state.isFree = request.replica != replica.id && caller.isFree(request.replica)
      if let base {
        let hash = tables.history.hash(
          at: base.applying(request.knowledge), adding: request.runs)
        state.agrees = hash.map { SyncCodec.text(history: $0) == request.history }
      }
      state.formerServers = Replica.formerServers(tables.registers)
      state.isRetired = tables.registers[Replica.retiredPrefix + request.replica.description] != nil
      state.declared = Replica.declared(request.replica, tables.registers)
      if let cursor = request.pull?.cursor {
        state.isCursorValid = try stored { () throws(StorageError) in
          try tables.contains(FeedMark(position: cursor.head, mark: cursor.mark))
        }
      }
      return state
    }
  }

  /// Answers the question how far two histories agree (DESIGN, rule 16).
  package func compareHistories(
    _ body: [UInt8]
  ) throws(SyncRefusal) -> [UInt8] {
    let request: TimelineRequest
    do { request = try codec.timelineRequest(body) } catch {
      throw SyncRefusal(.malformed, "\(error)")
    }
    guard request.account == replica.account, request.server ?? replica.serverID == replica.serverID
    else { throw SyncRefusal(.foreignAccount, "the device belongs to another account or server") }
    return replica.store.read { tables in
      codec.encode(
        TimelineReply(
          server: replica.serverID, knowledge: tables.knowledge,
          runs: tables.history.runs(behind: request.probes)))
    }
  }

  // MARK: - Pages of a push

  /// What one replica may have kept here of a push that is not complete, in bytes.
  static let maximumPushByteCount = 1 << 30

  func stage(_ sender: ReplicaID) -> Stage {
    Stage("push-\(sender)", in: replica.store)
  }

  func stagedPageCount(_ request: SyncRequest) throws(ReplicaError) -> Int {
    guard let push = request.push, push != .whole else { return 0 }
    let stage = stage(request.replica)
    let count = try stored { () throws(StorageError) in try stage.count() }
    guard count > 0 else { return 0 }
    let first = try stored { () throws(StorageError) in try stage.page(0) }
    guard let kept = (try? codec.request(first))?.push, kept.token == push.token else { return 0 }
    return count
  }

  /// The digest at the end of the last page that is kept, if the request's page is not the next.
  private func stagedDigest(
    _ request: SyncRequest, _ count: Int
  ) throws(ReplicaError) -> String? {
    guard let push = request.push, push.page != count, count > 0 else { return nil }
    let last = try stored { () throws(StorageError) in
      try stage(request.replica).page(count - 1)
    }
    return SyncCodec.endDigest(of: last)
  }

  func keep(
    _ body: [UInt8], _ position: PushPosition, _ sender: ReplicaID
  ) throws(ReplicaError) {
    let stage = stage(sender)
    let kept =
      position.page == 0
      ? 0
      : try stored { () throws(StorageError) in
        try stage.byteCount()
      }
    guard kept + body.count <= Self.maximumPushByteCount else {
      throw .sync(
        SyncRefusal(.tooLarge, "a push of more than \(Self.maximumPushByteCount) bytes"))
    }
    try stored { () throws(StorageError) in
      if position.page == 0 { try stage.clear() }
      try stage.put(body, number: position.page)
    }
  }

  func collect(
    _ position: PushPosition, _ sender: ReplicaID
  ) throws(ReplicaError) -> (parts: [Document], unreadable: [UnreadablePart]) {
    var kept: (parts: [Document], unreadable: [UnreadablePart]) = ([], [])
    for number in 0..<position.page {
      let page = try stored { () throws(StorageError) in try stage(sender).page(number) }
      guard let request = try? codec.request(page), request.push?.token == position.token else {
        throw .sync(SyncRefusal(.pushRestart, "page \(number) of the push is damaged here"))
      }
      kept.parts += request.parts
      kept.unreadable += request.unreadable
    }
    return kept
  }
}

extension Replica {
  /// How many bases a server remembers besides those in its registers.
  private static let maximumGivenBaseCount = 1024

  /// The knowledge that a laptop names by its digest; nil if it is not known here.
  func base(named name: String, _ codec: SyncCodec) -> VersionVector? {
    let (current, registers) = store.read { ($0.knowledge, $0.registers) }
    for knowledge in [VersionVector(), current] where codec.digest(of: knowledge) == name {
      return knowledge
    }
    if let base = givenBases.withLock({ $0[name] }) { return base }
    for (register, value) in registers where register.hasPrefix(Self.knownPrefix) {
      let given = SyncCodec.entries(value.objectValue?["given"]) ?? []
      let knowledge = VersionVector().applying(given)
      if codec.digest(of: knowledge) == name { return knowledge }
    }
    return nil
  }

  /// The register of what a laptop declared in its last complete push (DESIGN, rule 15), and of the
  /// server's knowledge that it was told then.
  static let knownPrefix = "known/"

  /// The register that says that a replica writes no more.
  static let retiredPrefix = "retired/"

  /// Ends a replica's part: what it declared holds nothing back any more, and it writes under a new id
  /// if it comes back. Durable on return.
  package func retire(_ replica: ReplicaID) throws(ReplicaError) {
    try changeRegisters { _ in Self.retirement(of: replica) }
  }

  private static func retirement(of replica: ReplicaID) -> [(name: String, value: JSONValue)] {
    [(knownPrefix + replica.description, .null), (retiredPrefix + replica.description, true)]
  }

  /// The server is known by its device: the replica's id changes when it is restored from a backup.
  package var serverID: UniqueID { store.identity.device }

  /// The register of the identities under which laptops knew the server before it was reset.
  static let resetRegister = "reset"

  static func formerServers(_ registers: [String: JSONValue]) -> [UniqueID] {
    (registers[resetRegister]?.arrayValue ?? []).compactMap {
      $0.stringValue.flatMap { UniqueID($0) }
    }
  }

  /// Makes laptops keep aside what they know beyond this server's state, and fetch that: an administrator
  /// went back in order to undo something (MERGE, rule X3). Durable on return.
  package func reset() throws(ReplicaError) {
    let (id, old) = (newID(), serverID)
    try changeRegisters { registers in
      let former = Self.formerServers(registers) + [old]
      let known = registers.keys.filter { $0.hasPrefix(Self.knownPrefix) }
      return known.map { ($0, .null) }
        + [(Self.resetRegister, .array(former.map { .string($0.description) }))]
    }
    try stored { () throws(StorageError) in try store.updateIdentity { $0.device = id } }
  }

  /// Whether a replica has come to the end of an exchange here.
  func knows(_ replica: ReplicaID) -> Bool {
    store.read { $0.registers[Self.knownPrefix + replica.description] != nil }
  }

  /// What a replica declared in its last complete push.
  static func declared(_ replica: ReplicaID, _ registers: [String: JSONValue]) -> VersionVector {
    let register = registers[knownPrefix + replica.description]?.objectValue
    return VersionVector().applying(SyncCodec.entries(register?["declared"]) ?? [])
  }

  /// Accepts a complete push as one transaction (DESIGN, rules 13 to 21).
  ///
  /// - Parameter judge: whose rights count; nil if nothing is judged.
  /// - Returns: what arrived by it, if the laptop lacks nothing there.
  /// - Throws: `sync` with a refusal that says what the laptop does next: nothing has changed then.
  func accept(
    _ push: ServerSession.Push, by judge: PushJudge?
  ) throws(ReplicaError) -> KnownArrivals? {
    if let defect = push.changes.defect() {
      throw .sync(SyncRefusal(.malformed, "the push is refused: \(defect)"))
    }
    var recovered = 0
    do throws(ReplicaError) {
      return try apply(push.changes, judge: judge) { (tables) throws(ReplicaError) in
        recovered = try check(push, tables)
      } registers: { knowledge, _, _ in
        registers(after: push, knowledge, recovered: recovered)
      }.known
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
          "declared": SyncCodec.value(push.changes.upTo.entries),
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

  /// No clock wins by being wrong (DESIGN, rule 19). What follows the latest stamp that the server knows is
  /// taken however late that is: a server whose clock was put back would refuse everything else.
  private func checkClock(
    _ runs: [TransactionRun], _ known: VersionVector, _ last: Stamp
  ) throws(ReplicaError) {
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

  /// The next page of what a laptop lacks. On the last page everything is cut under one lock.
  /// - Parameters:
  ///   - wanted: documents that lack content there: sent whole with the last page.
  ///   - known: arrivals at which the laptop lacks nothing.
  func cutPull(
    _ position: PullPosition, wanted: [DocumentKey], _ known: KnownArrivals? = nil
  ) throws(ReplicaError) -> ServerSession.PullCut {
    let lacking = try self.wanted()
    let since = position.since ?? VersionVector()
    let cut = try store.read { (tables) throws(ReplicaError) in
      let page = try stored { () throws(StorageError) -> FeedPage? in
        if let cursor = position.cursor {
          let isValid = try tables.contains(FeedMark(position: cursor.head, mark: cursor.mark))
          if !isValid { return nil }
        }
        var page = try FeedPage(
          tables, since: since, after: position.cursor?.position ?? 0, known: known)
        if page.isHead { try page.add(wanted, tables) }
        return page
      }
      guard let page else {
        throw .sync(SyncRefusal(.cursorGone, "the pull cannot go on where it stood"))
      }
      let head = tables.headMark
      let cursor = PullCursor(position: page.position, head: head.position, mark: head.mark)
      let knowledge = tables.knowledge
      var cut = ServerSession.PullCut(
        parts: page.parts, runs: page.isHead ? tables.history.runs(since: since) : [],
        page: PullPage(cursor: cursor, isLast: page.isHead),
        knowledge: knowledge,
        history: SyncCodec.text(history: tables.history.hash(at: knowledge) ?? []))
      if page.isHead {
        cut.unstable = Self.unstable(knowledge, tables.registers)
        cut.wanted = lacking
      }
      return cut
    }
    remember(cut.knowledge)
    return cut
  }

  private func remember(_ knowledge: VersionVector) {
    let codec = SyncCodec(rules: rules, digest: world.digest)
    let name = codec.digest(of: knowledge)
    givenBases.withLock { bases in
      if bases.count >= Self.maximumGivenBaseCount { bases.removeAll() }
      bases[name] = knowledge
    }
  }
}
