import Causality
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// What a server keeps of a push whose pages come by hand, in whatever order.
@Suite struct KeptPushTests {
  private let server: TestReplica
  private let here: TestReplica

  init() throws {
    let clock = TestClock("2026-03-01T08:00:00Z")
    server = try TestReplica(clock: clock)
    here = try TestReplica(of: server, clock: clock)
  }

  /// Sends pages of a push by hand.
  private struct PageSender {
    private let link: DirectTransport
    private let codec: SyncCodec
    private let parts: [Document]
    private var request: SyncRequest

    init(_ here: TestReplica, to server: TestReplica) throws {
      link = DirectTransport(to: server, from: here)
      codec = SyncCodec(rules: here.replica.rules, digest: here.replica.world.digest)
      let cut = try here.replica.cutPush(
        ClientSession.PushRequest(since: VersionVector(), after: 0, isFirst: true))
      parts = cut.parts
      request = SyncRequest(
        replica: here.replica.id, base: codec.digest(of: VersionVector()),
        knowledge: cut.knowledge.entries, history: cut.history)
      (request.account, request.server) = (server.replica.account, server.replica.serverID)
      request.runs = cut.runs
    }

    /// - Parameter documents: which of them the page holds.
    /// - Returns: nil if it was taken.
    func send(
      _ token: UInt64, _ page: Int, isLast: Bool = false, _ documents: Range<Int>
    ) throws -> SyncRefusal? {
      var request = request
      request.push = PushPosition(token: token, page: page, isLast: isLast)
      request.parts = Array(parts[documents])
      let reply = try link.send(
        TransportRequest(
          path: SyncProtocolVersion.exchangePath, headers: [], body: codec.encode(request)))
      if reply.status == 200 { return nil }
      return SyncCodec.refusal(reply.body, status: reply.status)
        ?? SyncRefusal(.malformed, "no refusal")
    }
  }

  @Test func `a page of another push is no next page`() throws {
    try here.put(1...2)
    let pages = try PageSender(here, to: server)
    #expect(try pages.send(1, 0, 0..<1) == nil)
    #expect(try pages.send(2, 1, isLast: true, 1..<2)?.code == .pushRestart)
    #expect(try server.replica.documentCounts().isEmpty)
    #expect(try pages.send(1, 1, isLast: true, 1..<2) == nil)
    #expect(try server.replica.documentCounts().first?.count == 2)
  }

  @Test func `the first page of another push takes the place of what was kept`() throws {
    try here.put(1...3)
    let pages = try PageSender(here, to: server)
    let stage = Stage("push-\(here.replica.id)", in: server.replica.store)
    #expect(try pages.send(1, 0, 0..<1) == nil && pages.send(1, 1, 1..<2) == nil)
    #expect(try pages.send(1, 0, 0..<1)?.nextPushPage == 2, "a late copy drops nothing")
    #expect(try stage.count() == 2)
    #expect(try pages.send(2, 0, 0..<2) == nil)
    #expect(try stage.count() == 1)
    #expect(try pages.send(1, 2, isLast: true, 2..<3)?.nextPushPage == 0)
    #expect(try pages.send(2, 1, isLast: true, 2..<3) == nil)
    #expect(try server.replica.documentCounts().first?.count == 3)
    #expect(try stage.count() == 0)
  }

  /// Nobody knows what is in pages that nobody has taken in: they go, and the push begins anew.
  @Test func `what is kept of a push goes when a document is erased`() throws {
    try here.put(1...2)
    try server.put(9...9)
    let pages = try PageSender(here, to: server)
    let stage = Stage("push-\(here.replica.id)", in: server.replica.store)
    #expect(try pages.send(1, 0, 0..<1) == nil)
    #expect(try stage.count() == 1)
    let erased = try #require(server.replica.list(ListQuery(type: "patient")).first)
    let id = try #require(erased["id"]?.stringValue.flatMap { UniqueID($0) })
    try server.replica.delete(DocumentKey(type: "patient", id: id), reason: .erasure)
    #expect(try stage.count() == 0)
    #expect(try pages.send(1, 1, isLast: true, 1..<2)?.nextPushPage == 0)
  }

  @Test func `a late request of a program that has ended and those of the next take turns`() throws
  {
    try here.put(1...3)
    let pages = try PageSender(here, to: server)
    let refusals = Mutex<Set<SyncRefusal.Code>>([])
    let question = PushPosition.question(0).page
    for token in 1...50 as ClosedRange<UInt64> {
      #expect(try pages.send(token, 0, 0..<2) == nil)
      let isOver = Atomic(false)
      let late = try SystemThread {
        if let refusal = try? pages.send(token, 1, isLast: true, 2..<3) {
          _ = refusals.withLock { $0.insert(refusal.code) }
        }
        isOver.store(true, ordering: .relaxed)
      }
      while !isOver.load(ordering: .relaxed) {
        if let refusal = try pages.send(token, question, 0..<0) {
          _ = refusals.withLock { $0.insert(refusal.code) }
        }
      }
      late.join()
    }
    #expect(refusals.withLock { $0 } == [.pushRestart])
  }

  @Test func `a push has an end`() throws {
    try here.put(1...3)
    let pages = try PageSender(here, to: server)
    #expect(try pages.send(1, 0, 0..<1) == nil)
    let layout = server.replica.store.layout
    let large = try POSIXFileSystem().open(
      "\(layout.stage("push-\(here.replica.id)"))/1.jsonl", .openOrCreate)
    try large.truncate(to: ServerSync.maximumPushByteCount)
    large.close()
    #expect(try pages.send(1, 2, 1..<2)?.code == .tooLarge)
    #expect(try pages.send(2, 0, 0..<2) == nil, "a new push begins with nothing")
    #expect(try pages.send(2, 1, isLast: true, 2..<3) == nil)
    #expect(try here.replica.documentCounts().first?.count == 3)
  }
}
