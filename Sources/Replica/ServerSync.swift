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
  /// Why the device gets nothing, though what it sends is taken; nil if it gets what is new.
  package var obstacle: SyncRefusal?
  /// Whether no other device writes as a replica.
  package var isFree: @Sendable (ReplicaID) -> Bool
  /// Lets the device write as replicas from now on. Durable on return.
  package var adopt: @Sendable ([ReplicaID]) throws(SyncRefusal) -> Void

  package init(
    replicas: [ReplicaID], judge: PushJudge? = nil, scope: String? = nil,
    isFree: @escaping @Sendable (ReplicaID) -> Bool = { _ in false },
    adopt: @escaping @Sendable ([ReplicaID]) throws(SyncRefusal) -> Void = { _ in }
  ) {
    self.replicas = replicas
    self.judge = judge
    self.scope = scope
    self.isFree = isFree
    self.adopt = adopt
  }

  func mayWrite(as replica: ReplicaID) -> Bool { replicas.contains(replica) || isFree(replica) }
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
      case .acceptPush(let push):
        known = try replica.accept(push, by: caller.judge) { (number) throws(ReplicaError) in
          try page(number, of: push.position, sender)
        }
        try stored { () throws(StorageError) in try stage(push.replica).clear() }
        return .accepted
      case .adopt(let replicas):
        do throws(SyncRefusal) { try caller.adopt(replicas) } catch {
          throw .sync(error)
        }
        return .adopted
      case .cutPull(let position, let request):
        if let obstacle = caller.obstacle { return .refused(obstacle) }
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
      state.free = free(request, caller, knowledge)
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

  /// The ids of a request that are no device's; not the server's own.
  private func free(
    _ request: SyncRequest, _ caller: SyncCaller, _ knowledge: VersionVector
  ) -> [ReplicaID] {
    let unknown = request.former.filter { knowledge[$0] == 0 && !caller.replicas.contains($0) }
    return ([request.replica] + unknown).filter { $0 != replica.id && caller.isFree($0) }
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
}
