package import Causality
package import Documents
import Planted

/// One request from the server's side, without I/O: the host carries out each effect and answers it
/// with one event, until `answer` or `refuse`.
package struct ServerSession: Sendable {
  /// What the host knows about a request.
  package struct State: Sendable {
    package var server: UniqueID
    package var account: UniqueID
    package var knowledge: VersionVector
    package var history: String
    package var now: UInt64
    /// The knowledge that the request's base names; nil if it is not known here.
    package var base: VersionVector?
    /// The replicas that the device may write as.
    package var replicas: [ReplicaID]
    /// What the device may see; nil for its whole account.
    package var scope: String?
    /// Those of the request's replica and of the ids that it wrote under before that no device writes as: they
    /// are this device's from now on. It may take several ids before it meets the server again.
    package var free: [ReplicaID] = []
    /// Whether the server's history and the laptop's, with the transactions that come, are the same
    /// as far as the laptop's goes; nil if the server lacks some of that.
    package var agrees: Bool?
    /// Whether the replica writes no more.
    package var isRetired = false
    /// The knowledge that the replica declared in its last complete push.
    package var declared = VersionVector()
    /// Whether the feed is still the one of the request's cursor.
    package var isCursorValid = true
    /// By which the server was known before it was reset to an older state.
    package var formerServers: [UniqueID] = []
    /// How many pages of the request's push are kept; those of another token do not count.
    package var stagedPageCount: Int
    /// The digest at the end of the last of them; needed if the request's page is not the next, or says
    /// behind which it comes.
    package var stagedDigest: String?

    package init(
      server: UniqueID, account: UniqueID, knowledge: VersionVector, history: String, now: UInt64,
      base: VersionVector?, replicas: [ReplicaID], stagedPageCount: Int
    ) {
      self.server = server
      self.account = account
      self.knowledge = knowledge
      self.history = history
      self.now = now
      self.base = base
      self.replicas = replicas
      self.stagedPageCount = stagedPageCount
    }
  }

  /// A complete push: everything in it is checked again under the lock.
  package struct Push: Sendable {
    /// With the parts of its last page; those before it are kept, and dropped once it is accepted.
    package var changes: ChangeSet
    package var position: PushPosition
    package var replica: ReplicaID
    package var replicas: [ReplicaID]
    /// The hash of the laptop's history at the end of the change-set.
    package var history: String
    /// Replicas of the device that write no more.
    package var former: [ReplicaID]
    /// Of what the server wanted, what the laptop does not have whole either.
    package var missing: [DocumentKey]
  }

  /// A page of what the laptop lacks, cut under the lock.
  package struct PullCut: Sendable {
    package var parts: [Document]
    package var runs: [TransactionRun]
    package var page: PullPage
    package var knowledge: VersionVector
    package var history: String
    /// As in the reply.
    package var unstable: [VersionVector.Entry]?
    package var wanted: [DocumentKey] = []

    package init(
      parts: [Document], runs: [TransactionRun], page: PullPage, knowledge: VersionVector,
      history: String
    ) {
      self.parts = parts
      self.runs = runs
      self.page = page
      self.knowledge = knowledge
      self.history = history
    }
  }

  package enum Event: Sendable {
    case received(SyncRequest)
    case state(State)
    /// The free replicas are the device's from now on. Durable.
    case adopted
    /// The page is durable.
    case staged
    case accepted
    case pullCut(PullCut)
    /// The host could not do it.
    case refused(SyncRefusal)
  }

  package enum Effect: Sendable {
    case readState(SyncRequest)
    case adopt([ReplicaID])
    case stagePush(PushPosition)
    case acceptPush(Push)
    case cutPull(PullPosition, SyncRequest)
    case answer(SyncReply)
    case refuse(SyncRefusal)
  }

  private var request: SyncRequest?
  private var state: State?

  package init() {}

  package mutating func handle(_ event: Event) -> Effect {
    switch event {
    case .received(let request):
      self.request = request
      return .readState(request)
    case .state(let state):
      self.state = state
      return admit()
    case .adopted:
      if let free = state?.free { state?.replicas += free }
      return begin()
    case .staged: return answerStaged()
    case .accepted: return pull()
    case .pullCut(let cut): return answer(cut)
    case .refused(let refusal): return .refuse(refusal)
    }
  }

  private func admit() -> Effect {
    guard let request, let state else { return outOfOrder }
    guard request.account ?? state.account == state.account else {
      return .refuse(SyncRefusal(.foreignAccount, "the device belongs to another account"))
    }
    if let server = request.server, state.formerServers.contains(server) {
      return .refuse(
        SyncRefusal(
          .serverReset, "an administrator set the server back to an older state",
          knowledge: state.knowledge, server: state.server))
    }
    if let server = request.server, server != state.server {
      return .refuse(
        SyncRefusal(
          .foreignAccount,
          "another server (\(state.server)) answers at this address; this device is enrolled at "
            + "\(server)"))
    }
    if state.replicas.contains(request.replica) { return begin() }
    if state.free.contains(request.replica) { return .adopt(state.free) }
    return .refuse(
      SyncRefusal(.foreignTransactions, "another device writes as \(request.replica)"))
  }

  private func begin() -> Effect {
    guard let request, let state else { return outOfOrder }
    if let refusal = mismatch(request, state) { return .refuse(refusal) }
    guard let push = request.push else { return pull() }
    let isBehind =
      push.page == 0 || push.after == nil
      || push.after == state.stagedDigest
    guard push.page == state.stagedPageCount, isBehind else {
      return .refuse(otherPage(push, state))
    }
    return push.isLast ? accept(push) : .stagePush(push)
  }

  /// Says which page is the next, and what is known by now: the push may be accepted.
  private func otherPage(_ push: PushPosition, _ state: State) -> SyncRefusal {
    var refusal = SyncRefusal(
      .pushRestart, "page \(push.page) is not the next of this push", knowledge: state.knowledge)
    refusal.nextPushPage = state.stagedPageCount
    refusal.keptDigest = state.stagedDigest
    return refusal
  }

  /// What must be put right before anything is exchanged (DESIGN, rules 13, 14, 16, 17).
  private func mismatch(_ request: SyncRequest, _ state: State) -> SyncRefusal? {
    guard request.scope == state.scope else {
      return SyncRefusal(
        .scopeChanged, "the device may see another part of the account now", scope: state.scope)
    }
    guard let base = state.base else {
      return SyncRefusal(.unknownBase, "the base is not known here", knowledge: state.knowledge)
    }
    // The middle pages of a push say nothing of what the laptop knows.
    let isMiddle = request.push.map { $0.page > 0 && !$0.isLast } ?? false
    if !isMiddle {
      switch state.agrees {
      case nil:
        return SyncRefusal(
          .serverBehind, "the server lacks what the laptop builds on", knowledge: state.knowledge)
      case false?:
        return SyncRefusal(.historiesDiffer, "the server knows other transactions by these names")
      case true?: break
      }
    }
    let upTo = base.applying(request.knowledge)
    if state.isRetired || state.knowledge[request.replica] > upTo[request.replica]
      || !state.declared.isCovered(by: upTo)
    {
      return SyncRefusal(
        .newIdentity,
        state.isRetired
          ? "\(request.replica) is retired" : "\(request.replica) had sent more than it knows now")
    }
    guard state.isCursorValid else {
      return SyncRefusal(.cursorGone, "the pull cannot go on where it stood")
    }
    return nil
  }

  private func answerStaged() -> Effect {
    guard let request, let push = request.push else { return outOfOrder }
    return reply { $0.nextPushPage = push.page + 1 }
  }

  private func accept(_ push: PushPosition) -> Effect {
    guard let request, let state, let base = state.base else { return outOfOrder }
    var changes = ChangeSet(
      since: base, upTo: base.applying(request.knowledge), parts: request.parts,
      runs: request.runs)
    changes.unreadable = request.unreadable
    return .acceptPush(
      Push(
        changes: changes, position: push, replica: request.replica, replicas: state.replicas,
        history: request.history, former: request.former.filter(state.replicas.contains),
        missing: request.missing))
  }

  private func pull() -> Effect {
    guard let request else { return outOfOrder }
    guard let pull = request.pull else {
      // A push that was accepted is answered, also to a client that pulls later.
      if request.push != nil { return reply { _ in } }
      return .refuse(SyncRefusal(.malformed, "the request neither pushes a page nor pulls"))
    }
    guard let base = state?.base else { return outOfOrder }
    let position = PullPosition(
      since: pull.since ?? base.applying(request.knowledge), cursor: pull.cursor)
    return .cutPull(position, request)
  }

  private func answer(_ cut: PullCut) -> Effect {
    guard let base = state?.base else { return outOfOrder }
    return reply { reply in
      let knowledge = planted(Fault.dotBeyondUpTo) ? state?.knowledge : cut.knowledge
      reply.knowledge = (knowledge ?? cut.knowledge).difference(from: base)
      reply.history = cut.history == request?.history ? nil : cut.history
      reply.pull = cut.page
      if cut.page.cursor == request?.pull?.cursor { reply.pull?.cursor = nil }
      reply.parts = cut.parts
      reply.runs = cut.runs
      reply.unstable = cut.unstable
      reply.wanted = cut.wanted
    }
  }

  private func reply(_ fill: (inout SyncReply) -> Void) -> Effect {
    guard let state, let base = state.base else { return outOfOrder }
    var reply = SyncReply(
      server: request?.server == nil ? nil : state.server,
      knowledge: state.knowledge.difference(from: base), history: state.history, now: state.now)
    fill(&reply)
    return .answer(reply)
  }

  private var outOfOrder: Effect {
    .refuse(SyncRefusal(.unavailable, "the request was not read to its end"))
  }
}
