import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import SyncProtocol

/// A laptop without a disk, that can be copied, go back, lose messages and have a wrong clock.
final class MemoryLaptop {
  /// Everything that goes back with an older copy.
  struct Memory {
    var replica: ReplicaID
    var former: [ReplicaID] = []
    var isNew = false
    var history: History
    var documents: [DocumentKey: Document] = [:]
    /// In the order in which documents changed here.
    var arrivals: [DocumentKey: UInt64] = [:]
    var head: UInt64 = 0
    var clock = HybridClock()
    var base = VersionVector()
    var pushedUpTo: UInt64 = 0
    var cursor: PullCursor?
    var unstable: [VersionVector.Entry] = []
    var staged: ClientSession.StagedPull?
    var pages: [SyncReply] = []
  }

  let name: String
  let device: UniqueID
  private(set) var enrolment: Enrolment
  var memory: Memory
  /// Milliseconds that its clock is ahead.
  var skew = 0
  /// Its clock is corrected by the server's.
  var offset = 0
  /// Erased documents of which content came all the same.
  private(set) var receivedErased: Set<DocumentKey> = []
  /// The reply that is handled.
  private var received: SyncReply?
  private let link: Link
  private let world: ReplicaWorld
  private let rules = Catalogue.standard.rules
  private let codec: SyncCodec
  private static let pageCount = 500

  /// What the server gave at the enrolment.
  struct Enrolment {
    let account: UniqueID
    let server: UniqueID
    let user: UniqueID
  }

  init(name: String, url: String, code: String, _ world: ReplicaWorld) throws {
    self.name = name
    self.world = world
    codec = SyncCodec(rules: rules, digest: world.digest)
    link = try Link(url: url)
    device = Self.newID(world)
    memory = Memory(replica: Self.newID(world), history: History(digest: world.digest))
    enrolment = try link.enrol(code: code, device: device, replica: memory.replica, name: name)
  }

  /// The same disk in another machine.
  init(copyOf other: MemoryLaptop, name: String) throws {
    self.name = name
    (world, codec, device, enrolment) = (other.world, other.codec, other.device, other.enrolment)
    memory = other.memory
    link = try Link(copyOf: other.link)
  }

  /// The same device with nothing on its disk, and with a code of its own.
  func enrolAnew(code: String) throws {
    memory = Memory(replica: Self.newID(world), history: History(digest: world.digest))
    enrolment = try link.enrol(code: code, device: device, replica: memory.replica, name: name)
  }

  private static func newID(_ world: ReplicaWorld) -> UniqueID {
    UniqueID(randomBytes: world.random.bytes(16)) ?? UniqueID(high: 0, low: 0)
  }

  private var machineNow: UInt64 { UInt64(max(0, Int(world.clock.now()) + skew)) }
  private var now: UInt64 { UInt64(max(0, Int(machineNow) + offset)) }

  // MARK: - Writes

  /// One transaction of one document.
  func write(_ key: DocumentKey, _ change: (inout Document, Write, VersionVector) -> Void) {
    write([key]) { document, write, knowledge in change(&document, write, knowledge) }
  }

  /// One transaction.
  func write(_ keys: [DocumentKey], _ change: (inout Document, Write, VersionVector) -> Void) {
    let knowledge = memory.history.knowledge
    let dot = Dot(memory.replica, knowledge[memory.replica] + 1)
    let write = Write(
      dot: dot, stamp: memory.clock.tick(now: now),
      author: Author(user: enrolment.user, device: device))
    let changed = keys.map { key in
      var document =
        memory.documents[key]
        ?? Document(key: key, createdBy: write, schemaVersion: Catalogue.version)
      change(&document, write, knowledge)
      return document
    }.filter { $0.clock.covers(dot) }
    guard !changed.isEmpty else { return }
    memory.history.append(
      TransactionRecord(nonce: world.random.uint64(), stamp: write.stamp), of: memory.replica)
    for document in changed { put(document) }
  }

  func set(_ key: DocumentKey, _ patch: JSONObject) {
    write(key) { document, write, knowledge in set(&document, patch, write, knowledge) }
  }

  func set(
    _ document: inout Document, _ patch: JSONObject, _ write: Write, _ knowledge: VersionVector
  ) {
    let rules = rules.type(document.key.type)
    var fields = document.visibleFields(rules)
    for member in patch.members { fields[member.key] = member.value.isNull ? nil : member.value }
    for value in document.unitValues(for: fields, rules) {
      _ = document.set(value, by: write, knowledge: knowledge, rules)
    }
  }

  func delete(_ key: DocumentKey) {
    write(key) { document, write, knowledge in
      document.delete(reason: .mistake, knowledge: knowledge, by: write)
    }
  }

