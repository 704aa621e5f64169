import Documents
import Platform

/// Brings a store of an older format to the one that this program writes. The store as it was is kept
/// below `upgrade/`, so that one command goes back to it.
///
///     format 1    the feed in the index has no places in files
///     format 2    a server keeps the feed's documents in files of their own
///
/// Older files are read as they are, and written anew at the next checkpoint.
struct Upgrade {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// Keeps a copy of the store, then notes the new format. Durable on return; cut off, it is begun anew.
  /// Documents' files get a second name where the file system allows it, all else is copied.
  func run(_ identity: inout StoreIdentity) throws(StorageError) {
    let backup = BackupLayout(root: layout.upgrade, seal: environment.seal)
    let number = identity.format
    let reader = RecoveryReader(layout: layout, environment: environment)
    let manifest = try reader.readManifest()
    try translated { () throws(SystemError) in
      // A copy of an older format, from which nobody went back, is of no use any more.
      if try fileSystem.status(layout.upgrade) != nil { try fileSystem.removeTree(layout.upgrade) }
      try fileSystem.createDirectory(layout.upgrade)
      try fileSystem.synchronizeDirectory(layout.root)
    }
    let writer = BackupWriter(
      source: layout, backup: backup, environment: environment, number: number, previous: nil)
    let log = try reader.logBytes(from: manifest.position.segment)
    try writer.write(manifest, identity: identity, log: log)
    try backup.setCurrent(number, fileSystem)
    identity.format = StoreIdentity.currentFormat
    try IdentityFile(layout: layout, environment: environment).write(identity)
  }
}

extension Store {
  /// Drops the copy of the store in an older format, if there is one: there is no way back then.
  /// - Returns: whether there was one.
  package func forgetOlderFormat() throws(StorageError) -> Bool {
    try translated { () throws(SystemError) in
      guard try environment.fileSystem.status(layout.upgrade) != nil else { return false }
      try environment.fileSystem.removeTree(layout.upgrade)
      return true
    }
  }
}

/// What going back to an older format did.
package struct DowngradeReport: Sendable {
  /// The format that the store has now.
  package let format: Int
  /// A backup of the store as it was before: what was written since the upgrade is only there.
  package let kept: String
}

/// Goes back to the store as it was before an upgrade.
///
/// The caller has the store's lock. One that was cut off is finished by calling it again; the store
/// cannot be opened meanwhile.
package struct Downgrade {
  private let layout: StoreLayout
  private let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }
  private var older: BackupLayout { BackupLayout(root: layout.upgrade, seal: environment.seal) }

  package init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
  }

  /// Puts the older store in place. It takes a new replica id: the numbers of transactions that were
  /// written since must not be given again (DESIGN, rule 17). Durable on return.
  ///
  /// - Throws: `noStore` if no older one is kept; `corrupt`; `system`: call it again.
  package func run() throws(StorageError) -> DowngradeReport {
    guard let format = try older.currentNumber(fileSystem) else {
      throw StorageError(
        .noStore, path: layout.upgrade,
        problem: "no store of an older format is kept: there is nothing to go back to")
    }
    var identity = try IdentityFile(layout: layout, environment: environment).read()
    if identity.format != format {
      if try !isUnderWay() { try keepNewer(identity) }
      try replace(format)
      try finish(&identity, format)
    }
    try translated { () throws(SystemError) in
      if try fileSystem.status(layout.downgradeMark) != nil {
        try fileSystem.removeFile(layout.downgradeMark)
        try fileSystem.synchronizeDirectory(layout.upgrade)
      }
      try fileSystem.removeTree(layout.upgrade)
      try fileSystem.synchronizeDirectory(layout.root)
    }
    return DowngradeReport(format: format, kept: layout.undone)
  }

  /// From here on the store is the older one.
  private func finish(_ identity: inout StoreIdentity, _ format: Int) throws(StorageError) {
    identity.format = format
    identity.takeReplica(Store.newReplicaID(environment))
    identity.place = nil
    try IdentityFile(layout: layout, environment: environment).write(identity)
  }

  private func isUnderWay() throws(StorageError) -> Bool {
    try translated { () throws(SystemError) in
      try fileSystem.status(layout.downgradeMark) != nil
    }
  }

  /// Makes a backup of the store as it is, then notes that it is about to go.
  private func keepNewer(_ identity: StoreIdentity) throws(StorageError) {
    let newer = BackupLayout(root: layout.undone, seal: environment.seal)
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(layout.undone)
      try fileSystem.synchronizeDirectory(layout.root)
    }
    let previous = try newer.currentNumber(fileSystem)
    let number = (previous ?? 0) + 1
    let reader = RecoveryReader(layout: layout, environment: environment)
    let manifest = try reader.readManifest()
    let writer = BackupWriter(
      source: layout, backup: newer, environment: environment, number: number, previous: previous)
    try writer.write(
      manifest, identity: identity, log: try reader.logBytes(from: manifest.position.segment))
    try newer.setCurrent(number, fileSystem)
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(layout.downgradeMark, [])
    }
  }

  private func replace(_ format: Int) throws(StorageError) {
    let parts = [
      layout.log, layout.documents, layout.index, layout.history, layout.feed, layout.journal,
      layout.staged,
    ]
    try translated { () throws(SystemError) in
      for part in parts where try fileSystem.status(part) != nil { try fileSystem.removeTree(part) }
      if try fileSystem.status(layout.manifest) != nil {
        try fileSystem.removeFile(layout.manifest)
      }
      try fileSystem.copyTree(
        older.generation(format), to: layout.root, except: ["identity.json"])
      try fileSystem.createDirectory(layout.staged)
      let lock = try fileSystem.open(layout.lock, .readWrite)
      defer { lock.close() }
      try lock.truncate(to: 0)
      try fileSystem.synchronizeFileSystem(layout.root)
    }
  }
}
