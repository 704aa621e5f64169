import Causality
import Documents
import JSON
package import Platform
import Storage
import SyncProtocol
import Synchronization

/// What one complete push and pull did.
package struct SyncReport: Sendable {
  package var pushed = 0
  package var pulled = 0
  package var bytesSent = 0
  package var bytesReceived = 0
  package var roundTrips = 0
  package var seconds = 0.0

  package init() {}

  mutating func note(_ reply: TransportReply) {
    roundTrips += 1
    bytesSent += reply.bytesSent
    bytesReceived += reply.bytesReceived
  }
}

/// Carries out a `ClientSession`: the host of the state machine on a laptop. One at a time.
package final class LaptopSync: Sendable {
  let replica: Replica
  private let transport: any SyncTransport
  let codec: SyncCodec
  private let stage: Stage
  /// The message that is handled, as it came.
  private let received = Mutex<[UInt8]>([])
  private let pageByteCount: Atomic<Int>
  private static let smallestPageByteCount = 16 << 10
  /// So many pages of a push, of 1,000 documents, a slow server takes in.
  private static let slowestPagesPerSecond = 2
  private let running = Mutex(())

  package init(replica: Replica, transport: any SyncTransport, fileSystem: any FileSystem) {
    self.replica = replica
    self.transport = transport
    codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
    stage = Stage("pull", in: replica.store)
    pageByteCount = Atomic(replica.pieces.pageByteCount)
  }

  /// One complete push and pull. On return all that the server had is durable here, and all that
  /// this replica had when it began is durable there.
  ///
  /// - Throws: `unreachable`, `sync`, `storage` or `notEnrolled`. Nothing is lost: what was not
  ///   acknowledged is sent again next time, pages that arrived are not fetched again.
  package func run() throws(ReplicaError) -> SyncReport {
    try running.withLock { (_) throws(ReplicaError) in
      try replica.turns.share { () throws(ReplicaError) in try exchange() }
    }
  }

  private func exchange() throws(ReplicaError) -> SyncReport {
    let begin = monotonicMilliseconds()
    var report = SyncReport()
    var session = ClientSession(codec: codec)
    var effects = session.handle(.begin(try start()))
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      if case .finish = effect { break }
      guard let event = try carryOut(effect, &report) else { continue }
      effects += session.handle(event)
    }
    report.pushed = session.pushedCount
    report.seconds = Double(monotonicMilliseconds() - begin) / 1000
    return report
  }

  /// Makes `run` fail soon where it waits for the server, from now on.
  package func cancel() { transport.cancel() }

  private func start() throws(ReplicaError) -> ClientSession.Start {
    let identity = replica.store.identity
    guard let enrolment = identity.enrolment else { throw .notEnrolled }
    // What was staged for the old id may lack what the new one must get.
    if identity.isNew { try clearStage() }
    let peer = replica.peer
    var start = ClientSession.Start(
      replica: replica.id, account: replica.account, server: enrolment.server,
      base: peer.knowledge, pushedUpTo: peer.pushedUpTo, pullCursor: peer.cursor,
      staged: try stagedPull(), token: replica.world.random.uint64())
    start.isAgreed = peer.cursor != nil && !identity.isNew
    start.isWhole = identity.isNew
    start.scope = peer.scope
    start.former =
      identity.isNew ? identity.former.suffix(SyncRequest.maximumFormerCount) : []
    start.wanted = try replica.wanted()
    start.unstable = codec.name(of: peer.unstable)
    start.pushUnderWay = replica.pushUnderWay()
    if replica.hasLostDocuments {
      if let staged = start.staged, !staged.since.isEmpty { try clearStage() }
      start.fetchEverything()
    }
    return start
  }

  /// What is left of a pull that did not come to its end; the last page says where it goes on.
  private func stagedPull() throws(ReplicaError) -> ClientSession.StagedPull? {
    let count = try stored { () throws(StorageError) in try stage.count() }
    guard count > 0 else {
      // Of pages that were dropped a power cut can leave some.
      try clearStage()
      return nil
    }
    let file = try stored { () throws(StorageError) in try stage.page(count - 1) }
    guard let page = try? StagedPage(file) else {
      try clearStage()
      return nil
    }
    return ClientSession.StagedPull(since: page.since, cursor: page.cursor, pageCount: count)
  }

  private func carryOut(
    _ effect: ClientSession.Effect, _ report: inout SyncReport
  ) throws(ReplicaError) -> ClientSession.Event? {
    switch effect {
    case .cutPush(let request):
      try replica.requireNothingLost(at: request.since)
      return .pushCut(
        try replica.cutPush(
          request, pageByteCount: pageByteCount.load(ordering: .relaxed)))
    case .send(let request):
      return try send(codec.encode(request), &report)
    case .sendPage(var request, let note):
      request.push?.after = replica.digestBefore(note)
      let body = codec.encode(request)
      try replica.keep(note, digest: SyncCodec.endDigest(of: body) ?? "")
      return try send(
        body, keptPageCount: request.push.map { $0.isLast ? $0.page : 0 } ?? 0, &report)
    case .noteAccepted(let note):
      try replica.keep(note, digest: "")
      return nil
    case .notePushed:
      try stored { () throws(StorageError) in
        try replica.store.updateIdentity { $0.notePushed() }
      }
      return nil
    case .dropStagedPull:
      try clearStage()
      return nil
    case .stagePull(let staged):
      let page = StagedPage(
        since: staged.since, cursor: staged.cursor, body: received.withLock { $0 })
      try stored { () throws(StorageError) in
        try stage.put(page.bytes, number: staged.pageCount - 1)
      }
      return .staged
    case .applyPull(let end):
      do throws(ReplicaError) { report.pulled += try apply(end) } catch {
        // A pull whose history turns out another one is dropped.
        guard case .sync(let refusal) = error, refusal.code == .historiesDiffer else { throw error }
        try clearStage()
        return .refused(refusal)
      }
      return .applied
    case .shrinkPages(let refusal):
      try shrinkPages(because: refusal)
      return .begin(try start())
    case .agreeOnNames:
      try agreeOnNames(&report)
      return .begin(try start())
    case .takeNewID:
      try clearStage()
      try replica.takeNewID()
      return .begin(try start())
    case .restamp(let now, let known):
      try replica.restamp(now: now, known: known)
      return .begin(try start())
    case .again:
      return .begin(try start())
    case .startOver(let refusal):
      try replica.startOver(refusal)
      throw .sync(refusal)
    case .fail(let refusal):
      throw .sync(refusal)
    case .finish:
      return nil
    }
  }

  /// Somebody on the way to the server takes less than this program sends at once.
  private func shrinkPages(because refusal: SyncRefusal) throws(ReplicaError) {
    let count = pageByteCount.load(ordering: .relaxed) / 2
    guard count >= Self.smallestPageByteCount else { throw .sync(refusal) }
    try replica.dropPushNote()
    pageByteCount.store(count, ordering: .relaxed)
  }

  private func clearStage() throws(ReplicaError) {
    try stored { () throws(StorageError) in try stage.clear() }
  }

  /// Fetches the server's transactions as far as they differ, and takes its names for them.
  private func agreeOnNames(_ report: inout SyncReport) throws(ReplicaError) {
    let request = TimelineRequest(
      replica: replica.id, account: replica.account,
      server: replica.store.identity.enrolment?.server,
      probes: replica.read { $0.history.probes })
    let reply = try transmit(
      codec.encode(request), to: SyncProtocolVersion.historiesPath, &report)
    guard reply.status == 200 else { throw .sync(try refusal(reply)) }
    let timelines: TimelineReply
    do { timelines = try codec.timelineReply(reply.body) } catch {
      throw .unreachable("the answer did not arrive whole: \(error)")
    }
    try clearStage()
    try replica.agreeOnNames(with: timelines)
  }

  /// - Parameter keptPageCount: the pages that the server takes in before it answers.
  private func send(
    _ request: [UInt8], keptPageCount: Int = 0, _ report: inout SyncReport
  ) throws(ReplicaError) -> ClientSession.Event {
    let before = replica.world.clock.now()
    let reply = try transmit(
      request, to: SyncProtocolVersion.exchangePath, &report,
      extraSeconds: (keptPageCount + 1) / Self.slowestPagesPerSecond)
    guard reply.status == 200 else { return .refused(try refusal(reply)) }
    guard reply.headers["content-type"] == SyncProtocolVersion.contentType,
      reply.headers[SyncProtocolVersion.headerName.lowercased()] == "\(SyncProtocolVersion.current)"
    else {
      throw .unreachable("what answers at this address is no Satchel server")
    }
    do {
      // What a page holds is looked at once, when all of them are there.
      let message = try codec.reply(reply.body) { $0.pull?.isLast ?? true }
      received.withLock { $0 = reply.body }
      replica.setClockOffset(
        ClockOffset.corrected(
          replica.clockOffset, server: message.now, askedAt: before,
          answeredAt: replica.world.clock.now()))
      return .replied(message)
    } catch {
      throw .unreachable("the answer did not arrive whole: \(error)")
    }
  }

  func transmit(
    _ body: [UInt8], to path: String, _ report: inout SyncReport,
    over other: (any SyncTransport)? = nil, extraSeconds: Int = 0
  ) throws(ReplicaError) -> TransportReply {
    let token = usableToken
    var message = TransportRequest(path: path, headers: try headers(token), body: body)
    message.extraSeconds = extraSeconds
    var reply: TransportReply
    do throws(TransportError) { reply = try (other ?? transport).send(message) } catch {
      throw .unreachable("\(error)")
    }
    report.note(reply)
    if reply.status == 401, token != nil {
      // The server takes it no longer.
      message.headers = try headers(nil)
      do throws(TransportError) { reply = try (other ?? transport).send(message) } catch {
        throw .unreachable("\(error)")
      }
      report.note(reply)
    }
    try keepTokens(of: reply)
    hearOfPeople(reply)
    return reply
  }

  /// Whoever may not log in any more is forgotten here.
  private func hearOfPeople(_ reply: TransportReply) {
    guard reply.status == 200 else { return }
    let text = reply.headers[SyncProtocolVersion.peopleHeaderName.lowercased()]
    let dropped = replica.people.hear(text.flatMap { PeopleList($0) }, at: replica.now())
    // If that cannot be noted now, the password opens a door behind which nobody is let in.
    try? replica.letOpenNoMore(dropped)
  }

  /// A token that may have expired on its way is not shown.
  private var usableToken: String? {
    guard let token = replica.store.identity.enrolment?.accessToken else { return nil }
    let now = replica.world.clock.now()
    // A clock that was set back by more than a token lives makes none live longer.
    return now < token.until && token.until - now <= Self.tokenMilliseconds ? token.text : nil
  }

  /// A server takes an access token for 15 minutes.
  private static let tokenMilliseconds: UInt64 = 13 * 60_000

  /// Notes what the server gave for the refresh token, before it is used: the server takes the old one no more
  /// once it has seen the new one. Durable on return.
  private func keepTokens(of reply: TransportReply) throws(ReplicaError) {
    let access = reply.headers[Self.accessTokenHeader]
    let refresh = reply.headers[SyncProtocolVersion.refreshHeaderName.lowercased()]
    if access == nil, refresh == nil { return }
    let until = replica.world.clock.now() + Self.tokenMilliseconds
    try stored { () throws(StorageError) in
      try replica.store.updateIdentity { identity in
        if let refresh { identity.enrolment?.refreshToken = refresh }
        if let access { identity.enrolment?.accessToken = .init(text: access, until: until) }
      }
    }
  }

  /// The refresh token goes along where no access token is left, so that renewing one costs no round trip.
  private func headers(_ token: String?) throws(ReplicaError) -> [(name: String, value: String)] {
    guard let enrolment = replica.store.identity.enrolment else { throw .notEnrolled }
    let isSealed = replica.store.isSealed
    let people = replica.people.listName(replica.world.digest)
    return [
      (name: "Content-Type", value: SyncProtocolVersion.contentType),
      (name: SyncProtocolVersion.headerName, value: "\(SyncProtocolVersion.current)"),
      token.map { (name: "Authorization", value: "Bearer \($0)") }
        ?? (name: SyncProtocolVersion.refreshHeaderName, value: enrolment.refreshToken),
    ] + (isSealed ? [(name: SyncProtocolVersion.encryptionHeaderName, value: "store")] : [])
      + (people.map { [(name: SyncProtocolVersion.peopleHeaderName, value: $0)] } ?? [])
  }

  /// The reply's header that carries a new access token.
  package static let accessTokenHeader = "satchel-access-token"

  func refusal(_ reply: TransportReply) throws(ReplicaError) -> SyncRefusal {
    if let refusal = SyncCodec.refusal(reply.body, status: reply.status) { return refusal }
    // A proxy says so in its own words.
    if reply.status == 413 { return SyncRefusal(.tooLarge, "a page is too large") }
    throw .unreachable(
      "what answers at this address is no Satchel server (HTTP status \(reply.status))")
  }

  private func apply(_ end: ClientSession.PullEnd) throws(ReplicaError) -> Int {
    let pulled = try replica.applyPull(end) { [self] (number) throws(ReplicaError) in
      let file = try stored { () throws(StorageError) in try stage.page(number) }
      do {
        let page = try codec.reply(try StagedPage(file).body)
        return ArrivingChanges.Page(
          parts: page.parts, unreadable: page.unreadable, byteCount: file.count)
      } catch {
        try clearStage()
        throw .unreachable("a staged page is damaged (\(error)); the next sync fetches it again")
      }
    }
    if end.stagedPageCount > 0 { try clearStage() }
    return pulled
  }
}
