import Causality
import Documents
import Platform

/// Writes a backup from the files of a store that do not change meanwhile.
///
/// Documents' files are never written in place: they get a second name where the file system allows
/// it, from the store or from the backup before, and are copied else. Everything else is copied.
struct BackupWriter {
  let source: StoreLayout
  let backup: BackupLayout
  let environment: StoreEnvironment
  let number: Int
  /// The backup before this one.
  let previous: Int?

  private var fileSystem: any FileSystem { environment.fileSystem }
  private var target: StoreLayout { backup.store(number) }

  /// Durable on return, but not yet the backup that counts.
  /// - Parameter log: the bytes of the segments that the manifest does not cover.
  func write(
    _ manifest: Manifest, identity: StoreIdentity, log: [(number: UInt64, bytes: [UInt8])]
  ) throws(StorageError) {
    try translated { () throws(SystemError) in
      try fileSystem.removeTree(target.root)
      for directory in [target.log, target.documents] { try fileSystem.createDirectory(directory) }
    }
    for segment in log { try put(segment.bytes, target.segment(segment.number)) }
    try put(withoutSecrets(identity).bytes(environment.seal), backup.identity(number))
    for (path, copy) in [(source.keys, target.keys), (source.keysCopy, target.keysCopy)] {
      let status = try translated { () throws(SystemError) in try fileSystem.status(path) }
      if status != nil { try self.copy(path, to: copy) }
    }
    if manifest.isCheckpoint { try writeCheckpoint(manifest) }
    try translated { () throws(SystemError) in
      try fileSystem.synchronizeFileSystem(target.root)
    }
  }

  /// Credentials never leave the place that they were given to (DESIGN, rule 25).
  private func withoutSecrets(_ identity: StoreIdentity) -> StoreIdentity {
    var identity = identity
    identity.enrolment = nil
    identity.place = nil
    return identity
  }

  private func writeCheckpoint(_ manifest: Manifest) throws(StorageError) {
    let segment = manifest.position.segment
    try translated { () throws(SystemError) in
      for directory in [target.index, target.history] { try fileSystem.createDirectory(directory) }
    }
    try copy(source.manifest, to: target.manifest)
    try copy(source.index(segment), to: target.index(segment))
    try copy(source.history(segment), to: target.history(segment))
    if let journal = manifest.journal {
      try translated { () throws(SystemError) in try fileSystem.createDirectory(target.journal) }
      try copy(source.journal(journal.number), to: target.journal(journal.number))
    }
    let index = try IndexSnapshot(source.index(segment), environment)
    let older = previousIndex()
    for type in index.typeNames {
      var place = 0
      while true {
        let entries = try index.entries(ofType: type, from: place, limit: 512)
        if entries.isEmpty { break }
        for entry in entries {
          try take(DocumentKey(type: type, id: entry.id), entry.file, older)
        }
        place += entries.count
      }
    }
  }

  private func previousIndex() -> IndexSnapshot? {
    guard let previous else { return nil }
    let reader = RecoveryReader(layout: backup.store(previous), environment: environment)
    return (try? reader.readManifest()).flatMap { try? reader.index($0) }
  }

  private func take(
    _ key: DocumentKey, _ image: FileImage, _ older: IndexSnapshot?
  ) throws(StorageError) {
    let path = target.file(of: key)
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(target.directory(of: key))
    }
    if isLinked(source.file(of: key), to: path) { return }
    if let previous, let old = try? older?.entry(key), old.file == image,
      isLinked(backup.store(previous).file(of: key), to: path)
    {
      return
    }
    try copy(source.file(of: key), to: path)
  }

  private func isLinked(_ path: String, to other: String) -> Bool {
    (try? fileSystem.link(path, to: other)) != nil
  }

  private func copy(_ path: String, to other: String) throws(StorageError) {
    let bytes = try translated { () throws(SystemError) in
      try fileSystem.readFile(path, maximumByteCount: .max)
    }
    try put(bytes, other)
  }

  private func put(_ bytes: [UInt8], _ path: String) throws(StorageError) {
    try translated { () throws(SystemError) in
      let file = try fileSystem.open(path, .createNew)
      defer { file.close() }
      try file.write(bytes, at: 0)
    }
  }
}
