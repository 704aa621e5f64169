package import Causality
import Documents
package import Platform
import Synchronization

extension Store {
  /// Makes a backup of the store as it is now, in a directory that is new or holds earlier backups of
  /// it. Commits go on meanwhile; a checkpoint waits. What was committed before the call is in it.
  ///
  /// The backup before stays until the new one is complete and durable; then it goes. Without the
  /// device's credentials: whoever restores it enrols again.
  ///
  /// - Returns: how many documents are in it.
  /// - Throws: `system`; `corrupt` if a file of the store is damaged; `exists` if the directory holds
  ///   something else. The backup before is as it was.
  package func backup(to directory: String) throws(StorageError) -> Int {
    let backup = BackupLayout(root: directory, seal: environment.seal)
    let fileSystem = environment.fileSystem
    let previous = try previousNumber(backup)
    let number = (previous ?? 0) + 1
    try checkpointing.withLock { (_) throws(StorageError) in
      let reader = RecoveryReader(layout: layout, environment: environment)
      let manifest = try reader.readManifest()
      let log = try copyOfLog(from: manifest.position.segment)
      let writer = BackupWriter(
        source: layout, backup: backup, environment: environment, number: number,
        previous: previous)
      try writer.write(manifest, identity: identity, log: log)
    }
    let report = Verifier(layout: backup.store(number), environment: environment)
      .verify(identity: backup.identity(number))
    if let problem = report.problems.first {
      throw StorageError(
        .corrupt, path: problem.file, offset: problem.offset,
        problem: "\(problem.what): the backup was not made; run satchel verify")
    }
    try backup.setCurrent(number, fileSystem)
    if let previous {
      try translated { () throws(SystemError) in
        try fileSystem.removeTree(backup.generation(previous))
      }
    }
    return try read { (tables) throws(StorageError) in
      var count = 0
      for type in tables.typeNames { count += try tables.count(ofType: type) }
      return count
    }
  }

  /// Makes a backup beside earlier ones, inside the store, before an import that may have to be taken back.
  /// - Returns: its directory.
  /// - Throws: as `backup(to:)`.
  package func backup(before run: UniqueID) throws(StorageError) -> String {
    var number = 1
    while try isThere(layout.backup(before: run, number)) { number += 1 }
    let directory = layout.backup(before: run, number)
    _ = try backup(to: directory)
    return directory
  }

  private func isThere(_ path: String) throws(StorageError) -> Bool {
    try translated { () throws(SystemError) in try environment.fileSystem.status(path) != nil }
  }

  private func previousNumber(_ backup: BackupLayout) throws(StorageError) -> Int? {
    let fileSystem = environment.fileSystem
    let names = try translated { () throws(SystemError) in
      try fileSystem.createDirectory(backup.root)
      return try fileSystem.contents(ofDirectory: backup.root)
    }
    let previous = try backup.currentNumber(fileSystem)
    let isOurs = names.allSatisfy { Int($0) != nil || $0.hasPrefix("backup.json") }
    guard previous != nil || names.isEmpty || isOurs else {
      throw StorageError(
        .exists, path: backup.root, problem: "holds something else; name an empty directory")
    }
    return previous
  }

  /// The log as it is now: what stands in it is durable.
  private func copyOfLog(
    from first: UInt64
  ) throws(StorageError) -> [(number: UInt64, bytes: [UInt8])] {
    try log.withLock { (_) throws(StorageError) in
      try RecoveryReader(layout: layout, environment: environment).logBytes(from: first)
    }
  }
}

extension RecoveryReader {
  /// A record may end with zeros, but not with so many.
  private static let longestZeros = 4096

  /// The segments from one on, without most of the zeros at their ends.
  func logBytes(
    from first: UInt64
  ) throws(StorageError) -> [(number: UInt64, bytes: [UInt8])] {
    try translated { () throws(SystemError) in
      var segments: [(number: UInt64, bytes: [UInt8])] = []
      let names = try fileSystem.contents(ofDirectory: layout.log)
      for number in names.compactMap(StoreLayout.segmentNumber).sorted() where number >= first {
        let bytes = try fileSystem.readFile(layout.segment(number), maximumByteCount: .max)
        let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 + Self.longestZeros } ?? 0
        segments.append((number, Array(bytes.prefix(end))))
      }
      return segments
    }
  }
}

extension Store {
  /// Makes a store from a backup, in a directory that holds none. It takes a new replica id: the store
  /// that the backup was taken from may have gone on writing (DESIGN, rule 17). Durable on return.
  ///
  /// - Parameter backup: a directory that `backup(to:)` has written.
  /// - Returns: the identity of the new store.
  /// - Throws: `exists` if a store is there; `noStore` if no backup is there; `corrupt`; `system`.
  package static func restore(
    backup directory: String, to root: String, environment: StoreEnvironment
  ) throws(StorageError) -> StoreIdentity {
    let backup = BackupLayout(root: directory, seal: environment.seal)
    let layout = StoreLayout(root: root, seal: environment.seal)
    let fileSystem = environment.fileSystem
    guard let number = try backup.currentNumber(fileSystem) else {
      throw StorageError(
        .noStore, path: directory, problem: "holds no backup; satchel backup makes one")
    }
    let occupied = try translated { () throws(SystemError) in
      try fileSystem.createDirectory(root)
      return try !fileSystem.contents(ofDirectory: root).isEmpty
    }
    if occupied {
      throw StorageError(.exists, path: root, problem: "is not empty; name a new directory")
    }
    let bytes = try translated { () throws(SystemError) in
      try fileSystem.readFile(backup.identity(number))
    }
    var identity = try StoreIdentity(
      parsing: bytes, path: backup.identity(number), seal: environment.seal)
    identity.takeReplica(newReplicaID(environment))
    try translated { () throws(SystemError) in
      try fileSystem.copyTree(backup.generation(number), to: root, except: ["identity.json"])
      for directory in [layout.log, layout.documents, layout.staged] {
        try fileSystem.createDirectory(directory)
      }
      try fileSystem.synchronizeFileSystem(root)
    }
    try IdentityFile(layout: layout, environment: environment).write(identity)
    return identity
  }

  /// Where the backup is that counts; nil if a directory holds none.
  package static func backupDirectory(
    of directory: String, fileSystem: any FileSystem
  ) throws(StorageError) -> String? {
    let backup = BackupLayout(root: directory, seal: NoSeal())
    return try backup.currentNumber(fileSystem).map(backup.generation)
  }

  static func newReplicaID(_ environment: StoreEnvironment) -> ReplicaID {
    guard let replica = UniqueID(randomBytes: environment.random.bytes(16)) else {
      preconditionFailure("a random source gave another number of bytes")
    }
    return replica
  }
}
