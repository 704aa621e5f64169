package import Causality
package import Clinic
import Documents
package import Platform
package import Storage

/// Opens and makes stores: the wiring that all programs share.
package struct ReplicaSetup: Sendable {
  package let fileSystem: any FileSystem
  package let catalogue: Catalogue
  package let world: ReplicaWorld
  /// Opens laptops' sealed stores.
  package var passphrases: any PassphraseSource = NoPassphrases()
  /// What a person gave already to open one; nil if `passphrases` is to be asked.
  package var secret: StoreSecret?

  package init(fileSystem: any FileSystem, catalogue: Catalogue, world: ReplicaWorld) {
    self.fileSystem = fileSystem
    self.catalogue = catalogue
    self.world = world
  }

  /// The real disk, clock and random source.
  /// - Throws: if a library of the system is missing; the error says which.
  package static func system() throws(LibraryError) -> ReplicaSetup {
    let cryptography = try Cryptography.load()
    let zones = TimeZones()
    let clinic = ClinicFunctions(
      sha1: cryptography.sha1, sha256: cryptography.sha256, nfc: Text.nfc,
      caseFolded: Text.caseFolded,
      utcOffsetSeconds: { zones.utcOffsetSeconds(zone: $0, at: $1) },
      zoneDataVersion: zones.dataVersion)
    let world = ReplicaWorld(
      clock: SystemClock(), random: SystemRandom(), digest: cryptography.sha256, clinic: clinic)
    return ReplicaSetup(fileSystem: POSIXFileSystem(), catalogue: .standard, world: world)
  }

  private func environment(_ role: Replica.Role, _ seal: any Seal) -> StoreEnvironment {
    var environment = environment
    environment.seal = seal
    guard role == .server else { return environment }
    environment.keepsFeed = true
    // A server has many stores, most of them small.
    environment.segmentByteCount = 1 << 20
    return environment
  }

  package var environment: StoreEnvironment {
    var environment = StoreEnvironment(
      fileSystem: fileSystem, random: world.random, digest: world.digest, rules: catalogue.rules,
      indexes: Self.indexes(of: catalogue))
    environment.boot = Host.bootID()
    environment.machine = Host.machineID() ?? ""
    environment.preparesSegments = true
    return environment
  }

  /// All indexes that a replica uses.
  package static func indexes(of catalogue: Catalogue) -> [StoreIndex] {
    ClinicIndex.all + ListIndex.indexes(of: catalogue)
  }

  package func newID() -> UniqueID {
    guard let id = UniqueID(randomBytes: world.random.bytes(16)) else {
      preconditionFailure("a random source gave another number of bytes")
    }
    return id
  }

  /// Makes a store with a new identity. Durable on return.
  package func create(
    _ path: String, account: UniqueID, isLocalAccount: Bool, role: Replica.Role
  ) throws(ReplicaError) -> Replica {
    try stored { () throws(StorageError) in
      try Store.preparePlain(at: path, fileSystem: fileSystem)
    }
    return try create(
      path, account: account, isLocalAccount: isLocalAccount, role: role, seal: NoSeal())
  }

  /// Makes a store under a seal of which the caller keeps the key. Durable on return.
  package func create(
    _ path: String, account: UniqueID, isLocalAccount: Bool, role: Replica.Role, seal: any Seal
  ) throws(ReplicaError) -> Replica {
    let identity = StoreIdentity(
      replica: newID(), device: newID(), account: account, isLocalAccount: isLocalAccount)
    let store = try stored { () throws(StorageError) in
      try Store.create(at: path, identity: identity, environment: environment(role, seal))
    }
    return Replica(store: store, role: role, catalogue: catalogue, world: world)
  }

  /// Opens a store. A laptop's that is damaged is opened for reading; a server takes no part with such
  /// a one.
  package func open(_ path: String, role: Replica.Role) throws(ReplicaError) -> Replica {
    let seal = try stored { () throws(StorageError) in
      role == .laptop ? try self.seal(of: path) : NoSeal()
    }
    return try open(path, role: role, seal: seal)
  }

  /// Opens a store under a seal that the caller knows.
  package func open(
    _ path: String, role: Replica.Role, seal: any Seal
  ) throws(ReplicaError) -> Replica {
    let store = try stored { () throws(StorageError) in
      try Store.open(
        at: path, environment: environment(role, seal),
        ifNotWritable: role == .laptop ? .openForReading : .refuse)
    }
    return Replica(store: store, role: role, catalogue: catalogue, world: world)
  }

  /// Checks every file and log record of a store that nobody owns.
  package func verify(_ path: String) throws(ReplicaError) -> VerificationReport {
    try stored { () throws(StorageError) in
      let environment = environment(.laptop, try seal(of: path))
      return try Store.withLock(at: path, fileSystem: fileSystem, seal: environment.seal) {
        layout in
        Verifier(layout: layout, environment: environment).verify()
      }
    }
  }

  /// Makes a store from a backup. Durable on return.
  package func restore(backup: String, to path: String) throws(ReplicaError) -> StoreIdentity {
    try stored { () throws(StorageError) in
      let generation = try Store.backupDirectory(of: backup, fileSystem: fileSystem)
      let seal = try generation.map { (path) throws(StorageError) in try keySeal(of: path) }
      return try Store.restore(
        backup: backup, to: path, environment: environment(.laptop, seal ?? NoSeal()))
    }
  }

  /// Goes back to a store as it was before its format was brought up to date. Nobody may own it. Durable
  /// on return.
  package func downgrade(_ path: String) throws(ReplicaError) -> DowngradeReport {
    try stored { () throws(StorageError) in
      let environment = environment(.laptop, try seal(of: path))
      return try Store.withLock(at: path, fileSystem: fileSystem, seal: environment.seal) {
        (layout) throws(StorageError) in
        try Downgrade(layout: layout, environment: environment).run()
      }
    }
  }

  /// Heals a damaged store that nobody owns. Durable on return.
  package func repair(_ path: String) throws(ReplicaError) -> RepairReport {
    try stored { () throws(StorageError) in
      let environment = environment(.laptop, try seal(of: path))
      return try Store.withLock(at: path, fileSystem: fileSystem, seal: environment.seal) {
        (layout) throws(StorageError) in
        try Repairer(layout: layout, environment: environment).repair()
      }
    }
  }
}
