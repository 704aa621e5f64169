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
  private let indexes: [StoreIndex]
  /// Counts what laptops seal; nil where they do not.
  let book: SaltBook?
  private let cryptography: Cryptography?

  /// - Parameters:
  ///   - pageByteCount: the size of the pages in which changes travel.
  ///   - book: counts what laptops seal; nil if they do not.
  init(_ system: ReplicaSetup, seed: UInt64, pageByteCount: Int = 1 << 20, book: SaltBook? = nil) {
    self.book = book
    cryptography = book.flatMap { _ in try? Cryptography.load() }
    self.pageByteCount = pageByteCount
    clinic = system.world.clinic
    digest = system.world.digest
    random = SimulatedRandom(seed: seed)
    indexes = ReplicaSetup.indexes(of: .standard)
  }

  func newID() -> UniqueID {
    guard let id = UniqueID(randomBytes: random.bytes(16)) else {
      preconditionFailure("sixteen bytes make an id")
    }
    return id
  }

  /// What a program knows that was not upgraded yet: one type of document less.
  private static let old = Catalogue(Catalogue.standard.types.filter { $0.name != "intake_form" })

  private static func catalogue(isOld: Bool) -> Catalogue { isOld ? old : .standard }

  func environment(
    _ disk: SimulatedFileSystem, _ role: Replica.Role, isOld: Bool = false
  ) -> StoreEnvironment {
    var environment = StoreEnvironment(
      fileSystem: disk, random: random, digest: digest, rules: Self.catalogue(isOld: isOld).rules,
      indexes: isOld ? ReplicaSetup.indexes(of: Self.old) : indexes)
    environment.machine = "simulated"
    environment.boot = "boot \(disk.powerCutCount)"
    environment.segmentByteCount = 1 << 15
    environment.keepsFeed = role == .server
    if role == .laptop, let book, let cryptography,
      let seal = CountedSeal(cryptography, random: random, book)
    {
      environment.seal = seal
    }
    return environment
  }

  /// Makes a store with nothing in it.
  func create(
    _ role: Replica.Role, on disk: SimulatedFileSystem, _ clock: NodeClock
  ) throws -> Replica {
    let identity = StoreIdentity(
      replica: newID(), device: newID(), account: Self.account, isLocalAccount: false)
    let store = try Store.create(
      at: Self.root, identity: identity, environment: environment(disk, role))
    return replica(store, role, clock)
  }

  func replica(
    _ store: Store, _ role: Replica.Role, _ clock: NodeClock, isOld: Bool = false
  ) -> Replica {
    let world = ReplicaWorld(clock: clock, random: random, digest: digest, clinic: clinic)
    let replica = Replica(
      store: store, role: role, catalogue: Self.catalogue(isOld: isOld), world: world)
    replica.pieces.documentCount = 3
    replica.pieces.pageByteCount = pageByteCount
    return replica
  }
}
