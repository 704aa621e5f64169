import Causality
import Clinic
import Documents
import Platform
import Replica
import Simulation
import Storage

/// One machine of the clinic: a replica on a disk of its own, and what the checker saw of it last.
final class Node {
  let name: String
  let role: Replica.Role
  let clock: NodeClock
  private(set) var disk: SimulatedFileSystem
  private(set) var replica: Replica
  private let machine: Machine
  /// Whether nothing comes through between it and the server.
  var isCutOff = false
  var copy: Copy?
  /// The server's devices when it made its last backup; of a laptop only whether it has one.
  var devicesInBackup: Devices.Kept?
  var seen = Sight()
  /// What it was before it was repaired in this step.
  var seenBeforeRepair: Sight?
  var isFull = false
  /// Whether its disk may make any call fail now.
  var isFailing: Bool { disk.isDead || isFull || isArmed || failingRead != nil }
  /// Whether a failure was planned that has not come yet.
  var isArmed = false
  /// Which read of its next step fails.
  var failingRead: Int?
  /// Whether a bit of a file has flipped since it was last found whole.
  var isDamaged = false
  /// Documents that its repair could not heal: the next sync brings them.
  var lacking: Set<DocumentKey> = []
  /// Whether it was ever put back to an older state, or is a copy.
  var hasGoneBack = false
  /// Whether its program was not upgraded yet.
  var isOld = false

  /// Opens the store that is on a disk.
  init(
    _ name: String, _ role: Replica.Role, _ disk: SimulatedFileSystem, _ clock: NodeClock,
    _ machine: Machine
  ) throws {
    (self.name, self.role, self.disk, self.clock, self.machine) = (name, role, disk, clock, machine)
    replica = try Self.open(disk, role, clock, machine, isOld: false)
  }

  var device: UniqueID { replica.store.identity.device }

  private static func open(
    _ disk: SimulatedFileSystem, _ role: Replica.Role, _ clock: NodeClock, _ machine: Machine,
    isOld: Bool
  ) throws -> Replica {
    let store = try Store.open(
      at: Machine.root, environment: machine.environment(disk, role, isOld: isOld))
    return machine.replica(store, role, clock, isOld: isOld)
  }

  /// Goes on with another disk, or with its own as another process finds it.
  func start(on disk: SimulatedFileSystem) throws {
    self.disk = disk
    (isArmed, isFull, failingRead) = (false, false, nil)
    disk.forgetCalls()
    disk.limit(bytes: .max)
    replica = try Self.open(disk, role, clock, machine, isOld: isOld)
  }

  /// Its damage is found, and healed as far as it goes without others; it is started again.
  func repair() throws {
    replica.store.close()
    let disk = disk.afterKill()
    disk.limit(bytes: .max)
    let environment = machine.environment(disk, role, isOld: isOld)
    let report = try Store.withLock(
      at: Machine.root, fileSystem: disk, seal: environment.seal
    ) {
      (layout) throws(StorageError) in
      try Repairer(layout: layout, environment: environment).repair()
    }
    lacking.formUnion(report.lost)
    isDamaged = false
    try start(on: disk)
  }

  /// The program ends in good order and is started again.
  func restart() throws {
    replica.store.close()
    try start(on: disk.afterKill())
  }

  /// The program is killed and started again.
  func kill() throws { try start(on: disk.afterKill()) }

  /// The power fails, and the program is started again.
  func cutPower(_ fate: Fate) throws { try start(on: disk.afterCrash(fate: fate)) }
}

/// A copy of a disk; a server's holds its devices too.
struct Copy {
  let disk: SimulatedFileSystem
  let devices: Devices.Kept
  let isDamaged: Bool
  let lacking: Set<DocumentKey>
}

extension Node {
  /// The paths of the files of its store; a backup goes when the next one is made.
  var files: [String] {
    disk.listing().compactMap { line in
      let name = line.split(separator: " ").first.map(String.init) ?? ""
      return name.hasSuffix("/") || !name.hasPrefix("\(Machine.root)/") ? nil : name
    }
  }

  /// The documents that are there and not in the trash.
  func livingDocuments() throws -> Set<DocumentKey> {
    let keys = seen.documents.keys.sorted()
    return try replica.looking { (clinic) throws(ReplicaError) in
      Set(
        keys.filter { key in clinic.subject(key).map { !clinic.isDeleted($0.document) } ?? false })
    }
  }
}

/// What a replica held when the checker looked last.
struct Sight {
  var documents: [DocumentKey: Document] = [:]
  /// The last arrival that was looked at.
  var head: UInt64 = 0
  var history: History?
  /// The nonces of all transactions that it knew: names of transactions that never change.
  var held: Set<UInt64> = []
}
