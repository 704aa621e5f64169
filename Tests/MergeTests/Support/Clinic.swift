import Causality
import Clinic
import Documents
import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// A clock that stands where a test puts it.
final class TestClock: WallClock {
  private let time = Mutex<UInt64>(0)

  init(_ text: String) { set(text) }

  func now() -> UInt64 { time.withLock { $0 } }

  func set(_ text: String) { time.withLock { $0 = Timestamp.milliseconds(text) ?? $0 } }

  func advance(minutes: UInt64) { time.withLock { $0 += minutes * 60_000 } }
}

/// A replica on a real store, which goes away with it.
final class TestReplica {
  static let account = UniqueID(high: 0xacc0, low: 1)
  /// Who works on the laptops.
  static let user = UniqueID(high: 0x75e7, low: 1)

  let clock: TestClock
  let replica: Replica
  private let root: String

  /// - Parameter server: whose laptop this is; nil for a server.
  init(of server: TestReplica? = nil, clock: TestClock) throws {
    let role: Replica.Role = server == nil ? .server : .laptop
    let setup = try ReplicaSetup.system()
    let random = setup.world.random
    self.clock = clock
    root = "\(Host.environment("TMPDIR") ?? "/tmp")/satchel-merge-\(HexText.text(random.bytes(12)))"
    var identity = StoreIdentity(
      replica: setup.newID(), device: setup.newID(), account: Self.account, isLocalAccount: false)
    if let server {
      identity.enrolment = Enrolment(
        url: "", server: server.replica.id, user: Self.user, refreshToken: "",
        certificateFile: nil)
    }
    var environment = setup.environment
    environment.segmentByteCount = 1 << 16
    environment.keepsFeed = role == .server
    let store = try Store.create(at: root, identity: identity, environment: environment)
    var world = setup.world
    world.clock = clock
    replica = Replica(store: store, role: role, catalogue: .standard, world: world)
  }

  deinit {
    replica.store.close()
    try? POSIXFileSystem().removeTree(root)
  }

  var device: UniqueID { replica.store.identity.device }

  /// One complete push and pull, by the real sessions of both sides and their real bytes.
  func sync(with server: TestReplica) throws {
    let transport = DirectTransport(server: server.replica, caller: replica.id)
    _ = try LaptopSync(
      replica: replica, transport: transport, fileSystem: POSIXFileSystem()
    ).run()
  }
}

/// A way to a server in the same process.
private struct DirectTransport: SyncTransport {
  let server: Replica
  let caller: ReplicaID

  func send(_ request: TransportRequest) throws(TransportError) -> TransportReply {
    let body: [UInt8]
    do {
      body = try ServerSync(replica: server).answer(request.body, replicas: [caller])
    } catch {
      throw TransportError("\(error)")
    }
    return TransportReply(
      status: 200, headers: ["content-type": SyncProtocolVersion.contentType], body: body,
      bytesSent: request.body.count, bytesReceived: body.count)
  }
}
