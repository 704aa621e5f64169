import Causality
import Documents

/// One complete push and pull from a laptop's side, without I/O: the host carries out the effects in
/// their order and answers each of `cutPush`, `send`, `stagePull` and `applyPull` with one event.
///
///     begin → cutPush → send → (page kept → cutPush → send)* → last page accepted
///           → (pull page → stagePull → send)* → last pull page → applyPull → finish
///
/// A push of several pages is sent by `sendPage` instead of `send`: what the note says must be durable before the page
/// leaves. A session that begins with such a note first asks the server which page comes next.
///
/// A refusal that says what to put right is followed by the effect that does so; the host answers that
/// with `begin`, and the session starts over.
///
/// Whatever fails, the host drops the session: nothing was applied, and pages that were staged are
/// used by the next one.
package struct ClientSession: Sendable {
  /// How often a session begins anew before it gives up.
  private static let maximumRestartCount = 8

  private let codec: SyncCodec
  private var start: Start?
  private var cut: PushCut?
  private var pushPage = 0
  private var restarts = 0
  private var pushedParts = 0
  /// The pull as it stands: what it is relative to, and how many pages are staged.
  private var since = VersionVector()
  private var stagedPages = 0
  private var pull: PullCursor?
  /// What the server wanted.
  private var supply: [DocumentKey] = []
  private var hasSupplied = false
  /// The push whose next page the server was asked for.
  private var asking: PushNote?
  private var hasAskedAgain = false
  /// Where the present page began.
  private var place: UInt64 = 0
  /// Whether the push is applied at the server.
  private var isAccepted = false
  private var learned = Learned()

  /// Documents sent so far.
  package var pushedCount: Int { pushedParts }

  package init(codec: SyncCodec) { self.codec = codec }

  package mutating func handle(_ event: Event) -> [Effect] {
    switch event {
    case .begin(var start):
      start.take(learned)
      self.start = start
      return beginPush()
    case .pushCut(let cut): return send(cut)
    case .replied(let reply): return handle(reply)
    case .refused(let refusal): return handle(refusal)
    case .staged: return sendPull()
    case .applied:
      learned = Learned()
      if supply.isEmpty || hasSupplied { return [.finish] }
      hasSupplied = true
      return [.again]
    }
  }

  private mutating func beginPush() -> [Effect] {
    guard let start else { return [] }
    (pushPage, pushedParts, isAccepted) = (0, 0, false)
    stagedPages = start.staged?.pageCount ?? 0
    self.start?.pushUnderWay = nil
    if let push = start.pushUnderWay, push.note.replica == start.replica,
      push.note.isWhole == start.isWhole
    {
      asking = push.note
      return [.send(question(start, push))]
    }
    return [.cutPush(pushRequest(start, after: start.isWhole ? 0 : start.pushedUpTo))]
  }

  private func question(_ start: Start, _ push: PushUnderWay) -> SyncRequest {
    var request = SyncRequest(
      replica: start.replica, base: codec.digest(of: push.note.base),
      knowledge: push.knowledge.difference(from: push.note.base), history: push.history)
    (request.account, request.server) = (start.account, start.server)
    request.push = .question(push.note.token)
    return request
  }

  /// Goes on with a push where the server says.
  private mutating func goOn(_ note: PushNote, _ refusal: SyncRefusal) -> [Effect] {
    switch note.continuation(refusal) {
    case .anew: break
    case .accepted(let known):
      start?.base = known
      start?.pushedUpTo = note.upTo
      start?.isAgreed = false
    case .page(let page, let place):
      // Should the push begin anew, then with all that the server may lack beyond that base.
      if note.base != start?.base { start?.pushedUpTo = 0 }
      start?.base = note.base
      start?.token = note.token
      start?.isAgreed = false
      pushPage = page
      guard let start else { return [] }
      return [.cutPush(pushRequest(start, after: place))]
    }
    return beginPush()
  }

  private mutating func pushRequest(_ start: Start, after place: UInt64) -> PushRequest {
    self.place = place
    return PushRequest(
      since: start.base, after: place, isFirst: pushPage == 0, isWhole: start.isWhole,
      supply: supply)
  }

  private mutating func send(_ cut: PushCut) -> [Effect] {
    guard let start else { return [] }
    self.cut = cut
    var request = request(start, cut)
    request.push =
      cut.isHead && pushPage == 0
      ? .whole : PushPosition(token: start.token, page: pushPage, isLast: cut.isHead)
    request.parts = cut.parts
    request.runs = cut.runs
    if cut.isHead {
      request.missing = cut.missing
      since = start.staged?.since ?? (start.isFromNothing ? VersionVector() : cut.knowledge)
      pull = start.staged?.cursor ?? start.pullCursor
      request.pull = pullPosition(cut)
    }
    pushedParts += cut.parts.count
    return request.push == .whole ? [.send(request)] : [.sendPage(request, note(start, cut))]
  }

  private func note(_ start: Start, _ cut: PushCut) -> PushNote {
    PushNote(
      replica: start.replica, token: start.token, base: start.base, isWhole: start.isWhole,
      page: pushPage, from: place, upTo: cut.position, knowledge: cut.knowledge,
      history: cut.history)
  }

  private mutating func sendPull() -> [Effect] {
    guard let start, let cut else { return [] }
    var request = request(start, cut)
    request.pull = pullPosition(cut)
    return [.send(request)]
  }

  private func pullPosition(_ cut: PushCut) -> PullPosition {
    PullPosition(since: since == cut.knowledge ? nil : since, cursor: pull)
  }

  private func request(_ start: Start, _ cut: PushCut) -> SyncRequest {
    var request = SyncRequest(
      replica: start.replica, base: codec.digest(of: start.base),
      knowledge: cut.knowledge.difference(from: start.base), history: cut.history)
    if !start.isAgreed { (request.account, request.server) = (start.account, start.server) }
    request.scope = start.scope
    request.former = start.former
    request.wanted = start.wanted
    request.unstable = start.unstable
    return request
  }

  private mutating func handle(_ reply: SyncReply) -> [Effect] {
    if asking != nil {
      // The question was taken for a page: nobody knows what is kept there.
      asking = nil
      return beginPush()
    }
    guard let start, let cut else { return [] }
    guard reply.server ?? start.server == start.server else {
      return [
        .fail(
          SyncRefusal(
            .foreignAccount,
            "another server (\(reply.server ?? start.server)) answers at this address; this device is enrolled at "
              + "\(start.server)"))
      ]
    }
    if let next = reply.nextPushPage, !cut.isHead {
      pushPage = next
      return [.cutPush(pushRequest(start, after: cut.position))]
    }
    guard cut.isHead, let page = reply.pull else {
      return [.fail(SyncRefusal(.malformed, "the server's answer holds no page"))]
    }
    // The push is complete, so the server knows all of it: an answer that does not is an earlier one's.
    guard cut.knowledge.isCovered(by: start.base.applying(reply.knowledge)) else {
      return [
        .fail(
          SyncRefusal(
            .unavailable,
            "the answer is not to what was asked: the server does not name what was sent to it"))
      ]
    }
    return handle(reply, page, start, cut)
  }

  private mutating func handle(
    _ reply: SyncReply, _ page: PullPage, _ start: Start, _ cut: PushCut
  ) -> [Effect] {
    var effects: [Effect] = []
    if !isAccepted, !page.isLast, pushedParts > 0, pushPage == 0 || start.isWhole {
      var note = note(start, cut)
      note.isWhole = false
      effects.append(.noteAccepted(note))
    }
    isAccepted = true
    if start.isWhole || !start.former.isEmpty {
      self.start?.isWhole = false
      self.start?.former = []
      effects.append(.notePushed)
    }
    supply = hasSupplied ? [] : reply.wanted
    if let cursor = page.cursor { pull = cursor }
    guard page.isLast else {
      guard let cursor = page.cursor else {
        return [.fail(SyncRefusal(.malformed, "the pull does not go on"))]
      }
      stagedPages += 1
      let staged = StagedPull(since: since, cursor: cursor, pageCount: stagedPages)
      self.start?.staged = staged
      return effects + [.stagePull(staged)]
    }
    let end = PullEnd(
      lastPage: reply, stagedPageCount: stagedPages, since: since,
      upTo: start.base.applying(reply.knowledge), history: reply.history ?? cut.history,
      cursor: pull, pushedUpTo: cut.position, scope: start.scope)
    return effects + [.applyPull(end)]
  }

  /// After a refusal of the pull that came with a push: the pages before are kept, only the last was not taken.
  private mutating func sendLastPageAgain() -> [Effect] {
    guard pushPage > 0, !isAccepted, let start, let cut else { return beginPush() }
    stagedPages = 0
    pushedParts -= cut.parts.count
    return [.cutPush(pushRequest(start, after: place))]
  }

  private mutating func handle(_ refusal: SyncRefusal) -> [Effect] {
    if let note = asking {
      asking = nil
      if refusal.code == .pushRestart { return goOn(note, refusal) }
    }
    restarts += 1
    guard restarts <= Self.maximumRestartCount else { return [.fail(refusal)] }
    switch (refusal.code, refusal.knowledge) {
    case (.unknownBase, let knowledge?), (.serverBehind, let knowledge?):
      learned.base = knowledge
      start?.take(learned)
    case (.scopeChanged, _):
      start?.beginFromNothing(scope: refusal.scope)
      return [.dropStagedPull] + beginPush()
    case (.pushRestart, _):
      if pushPage > 0, !hasAskedAgain {
        // Perhaps it arrived twice: a request of a program that has ended may be late.
        hasAskedAgain = true
        return [.again]
      }
      start?.token &+= 1
    case (.cursorGone, _):
      learned.isCursorGone = true
      start?.staged = nil
      start?.take(learned)
      return [.dropStagedPull] + sendLastPageAgain()
    case (.serverReset, _?) where refusal.server != nil: return [.startOver(refusal)]
    case (.tooLarge, _): return [.shrinkPages(refusal)]
    case (.historiesDiffer, _): return [.agreeOnNames]
    case (.newIdentity, _): return [.takeNewID]
    case (.clock, let knowledge?):
      guard let now = refusal.now else { return [.fail(refusal)] }
      return [.restamp(now: now, known: knowledge)]
    default:
      return [.fail(refusal)]
    }
    return beginPush()
  }
}
