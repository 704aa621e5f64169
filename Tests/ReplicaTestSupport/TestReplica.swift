package import Causality
import Clinic
import Documents
import JSON
import Platform
package import Replica
import Storage
import SyncProtocol
import Synchronization

/// A clock that stands where a test puts it.
package final class TestClock: WallClock {
  private let time = Mutex<UInt64>(0)
  private let latest = Mutex<UInt64>(0)

  package init(_ text: String) { set(text) }

  package func now() -> UInt64 { time.withLock { $0 } }

  package func set(_ text: String) {
    time.withLock { time in
      time = Timestamp.milliseconds(text) ?? time
      latest.withLock { $0 = max($0, time) }
    }
  }

  /// Goes on to the latest time that it ever stood at: two people who wrote at two times meet after both.
  package func catchUp() { time.withLock { $0 = max($0, latest.withLock { $0 }) } }

  package func advance(minutes: Int) {
    time.withLock { $0 = UInt64(Int($0) + minutes * 60_000) }
  }
}

/// A replica on a real store, which goes away with it.
package final class TestReplica {
  package static let account = UniqueID(high: 0xacc0, low: 1)
  /// Who works on the laptops.
  package static let user = UniqueID(high: 0x75e7, low: 1)

  package let clock: TestClock
  package private(set) var replica: Replica
  package let root: String
  private let role: Replica.Role
  /// At a server: the ids that devices write as.
  package let devices = TestDevices()

  /// - Parameter server: whose laptop this is; nil for a server.
  package init(of server: TestReplica? = nil, clock: TestClock, account: UniqueID = account) throws
  {
    let setup = try ReplicaSetup.system()
    self.clock = clock
    role = server == nil ? .server : .laptop
    root = Self.newRoot(setup)
    var identity = StoreIdentity(
      replica: setup.newID(), device: setup.newID(), account: account, isLocalAccount: false)
    if let server {
      identity.enrolment = Enrolment(
        url: "", server: server.replica.serverID, user: Self.user, refreshToken: "",
        certificateFile: nil)
      server.devices.add(identity.replica, to: identity.device)
    }
    let store = try Store.create(
      at: root, identity: identity, environment: Self.environment(setup, role))
    replica = Self.replica(store, role, setup, clock)
  }

  /// A copy of another replica's directory that nobody notices to be one: the same machine, the same
  /// disk, as after a copy of the whole image.
  package init(copyOf other: TestReplica, clock: TestClock? = nil) throws {
    let setup = try ReplicaSetup.system()
    self.clock = clock ?? other.clock
    role = other.role
    root = Self.newRoot(setup)
    try setup.fileSystem.copyTree(other.root, to: root, except: ["LOCK"])
    replica = try Self.openUnnoticed(root, role, setup, self.clock)
    devices.copy(other.devices)
  }

  /// Goes back to a copy that was made of it.
  package func restore(_ copy: TestReplica) throws {
    let setup = try ReplicaSetup.system()
    replica.store.close()
    try setup.fileSystem.removeTree(root)
    try setup.fileSystem.copyTree(copy.root, to: root, except: ["LOCK"])
    replica = try Self.openUnnoticed(root, role, setup, clock)
    if role == .server { devices.copy(copy.devices) }
  }

  /// Closes the store without a word and opens it again.
  package func reopen() throws {
    let setup = try ReplicaSetup.system()
    replica.store.close()
    replica = try Self.openUnnoticed(root, role, setup, clock)
  }

  private static func newRoot(_ setup: ReplicaSetup) -> String {
    let name = HexText.text(setup.world.random.bytes(12))
    return "\(Host.environment("TMPDIR") ?? "/tmp")/satchel-replica-\(name)"
  }

  private static func environment(
    _ setup: ReplicaSetup, _ role: Replica.Role
  ) -> StoreEnvironment {
    var environment = setup.environment
    environment.segmentByteCount = 1 << 16
    environment.keepsFeed = role == .server
    return environment
  }

  private static func replica(
    _ store: Store, _ role: Replica.Role, _ setup: ReplicaSetup, _ clock: TestClock
  ) -> Replica {
    var world = setup.world
    world.clock = clock
    let replica = Replica(store: store, role: role, catalogue: .standard, world: world)
    let wanted = pieces ?? Host.environment("SATCHEL_TEST_PIECES").flatMap { Int($0) }
    if let wanted { replica.pieces.documentCount = wanted }
    return replica
  }

  /// So many documents of a change-set are in memory at once, at the replicas that are made meanwhile.
  @TaskLocal package static var pieces: Int?

  /// A store that does not know where it was is in no other place.
  private static func openUnnoticed(
    _ root: String, _ role: Replica.Role, _ setup: ReplicaSetup, _ clock: TestClock
  ) throws -> Replica {
    let path = "\(root)/store.json"
    let bytes = try setup.fileSystem.readFile(path)
    guard var object = try JSONValue(parsing: bytes).objectValue else { throw NoStore() }
    object["place"] = nil
    try setup.fileSystem.writeFileDurably(path, JSONValue.object(object).bytes)
    let store = try Store.open(at: root, environment: environment(setup, role))
    return replica(store, role, setup, clock)
  }

  private struct NoStore: Error {}

  deinit {
    replica.store.close()
    try? POSIXFileSystem().removeTree(root)
  }

  /// Becomes a laptop of another server of the account.
  package func enrol(at server: TestReplica) throws {
    try replica.store.updateIdentity { $0.enrolment?.server = server.replica.serverID }
    server.devices.add(replica.id, to: device)
  }

  package var device: UniqueID { replica.store.identity.device }

  /// One complete push and pull, by the real sessions of both sides and their real bytes.
  /// - Parameter isRightful: whether what the laptop's users may not write is refused.
  @discardableResult
  package func sync(with server: TestReplica, isJudged: Bool = false) throws -> SyncReport {
    try sync(over: DirectTransport(to: server, from: self, isJudged: isJudged))
  }

  @discardableResult
  package func sync(over transport: any SyncTransport) throws -> SyncReport {
    try LaptopSync(replica: replica, transport: transport, fileSystem: POSIXFileSystem()).run()
  }
}

