import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// What is large travels in pages, and what arrived is not sent again.
@Suite struct PageTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let here: TestReplica

  init() throws {
    server = try TestReplica(clock: clock)
    here = try TestReplica.$pieces.withValue(700) { [server, clock] in
      try TestReplica(of: server, clock: clock)
    }
    server.replica.pieces.documentCount = 900
  }

  /// A way on which a request is lost, or refused for its size.
  private final class BadLink: SyncTransport {
    private let inner: DirectTransport
    private let lost: Int?
    private let limit: Int
    private let state = Mutex((count: 0, delivered: 0, refused: 0, largest: 0))

    init(_ inner: DirectTransport, losing lost: Int? = nil, limit: Int = .max) {
      (self.inner, self.lost, self.limit) = (inner, lost, limit)
    }

    var delivered: Int { state.withLock { $0.delivered } }
    var refused: Int { state.withLock { $0.refused } }
    var largest: Int { state.withLock { $0.largest } }

    func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
      let number = state.withLock { state in
        state.count += 1
        return state.count
      }
      if number == lost { throw TransportError("lost") }
      if request.body.count > limit {
        state.withLock { $0.refused += 1 }
        return TransportReply(
          status: 413, headers: ["content-type": "text/html"], body: Array("<html>".utf8),
          bytesSent: 0, bytesReceived: 0)
      }
      state.withLock {
        $0.delivered += 1
        $0.largest = max($0.largest, request.body.count)
      }
      return try inner.send(request)
    }
  }

  @Test func `a pull that is cut anywhere goes on there`() throws {
    try server.put(1...4200)
    let whole = try TestReplica(of: server, clock: clock)
    let count = try whole.sync(with: server).roundTrips
    #expect(count > 4)
    for lost in 1...count {
      let laptop = try TestReplica(of: server, clock: clock)
      let first = BadLink(DirectTransport(to: server, from: laptop), losing: lost)
      #expect(throws: ReplicaError.self) { try laptop.sync(over: first) }
      #expect(try laptop.replica.documentCounts().isEmpty, "nothing is applied in part")
      let second = BadLink(DirectTransport(to: server, from: laptop))
      try laptop.sync(over: second)
      #expect(first.delivered + second.delivered == count, "lost \(lost)")
      #expect(try laptop.state() == whole.state())
    }
  }

  private static let late = "00000000-0000-4000-8000-00000000ffff"

  /// Which documents arrived at a server; one request gets lost, or its answer.
  private final class Arrived: Sendable {
    private let lost: Int
    private let isAnswerLost: Bool
    private let state = Mutex((count: 0, documents: [DocumentKey]()))
    private let codec: SyncCodec

    init(_ replica: Replica, losing lost: Int, isAnswerLost: Bool) {
      (self.lost, self.isAnswerLost) = (lost, isAnswerLost)
      codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
    }

    var documents: [DocumentKey] { state.withLock { $0.documents } }

    /// - Returns: whether the answer arrives.
    func note(_ request: TransportRequest) throws(TransportError) -> Bool {
      let number = state.withLock { state in
        state.count += 1
        return state.count
      }
      if number == lost, !isAnswerLost { throw TransportError("lost") }
      let parts = (try? codec.request(request.body))?.parts ?? []
      state.withLock { $0.documents += parts.map(\.key) }
      return number != lost
    }
  }

  @Test(arguments: [true, false])
  func `a push that is cut anywhere goes on there`(isAnswerLost: Bool) throws {
    try here.put(1...2100)
    let pages = 3
    for lost in 1...pages {
      let (server, laptop) = (try TestReplica(clock: clock), try TestReplica(copyOf: here))
      try laptop.enrol(at: server)
      let arrived = Arrived(here.replica, losing: lost, isAnswerLost: isAnswerLost)
      let link = DirectTransport(to: server, from: laptop) { request throws(TransportError) in
        try arrived.note(request)
      }
      #expect(throws: ReplicaError.self) { try laptop.sync(over: link) }
      try laptop.put([["type": "patient", "id": .string(Self.late), "first_name": "Late"]])
      try laptop.sync(over: link)
      let sent = arrived.documents
      #expect(Set(sent).count == sent.count, "a document was sent twice, lost \(lost)")
      #expect(sent.count == 2101)
      #expect(try laptop.state() == server.state())
    }
  }

  @Test func `a server has longer to take in a push of many pages`() throws {
    try here.put(1...2100)
    let waits = Waits()
    let link = DirectTransport(to: server, from: here) { (request) throws(TransportError) in
      waits.note(request.extraSeconds)
    }
    try here.sync(over: link)
    #expect(waits.all.prefix(3) == [0, 0, 1])
  }

  private final class Waits: Sendable {
    private let seconds = Mutex<[Int]>([])

    var all: [Int] { seconds.withLock { $0 } }

    /// - Returns: that the answer arrives.
    func note(_ extra: Int) -> Bool {
      seconds.withLock { $0.append(extra) }
      return true
    }
  }

  @Test func `each page but the first says behind which one it comes`() throws {
    try here.put(1...2100)
    let digests = Digests(here.replica)
    let link = DirectTransport(to: server, from: here) { (request) throws(TransportError) in
      digests.note(request.body)
    }
    try here.sync(over: link)
    #expect(digests.all.count >= 3)
    #expect(digests.all.prefix(3).map(\.after) == [nil] + digests.all.prefix(2).map(\.end))
  }

  private final class Digests: Sendable {
    private let pages = Mutex<[(after: String?, end: String?)]>([])
    private let codec: SyncCodec

    init(_ replica: Replica) {
      codec = SyncCodec(rules: replica.rules, digest: replica.world.digest)
    }

    var all: [(after: String?, end: String?)] { pages.withLock { $0 } }

    /// - Returns: that the answer arrives.
    func note(_ body: [UInt8]) -> Bool {
      let after = (try? codec.request(body))?.push?.after
      pages.withLock { $0.append((after, SyncCodec.endDigest(of: body))) }
      return true
    }
  }

  private func damage(_ path: String) throws {
    let file = try POSIXFileSystem().open(path, .readWrite)
    defer { file.close() }
    let place = try file.size() / 2
    let byte = try file.read(at: place, count: 1)
    try file.write(byte.map { $0 ^ 1 }, at: place)
  }

  @Test func `a kept page that is damaged is fetched again, and nothing of the pull is left`()
    throws
  {
    try server.put(1...4200)
    let cut = BadLink(DirectTransport(to: server, from: here), losing: 5)
    #expect(throws: ReplicaError.self) { try here.sync(over: cut) }
    let stage = here.replica.store.layout.stage("pull")
    // Those before it are joined by then.
    try damage("\(stage)/3.jsonl")
    #expect(throws: ReplicaError.self) { try here.sync(with: server) }
    #expect(try here.replica.documentCounts().isEmpty)
    try here.put(4300...4301)
    let state = try here.state()
    try here.reopen()
    #expect(try here.state() == state && here.replica.store.damage.isEmpty)
    for _ in 0..<2 { try here.sync(with: server) }
    #expect(try here.state() == server.state())
  }

  @Test func `a kept page of a push that is damaged is sent again`() throws {
    try here.put(1...3200)
    let cut = BadLink(DirectTransport(to: server, from: here), losing: 4)
    #expect(throws: ReplicaError.self) { try here.sync(over: cut) }
    try damage(server.replica.store.layout.stage("push-\(here.replica.id)") + "/2.jsonl")
    let way = BadLink(DirectTransport(to: server, from: here))
    _ = try? here.sync(over: way)
    try here.sync(over: way)
    #expect(try here.state() == server.state())
    try server.reopen()
    #expect(try here.state() == server.state() && server.replica.store.damage.isEmpty)
  }

  @Test func `what is taken in piece by piece is found and reviewed as what comes at once`() throws
  {
    try server.put(1...2500)
    try server.put(
      (1...3).map { number in
        [
          "type": "patient", "id": .string("00000000-0000-4000-8000-00000000000\(number)"),
          "first_name": "Ana", "last_name": "Lima", "email": "ana@example.org",
          "date_of_birth": "1980-01-01", "status": "active",
        ]
      })
    let whole = try TestReplica(of: server, clock: clock)
    for laptop in [here, whole] { try laptop.sync(with: server) }
    let items = try whole.replica.reviewItems().map(\.id)
    #expect(!items.isEmpty)
    #expect(try here.replica.reviewItems().map(\.id) == items)
    var query = ListQuery(type: "patient")
    query.filters = [("email", "ana@example.org")]
    #expect(try here.replica.list(query).count == 3)
    #expect(try here.state() == whole.state())
  }

  @Test func `writes on both sides while a pull stands still are not lost`() throws {
    try server.put(1...4200)
    let cut = BadLink(DirectTransport(to: server, from: here), losing: 3)
    #expect(throws: ReplicaError.self) { try here.sync(over: cut) }
    try here.put(4300...4310)
    let other = try TestReplica(of: server, clock: clock)
    try other.sync(with: server)
    try other.carryOut(
      7, ["phone": "meanwhile"],
      DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 7)))
    try other.sync(with: server)
    for laptop in [here, other, here] { try laptop.sync(with: server) }
    #expect(try here.state() == server.state() && other.state() == server.state())
  }

  @Test func `a page that somebody refuses for its size is cut in half`() throws {
    try here.put(1...2000)
    let link = BadLink(DirectTransport(to: server, from: here), limit: 200_000)
    try here.sync(over: link)
    #expect(link.refused >= 2 && link.largest <= 200_000)
    #expect(try here.state() == server.state())
  }

  @Test func `what cannot be made small enough is told, and nothing is lost`() throws {
    try here.put(1...200)
    let link = BadLink(DirectTransport(to: server, from: here), limit: 2000)
    #expect(throws: ReplicaError.self) { try here.sync(over: link) }
    #expect(link.refused < 12)
    try here.sync(with: server)
    #expect(try here.state() == server.state())
  }

  @Test func `a push that was given up is dropped after a week`() throws {
    clock.set(Timestamp.text(milliseconds: SystemClock().now()))
    try here.put(1...2000)
    let link = BadLink(DirectTransport(to: server, from: here), losing: 2)
    #expect(throws: ReplicaError.self) { try here.sync(over: link) }
    let stage = Stage("push-\(here.replica.id)", in: server.replica.store)
    #expect(try stage.count() == 1 && stage.byteCount() > 100_000)
    clock.advance(minutes: 6 * 24 * 60)
    try server.replica.dropAbandonedPushes()
    #expect(try stage.count() == 1)
    clock.advance(minutes: 2 * 24 * 60)
    try server.replica.dropAbandonedPushes()
    #expect(try stage.count() == 0)
    try here.sync(with: server)
    #expect(try here.state() == server.state())
  }

  @Test func `a feed that went another way is pulled from its start`() throws {
    try server.put(1...3000)
    let old = try TestReplica(copyOf: server)
    let cut = BadLink(DirectTransport(to: server, from: here), losing: 3)
    try server.put(3001...3010)
    #expect(throws: ReplicaError.self) { try here.sync(over: cut) }
    try server.restore(old)
    try server.put(3020...3040)
    try here.sync(with: server)
    #expect(try here.state() == server.state())
  }
}
