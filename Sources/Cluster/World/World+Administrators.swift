import Causality
import Documents
import JSON
import Platform
import Replica
import Simulation
import Storage

/// What administrators do.
extension World {
  /// At one machine.
  func administer(_ action: Action, _ node: Node) throws {
    switch action {
    case .copy:
      node.copy = Copy(
        disk: node.disk.afterKill(), devices: devices.kept, isDamaged: node.isDamaged,
        lacking: node.lacking)
    case .goBack: try goBack(node)
    case .clone: try clone(node)
    case .backUp: try backUp(node)
    case .restoreBackup:
      guard try restoreBackup(node), node === server else { return }
      try server.replica.setRecovery(isOpen: true)
    case .upgrade: try upgrade(node)
    default: try newLaptop()
    }
  }

  /// At the server.
  func administerServer(_ action: Action, _ node: Node) throws {
    switch action {
    case .openRecovery: try server.replica.setRecovery(isOpen: true)
    case .closeRecovery: try server.replica.setRecovery(isOpen: false)
    case .retire:
      retired.insert(node.replica.id)
      try server.replica.retire(node.replica.id)
    case .undo: try undo()
    case .emptyServer: try emptyServer()
    default: try revoke(node)
    }
  }

  // MARK: - Copies of disks

  private func goBack(_ node: Node) throws {
    guard let copy = node.copy else { return }
    try node.start(on: copy.disk.afterKill())
    (node.isDamaged, node.lacking) = (copy.isDamaged, copy.lacking)
    node.devicesInBackup = nil
    if node === server { noteServerGoneBack(copy.devices) }
    checker.noteGoneBack(node)
  }

  private func noteServerGoneBack(_ kept: Devices.Kept) {
    devices = Devices(kept)
    hasServerGoneBack = true
  }

  /// So many machines there are at most.
  private static let mostNodes = 9

  private func clone(_ node: Node) throws {
    guard nodes.count < Self.mostNodes else { return }
    let disk = (node.copy?.disk ?? node.disk).afterKill()
    // What is full is the disk that was copied.
    disk.limit(bytes: .max)
    let name = "laptop \(nextName()) (copy of \(node.name))"
    let clone = try add(name, .laptop, disk)
    clone.isDamaged = node.copy?.isDamaged ?? node.isDamaged
    clone.lacking = node.copy?.lacking ?? node.lacking
    checker.noteNew(clone)
  }

  // MARK: - Backups

  private static let backup = "/backup"

  private func backUp(_ node: Node) throws {
    note("\(try node.replica.store.backup(to: Self.backup)) documents")
    node.devicesInBackup = devices.kept
  }

  /// - Returns: whether there was a backup.
  private func restoreBackup(_ node: Node) throws -> Bool {
    guard let kept = node.devicesInBackup else { return false }
    let disk = node.disk.afterKill()
    disk.limit(bytes: .max)
    try disk.removeTree(Machine.root)
    _ = try Store.restore(
      backup: Self.backup, to: Machine.root, environment: machine.environment(disk, node.role))
    try node.start(on: disk)
    (node.isDamaged, node.lacking) = (false, [])
    if node === server { noteServerGoneBack(kept) }
    checker.noteGoneBack(node)
    return true
  }

  private func undo() throws {
    guard try restoreBackup(server) else { return }
    try server.replica.reset()
  }

  // MARK: - Servers and devices

  /// As `account create --id` makes it.
  private func emptyServer() throws {
    let disk = SimulatedFileSystem(seed: machine.newID().low)
    try machine.create(.server, on: disk, server.clock).store.close()
    try server.start(on: disk)
    noteServerGoneBack(Devices.Kept())
    checker.noteGoneBack(server)
    server.devicesInBackup = nil
    try server.replica.setRecovery(isOpen: true)
  }

  private func newLaptop() throws {
    guard nodes.count < Self.mostNodes else { return }
    let disk = SimulatedFileSystem(seed: machine.newID().low)
    let clock = NodeClock(now: now)
    try machine.create(.laptop, on: disk, clock).store.close()
    checker.noteNew(try add("laptop \(nextName())", .laptop, disk))
  }

  /// A laptop whose server is another one by now, or that has lost its credentials, is enrolled by its
  /// user; one whose server was set back finds that out by itself.
  func enrolIfNeeded(_ laptop: Node) throws(ReplicaError) {
    let (id, known) = (server.replica.serverID, laptop.replica.store.identity.enrolment?.server)
    let isKnown = devices.knows(laptop.device)
    if isKnown, let known, known == id || wasServer(known) { return }
    note("\(laptop.name) is enrolled")
    do { try laptop.replica.store.updateIdentity { $0.enrolment = .simulated(server: id) } } catch {
      throw .storage(error)
    }
    for former in devices.replicas(of: laptop.device) where former != laptop.replica.id {
      retired.insert(former)
      try server.replica.retire(former)
    }
    devices.add(laptop.replica.id, to: laptop.device)
  }

  /// Whether laptops knew the server by an identity before it was set back.
  func wasServer(_ id: UniqueID) -> Bool {
    server.replica.read { Replica.formerServers($0.registers) }.contains(id)
  }

  private func revoke(_ laptop: Node) throws {
    // Copies of it are the same device.
    let left = laptops.filter { $0.device != laptop.device && !devices.isRevoked($0.device) }
    guard left.count >= Schedule.laptopCounts.lowerBound, devices.knows(laptop.device) else {
      return
    }
    devices.revoke(laptop.device)
    for replica in devices.replicas(of: laptop.device) {
      retired.insert(replica)
      try server.replica.retire(replica)
    }
  }

  // MARK: - Programs

  private func upgrade(_ node: Node) throws {
    guard node.isOld else { return }
    node.isOld = false
    try node.restart()
    checker.noteRestart(node)
  }

  /// Takes the laptops' user the right to write, or gives it back.
  func changeRights(_ dice: inout Dice) throws {
    let status = dice.pick(["active", "active", "inactive", "suspended"])
    note(status)
    checker.noteWriter(server, isKnowing: true)
    try server.replica.transact { (transaction) throws(ReplicaError) in
      let key = SmallClinic.key("user", 1)
      guard let user = try transaction.document(key) else { return }
      var fields = transaction.fields(user)
      fields["status"] = .string(status)
      try transaction.set(key, to: fields)
    }
  }
}
