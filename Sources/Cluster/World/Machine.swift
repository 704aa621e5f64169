import Causality
import Clinic
import Documents
import Platform
import Replica
import Simulation
import Storage

/// What all simulated machines share: the digests and tables of the system, and chance in place of its
/// random source.
struct Machine: Sendable {
  static let root = "/store"
  static let account = UniqueID(high: 0xacc0, low: 1)

  let clinic: ClinicFunctions
  let digest: Digest
  let random: SimulatedRandom
  private let pageByteCount: Int
  private let rules: MergeRules
  private let indexes: [StoreIndex]

  /// - Parameter pageByteCount: the size of the pages in which changes travel.
  init(_ system: ReplicaSetup, seed: UInt64, pageByteCount: Int = 1 << 20) {
    self.pageByteCount = pageByteCount
    clinic = system.world.clinic
    digest = system.world.digest
    random = SimulatedRandom(seed: seed)
    rules = Catalogue.standard.rules
    indexes = ReplicaSetup.indexes(of: .standard)
  }

  func newID() -> UniqueID {
    guard let id = UniqueID(randomBytes: random.bytes(16)) else {
      preconditionFailure("sixteen bytes make an id")
    }
    return id
  }

  func environment(_ disk: SimulatedFileSystem, _ role: Replica.Role) -> StoreEnvironment {
    var environment = StoreEnvironment(
      fileSystem: disk, random: random, digest: digest, rules: rules, indexes: indexes)
    environment.machine = "simulated"
    environment.boot = "boot \(disk.powerCutCount)"
    environment.segmentByteCount = 1 << 15
    environment.keepsFeed = role == .server
    return environment
  }

  func replica(_ store: Store, _ role: Replica.Role, _ clock: NodeClock) -> Replica {
    let world = ReplicaWorld(clock: clock, random: random, digest: digest, clinic: clinic)
    let replica = Replica(store: store, role: role, catalogue: .standard, world: world)
    replica.pieces.documentCount = 3
    replica.pieces.pageByteCount = pageByteCount
    return replica
  }
}
