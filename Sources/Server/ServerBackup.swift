import Causality
import Platform
import Replica
import Storage

/// Backups of a whole server: the accounts' stores and the registry.
extension ServerData {
  private struct BackupNames {
    let root: String
    var registry: String { "\(root)/registry.json" }
    var deviceKey: String { "\(root)/device.key" }
    func account(_ id: UniqueID) -> String { "\(root)/accounts/\(id)" }
  }

  /// Makes a backup in a directory that is new or holds earlier backups of this server. Durable on return;
  /// the server may answer laptops meanwhile.
  /// - Returns: how many documents are in it.
  package func backup(to directory: String) throws(ServerError) -> Int {
    let names = BackupNames(root: directory)
    try onSystem { () throws(SystemError) in
      try fileSystem.createDirectory("\(directory)/accounts")
      // First the registry: a device that enrols meanwhile enrols again after a restore.
      try fileSystem.writeFileDurably(names.registry, read(\.bytes))
      let key = try fileSystem.readFile(layout.deviceKey)
      try fileSystem.writeFileDurably(names.deviceKey, key)
    }
    var count = 0
    for account in read(\.accounts) {
      let store = try replica(of: account.id).store
      count += try onReplica { () throws(ReplicaError) in
        do throws(StorageError) { return try store.backup(to: names.account(account.id)) } catch {
          throw .storage(error)
        }
      }
    }
    return count
  }

  /// Fills this data directory, which must hold no account, from a backup. Every store takes a new replica
  /// id, keeps the identity by which laptops know it, and takes back from them what is newer (DESIGN, rules
  /// 17 and 18). Durable on return.
  /// - Parameter resets: whether laptops keep aside what is newer instead of giving it back.
  /// - Returns: how many accounts there are.
  package func restore(
    backup directory: String, resets: Bool = false
  ) throws(ServerError) -> Int {
    let names = BackupNames(root: directory)
    guard read(\.accounts.isEmpty) else {
      throw .refused("\(layout.root) holds accounts already; name an empty data directory")
    }
    let bytes = try onSystem { () throws(SystemError) in try fileSystem.readFile(names.registry) }
    guard let registry = Registry(bytes) else { throw .corrupt(path: names.registry) }
    for account in registry.accounts {
      try onReplica { () throws(ReplicaError) in
        _ = try setup.restore(
          backup: names.account(account.id), to: layout.account(account.id))
        let replica = try setup.open(layout.account(account.id), role: .server)
        defer { replica.store.close() }
        if resets { try replica.reset() } else { try replica.setRecovery(isOpen: true) }
      }
    }
    try onSystem { () throws(SystemError) in
      let key = try fileSystem.readFile(names.deviceKey)
      try fileSystem.writeFileDurably(layout.deviceKey, key)
      useDeviceKey(key)
    }
    try update { (current) throws(ServerError) in current = registry }
    return registry.accounts.count
  }
}