/// Which device writes as which replicas.
package final class TestDevices: Sendable {
  private let replicas = Mutex<[UniqueID: [ReplicaID]]>([:])
  private let scope = Mutex<String?>(nil)

  func add(_ replica: ReplicaID, to device: UniqueID) {
    replicas.withLock { $0[device, default: []].append(replica) }
  }

  /// Lets all devices see another part of the account.
  package func setScope(_ name: String?) { scope.withLock { $0 = name } }

  func copy(_ other: TestDevices) {
    let all = other.replicas.withLock { $0 }
    replicas.withLock { $0 = all }
  }

  func caller(_ device: UniqueID, judge: PushJudge?) -> SyncCaller {
    let all = replicas.withLock { $0 }
    return SyncCaller(
      replicas: all[device] ?? [], judge: judge, scope: scope.withLock { $0 },
      isFree: { replica in !all.contains { $0.key != device && $0.value.contains(replica) } },
      adopt: { [self] replicas in for id in replicas { add(id, to: device) } })
  }
}

/// A way to a server in the same process: its bytes are those of the real one.
package struct DirectTransport: SyncTransport {
  private let server: Replica
  private let devices: TestDevices
  private let device: UniqueID
  private let judge: PushJudge?
  private let hook: @Sendable (TransportRequest) throws(TransportError) -> Bool

  /// - Parameter hook: sees each request before it arrives, and may throw it away; returns whether the
  ///   reply arrives.
  package init(
    to server: TestReplica, from laptop: TestReplica, isJudged: Bool = false,
    hook: @escaping @Sendable (TransportRequest) throws(TransportError) -> Bool = { _ in true }
  ) {
    self.server = server.replica
    devices = server.devices
    device = laptop.device
    judge = isJudged ? PushJudge(device: laptop.device, user: TestReplica.user) : nil
    self.hook = hook
  }

  package func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    let arrives = try hook(request)
    let reply = answer(request)
    if arrives { return reply }
    throw TransportError("the reply was lost")
  }

  private func answer(_ request: TransportRequest) -> TransportReply {
    let sync = ServerSync(replica: server)
    let caller = devices.caller(device, judge: judge)
    do {
      let body =
        request.path == SyncProtocolVersion.historiesPath
        ? try sync.compareHistories(request.body)
        : try sync.answer(request.body, from: caller)
      return reply(200, SyncProtocolVersion.contentType, body, to: request)
    } catch {
      return reply(error.status, "application/json", SyncCodec.encode(error), to: request)
    }
  }

  private func reply(
    _ status: Int, _ type: String, _ body: [UInt8], to request: TransportRequest
  ) -> TransportReply {
    TransportReply(
      status: status, headers: ["content-type": type, "satchel-protocol": "1"], body: body,
      bytesSent: request.body.count, bytesReceived: body.count)
  }
}
