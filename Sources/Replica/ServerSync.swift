package import Causality
import Documents
import JSON
import Platform
import Storage
package import SyncProtocol
import Synchronization

/// Carries out a `ServerSession`: the host of the state machine at a server.
package struct ServerSync: Sendable {
  private let replica: Replica
  private let codec: SyncCodec

  package init(replica: Replica) {
    self.replica = replica
    codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
  }

  /// Answers one request. What its answer says is durable when this returns.
  /// - Parameter replicas: the ids that the device may write as.
  package func answer(
    _ body: [UInt8], replicas: [ReplicaID]
  ) throws(SyncRefusal) -> [UInt8] {
    let request: SyncRequest
    do { request = try codec.request(body) } catch {
      throw SyncRefusal(.malformed, "\(error)")
    }
    var session = ServerSession()
    var effect = session.handle(.received(request))
    while true {
      switch effect {
      case .answer(let reply): return codec.encode(reply)
      case .refuse(let refusal): throw refusal
      default: effect = session.handle(carryOut(effect, body, replicas, request.replica))
      }
    }
  }

  private func carryOut(
    _ effect: ServerSession.Effect, _ body: [UInt8], _ replicas: [ReplicaID], _ caller: ReplicaID
  ) -> ServerSession.Event {
    do throws(ReplicaError) {
      switch effect {
      case .readState(let request):
        return .state(try state(request, replicas))
      case .stagePush(let position):
        try keep(body, position, caller)
        return .staged
      case .collectPush(let position):
        return .collected(try collect(position, caller))
      case .acceptPush(let push):
        try replica.accept(push)
        try stored { () throws(StorageError) in try stage(push.replica).clear() }
        return .accepted
      case .cutPull(let position):
        return .pullCut(try replica.cutPull(position))
      case .answer, .refuse:
        return .refused(SyncRefusal(.unavailable, "the session has ended"))
      }
    } catch {
      return .refused(Self.refusal(error))
    }
  }

  private static func refusal(_ error: ReplicaError) -> SyncRefusal {
    if case .sync(let refusal) = error { return refusal }
    return SyncRefusal(.unavailable, "the server cannot store this now; try again later")
  }

  private func state(
    _ request: SyncRequest, _ replicas: [ReplicaID]
  ) throws(ReplicaError) -> ServerSession.State {
    let (knowledge, hash) = replica.store.read { ($0.knowledge, $0.history.hash(at: $0.knowledge)) }
    return ServerSession.State(
      server: replica.id, account: replica.account, knowledge: knowledge,
      history: HexText.text(hash ?? []), now: replica.now(),
      base: replica.base(named: request.base, codec), replicas: replicas,
      stagedPageCount: try stagedPageCount(request))
  }

  // MARK: - Pages of a push

  private func stage(_ caller: ReplicaID) -> Stage {
    Stage("push-\(caller)", in: replica.store)
  }

  private func stagedPageCount(_ request: SyncRequest) throws(ReplicaError) -> Int {
    guard let push = request.push, push.page > 0 else { return 0 }
    let stage = stage(request.replica)
    let count = try stored { () throws(StorageError) in try stage.count() }
    guard count > 0 else { return 0 }
    let first = try stored { () throws(StorageError) in try stage.page(0) }
    guard let kept = (try? codec.request(first))?.push, kept.token == push.token else { return 0 }
    return count
  }

  private func keep(
    _ body: [UInt8], _ position: PushPosition, _ caller: ReplicaID
  ) throws(ReplicaError) {
    let stage = stage(caller)
    try stored { () throws(StorageError) in
      if position.page == 0 { try stage.clear() }
      try stage.put(body, number: position.page)
    }
  }

  private func collect(
    _ position: PushPosition, _ caller: ReplicaID
  ) throws(ReplicaError) -> [Document] {
    var parts: [Document] = []
    for number in 0..<position.page {
      let page = try stored { () throws(StorageError) in try stage(caller).page(number) }
      guard let request = try? codec.request(page), request.push?.token == position.token else {
        throw .sync(SyncRefusal(.pushRestart, "page \(number) of the push is damaged here"))
      }
      parts += request.parts
    }
    return parts
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

  /// Accepts a complete push as one transaction (DESIGN, rules 13 and 14).
  ///
  /// - Throws: `sync` with a refusal that says what the laptop does next: nothing has changed then.
  func accept(_ push: ServerSession.Push) throws(ReplicaError) {
    if let defect = push.changes.defect() {
      throw .sync(SyncRefusal(.malformed, "the push is refused: \(defect)"))
    }
    let name = Self.knownPrefix + push.replica.description
    _ = try apply(push.changes) { (tables) throws(ReplicaError) in
      try Self.check(push, tables)
      try Self.compare(tables, push.changes, history: push.history)
    } registers: { knowledge, _, _ in
      let given = SyncCodec.value(knowledge.entries)
      let declared = SyncCodec.value(push.changes.upTo.entries)
      return [(name, ["declared": declared, "given": given])]
    }
  }

  private static func check(
    _ push: ServerSession.Push, _ tables: borrowing Tables
  ) throws(ReplicaError) {
    let (mine, upTo) = (tables.knowledge, push.changes.upTo)
    guard push.changes.since.isCovered(by: mine) else {
      throw .sync(
        SyncRefusal(.serverBehind, "the server lacks what the push builds on", knowledge: mine))
    }
    guard mine[push.replica] <= upTo[push.replica] else {
      throw .sync(
        SyncRefusal(
          .historiesDiffer,
          "the server knows more of this store than the store itself: it was restored from an older "
            + "copy; nothing was changed"))
    }
    for entry in upTo.entries where entry.number > mine[entry.replica] {
      guard push.replicas.contains(entry.replica) else {
        throw .sync(
          SyncRefusal(
            .foreignTransactions,
            "the push holds transactions of another device (\(entry.replica)) that the server has "
              + "lost; an administrator must open its recovery"))
      }
    }
  }

  /// The next page of what a laptop lacks. On the last page everything is cut under one lock.
  func cutPull(_ position: PullPosition) throws(ReplicaError) -> ServerSession.PullCut {
    let cut = try store.read { (tables) throws(ReplicaError) in
      let (isValid, page) = try stored { () throws(StorageError) in
        let isValid = try position.cursor.map { (cursor) throws(StorageError) in
          try tables.contains(FeedMark(position: cursor.head, mark: cursor.mark))
        }
        let place = isValid == true ? position.cursor?.position ?? 0 : 0
        return (isValid, try FeedPage(tables, since: position.since, after: place))
      }
      let head = tables.headMark
      let cursor = PullCursor(position: page.position, head: head.position, mark: head.mark)
      let knowledge = tables.knowledge
      var cut = ServerSession.PullCut(
        parts: page.parts, runs: page.isHead ? tables.history.runs(since: position.since) : [],
        page: PullPage(cursor: cursor, isLast: page.isHead, isRestart: isValid == false),
        knowledge: knowledge, history: HexText.text(tables.history.hash(at: knowledge) ?? []))
      if page.isHead { cut.unstable = Self.unstable(knowledge, tables.registers) }
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