  /// What only a server may do.
  func erase(_ key: DocumentKey) {
    write(key) { document, write, knowledge in
      document.delete(reason: .erasure, knowledge: knowledge, by: write)
    }
  }

  func restore(_ key: DocumentKey) {
    write(key) { document, write, _ in document.undelete(by: write) }
  }

  private func put(_ document: Document) {
    memory.head += 1
    memory.arrivals[document.key] = memory.head
    memory.documents[document.key] = document
  }

  // MARK: - What it shows

  func fields(_ key: DocumentKey) -> JSONObject? {
    guard let document = memory.documents[key], !isDeleted(key), document.dropped.isEmpty else {
      return nil
    }
    return document.visibleFields(rules.type(key.type))
  }

  func values(_ key: DocumentKey, _ field: String) -> [JSONValue] {
    (memory.documents[key]?.units ?? []).flatMap(\.versions).compactMap { $0.value[field] }
  }

  func isDeleted(_ key: DocumentKey) -> Bool {
    guard let document = memory.documents[key] else { return true }
    return document.isDeleted { cause in isDeleted(cause.document) }
  }

  /// What must be equal where nothing is under way.
  var state: [String] {
    let knowledge = memory.history.knowledge
    let history = memory.history.hash(at: knowledge) ?? []
    return knowledge.entries.map { "\($0.replica) \($0.number)" } + [HexText.text(history)]
      + memory.documents.values.map { document in
        var bytes: [UInt8] = []
        var encoder = DocumentEncoder(embedsTable: true)
        encoder.encode(document, rules.type(document.key.type), into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
      }.sorted()
  }

  // MARK: - Exchange

  /// One complete exchange.
  /// - Parameter fault: what happens to its messages.
  /// - Throws: `SyncRefusal`; `TransportError` where a message is lost.
  func sync(_ fault: LinkFault = .none) throws {
    link.begin(fault)
    var session = ClientSession(codec: codec)
    var effects = session.handle(.begin(start()))
    while !effects.isEmpty {
      let effect = effects.removeFirst()
      if case .finish = effect { return }
      if let event = try carryOut(effect) { effects += session.handle(event) }
    }
  }

  /// Sends again what it sent before, as a network may; answers are ignored.
  func repeatRequests() { link.repeatRequests() }

  /// The head of the server's feed, as soon as it is behind the last place that was pulled from.
  func watch() throws -> UInt64 { try link.watch(after: memory.cursor?.head ?? 0) }

  func postNonsense(byteCount: Int) throws -> Int { try link.postNonsense(byteCount: byteCount) }

  /// Takes the place of another feed for one of the server's.
  func mistakePlace() { memory.cursor?.mark ^= 1 }

  private func start() -> ClientSession.Start {
    var start = ClientSession.Start(
      replica: memory.replica, account: enrolment.account, server: enrolment.server,
      base: memory.base, pushedUpTo: memory.pushedUpTo, pullCursor: memory.cursor,
      staged: memory.isNew ? nil : memory.staged, token: world.random.uint64())
    start.isAgreed = memory.cursor != nil && !memory.isNew
    start.isWhole = memory.isNew
    start.former = memory.isNew ? memory.former : []
    start.unstable = codec.name(of: memory.unstable)
    start.wanted = memory.documents.values.filter { $0.lacksContent && !isDeleted($0.key) }
      .map(\.key).sorted()
    return start
  }

  private func carryOut(_ effect: ClientSession.Effect) throws -> ClientSession.Event? {
    switch effect {
    case .cutPush(let request): return .pushCut(cut(request))
    case .send(let request), .sendPage(let request, _):
      do {
        let before = machineNow
        let reply = try codec.reply(try link.post(codec.encode(request), exchange: true))
        offset = ClockOffset.corrected(
          offset, server: reply.now, askedAt: before, answeredAt: machineNow)
        received = reply
        return .replied(reply)
      } catch let refusal as SyncRefusal {
        return .refused(refusal)
      }
    case .notePushed: memory.isNew = false
    case .noteAccepted: break
    case .dropStagedPull: dropStage()
    case .stagePull(let staged):
      memory.pages = Array(memory.pages.prefix(staged.pageCount - 1)) + [received].compactMap { $0 }
      memory.staged = staged
      return .staged
    case .applyPull(let end): return apply(end)
    case .agreeOnNames:
      try agreeOnNames()
      return .begin(start())
    case .takeNewID:
      takeNewID()
      return .begin(start())
    case .restamp(let now, let known):
      rename(
        restamping: Restamping(
          of: memory.history, unknownAt: known, aheadOf: now + Replica.maximumSkew,
          now: now))
      return .begin(start())
    case .again: return .begin(start())
    case .shrinkPages(let refusal), .startOver(let refusal), .fail(let refusal): throw refusal
    case .finish: break
    }
    return nil
  }

  private func cut(_ request: ClientSession.PushRequest) -> ClientSession.PushCut {
    let waiting = memory.arrivals.filter { $0.value > request.after }.sorted { $0.value < $1.value }
    let page = waiting.prefix(Self.pageCount)
    let isHead = page.count == waiting.count
    var parts = page.compactMap { entry in
      memory.documents[entry.key]?.part(
        since: request.since, request.isWhole ? .whole : .lacking)
    }
    if isHead {
      parts += request.supply.compactMap { memory.documents[$0] }.filter { !$0.lacksUnits }
    }
    let knowledge = memory.history.knowledge
    var cut = ClientSession.PushCut(
      parts: parts,
      runs: isHead || request.isFirst ? memory.history.runs(since: request.since) : [],
      position: page.last?.value ?? request.after, isHead: isHead, knowledge: knowledge,
      history: SyncCodec.text(history: memory.history.hash(at: knowledge) ?? []))
    if isHead {
      cut.missing = request.supply.filter { memory.documents[$0]?.lacksContent ?? true }
    }
    return cut
  }

  private func apply(_ end: ClientSession.PullEnd) -> ClientSession.Event {
    let changes = ChangeSet(
      since: end.since, upTo: end.upTo,
      parts: memory.pages.prefix(end.stagedPageCount).flatMap(\.parts) + end.lastPage.parts,
      runs: end.lastPage.runs)
    let hash = memory.history.hash(at: end.upTo, adding: changes.runs)
    guard let hash, SyncCodec.text(history: hash) == end.history else {
      dropStage()
      return .refused(SyncRefusal(.historiesDiffer, "the pull belongs to another history"))
    }
    for part in changes.latestParts { join(part, changes.runs) }
    for run in changes.runs {
      _ = memory.history.append(run)
      for record in run.records { memory.clock.observe(record.stamp) }
    }
    memory.base = end.upTo
    memory.pushedUpTo = end.pushedUpTo
    memory.cursor = end.cursor
    memory.unstable = end.lastPage.unstable ?? memory.unstable
    dropStage()
    return .applied
  }

  private func join(_ part: Document, _ runs: [TransactionRun]) {
    if part.isErased, part.hasContent { receivedErased.insert(part.key) }
    let before = memory.documents[part.key]
    var document = before ?? part
    let returned =
      before == nil
      ? []
      : document.join(part) { dot in
        memory.history.record(dot)?.nonce ?? runs.nonce(of: dot)
      }
    memory.documents[part.key] = document
    if document.isErased {
      document.dropContent()
    } else if isDeleted(part.key) {
      document.drop(returned + part.blankUnits)
    } else {
      for unit in returned { document.takeBlank(unit, from: part) }
      if let before {
        for unit in part.dropped { document.keepBlank(unit.name, from: before) }
      }
    }
    put(document)
  }

  private func dropStage() { (memory.staged, memory.pages) = (nil, []) }

  // MARK: - Identity

  private func agreeOnNames() throws {
    let request = TimelineRequest(
      replica: memory.replica, account: enrolment.account, server: enrolment.server,
      probes: memory.history.probes)
    let reply = try codec.timelineReply(
      try link.post(codec.encode(request), exchange: false))
    guard let theirs = memory.history.other(reply) else {
      throw SyncRefusal(.malformed, "the server leaves out transactions")
    }
    dropStage()
    while let names = Relabelling.difference(of: memory.history, from: theirs) {
      guard let renamed = memory.history.relabelled(names) else {
        throw SyncRefusal(.malformed, "the histories cannot be brought together")
      }
      memory.history = renamed
      memory.documents = memory.documents.mapValues { $0.relabelled(names) }
      if names.replica == memory.replica || memory.former.contains(names.replica) {
        memory.former.append(names.branch)
      }
    }
    rename(restamping: Restamping(from: memory.history, to: theirs))
    if reply.knowledge[memory.replica] > memory.history.knowledge[memory.replica] { takeNewID() }
  }

  private func rename(restamping: Restamping) {
    guard !restamping.isEmpty else { return }
    memory.history = memory.history.restamped(restamping)
    memory.documents = memory.documents.mapValues { $0.restamped(restamping) }
    memory.clock = HybridClock(last: memory.history.lastStamp)
  }

  private func takeNewID() {
    memory.former.append(memory.replica)
    memory.replica = Self.newID(world)
    memory.isNew = true
    dropStage()
  }
}
