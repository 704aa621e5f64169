import Causality
import Documents
import JSON
import Platform

/// Writes a store anew under another seal: sealed, or so that anybody can read it.
///
/// Everything is written into `resealed/` first; then a mark there says that it is complete, and from then on the
/// store is the new one, whatever interrupts: `ResealedStore.takePlace` puts it in place. The files of before are
/// removed, not overwritten: a disk may keep their blocks until it uses them again.
package struct Resealer {
  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private let target: StoreLayout
  private let newEnvironment: StoreEnvironment
  private let ring: KeyRing?

  /// - Parameters:
  ///   - environment: with the seal that the store has.
  ///   - seal: the one that it gets.
  ///   - ring: what opens that; nil if nothing needs to.
  package init(
    root: String, environment: StoreEnvironment, to seal: any Seal, _ ring: KeyRing?
  ) {
    layout = StoreLayout(root: root, seal: environment.seal)
    target = StoreLayout(root: layout.resealed, seal: seal)
    self.environment = environment
    var new = environment
    new.seal = seal
    newEnvironment = new
    self.ring = ring
  }

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// The caller has the store's lock, and calls `ResealedStore.takePlace` next. Durable on return. O(store).
  ///
  /// - Throws: `corrupt` if anything is damaged: repair the store first; `system`. The store is as it was.
  package func run() throws(StorageError) {
    try requireWhole()
    try translated { () throws(SystemError) in
      try fileSystem.removeTree(target.root)
      try fileSystem.createDirectory(target.root)
      try fileSystem.synchronizeDirectory(layout.root)
    }
    let identity = try IdentityFile(layout: layout, environment: environment).read()
    try IdentityFile(layout: target, environment: newEnvironment).write(identity)
    if let ring { try KeyFile(layout: target, fileSystem: fileSystem).write(ring) }
    try StoreCopy(from: layout, environment, to: target, newEnvironment).write()
    for part in ResealedStore.looseParts { try reseal(part) }
    for path in try backups() { try reseal(backup: path) }
    try translated { () throws(SystemError) in
      try fileSystem.synchronizeFileSystem(target.root)
    }
    try ResealedStore(layout: layout, fileSystem: fileSystem).complete()
  }

  /// A damaged piece could not be sealed as what it was.
  private func requireWhole() throws(StorageError) {
    let report = Verifier(layout: layout, environment: environment).verify()
    guard let problem = report.problems.first else { return }
    throw StorageError(
      .corrupt, path: problem.file, offset: problem.offset,
      problem: "\(problem.what); nothing was changed: satchel verify --repair heals it")
  }

  /// A file, or a directory of files, each sealed as a whole.
  private func reseal(_ name: String) throws(StorageError) {
    for path in try files(below: "\(layout.root)/\(name)") {
      let place = layout.name(of: path)
      let bytes = try translated { () throws(SystemError) in
        try fileSystem.readFile(path, maximumByteCount: .max)
      }
      let content = try environment.seal.content(of: bytes, as: .file(place), path: path)
      try write(try newEnvironment.seal.sealed(content, as: .file(place)), place)
    }
  }

  private func write(_ bytes: [UInt8], _ place: String) throws(StorageError) {
    let path = "\(target.root)/\(place)"
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(parentDirectory(of: path))
      let file = try fileSystem.open(path, .createNew)
      defer { file.close() }
      try file.write(bytes, at: 0)
    }
  }

  /// The files in a tree but those that are being written.
  private func files(below path: String) throws(StorageError) -> [String] {
    guard let status = try translated({ () throws(SystemError) in try fileSystem.status(path) })
    else { return [] }
    guard status.kind == .directory else { return [path] }
    let names = try translated { () throws(SystemError) in
      try fileSystem.contents(ofDirectory: path)
    }
    var files: [String] = []
    for name in names where !name.hasSuffix(temporaryFileSuffix) {
      files += try self.files(below: "\(path)/\(name)")
    }
    return files
  }

  // MARK: - Backups inside the store

  /// Where they are, from the store's root on.
  private func backups() throws(StorageError) -> [String] {
    let before = layout.name(
      of: parentDirectory(of: layout.backup(before: UniqueID(high: 0, low: 0), 1)))
    let names = try translated { () throws(SystemError) in
      try fileSystem.status("\(layout.root)/\(before)") == nil
        ? [] : try fileSystem.contents(ofDirectory: "\(layout.root)/\(before)")
    }
    return names.map { "\(before)/\($0)" } + [layout.name(of: layout.undone)]
  }

  /// Only the one that counts: what else is there was not finished.
  private func reseal(backup name: String) throws(StorageError) {
    let old = BackupLayout(root: "\(layout.root)/\(name)", seal: environment.seal)
    let new = BackupLayout(root: "\(target.root)/\(name)", seal: newEnvironment.seal)
    guard let number = try old.currentNumber(fileSystem) else { return }
    do throws(StorageError) {
      try StoreCopy(from: old.store(number), environment, to: new.store(number), newEnvironment)
        .write()
    } catch {
      guard error.code == .corrupt else { throw error }
      throw StorageError(
        .corrupt, path: error.path, offset: error.offset,
        problem:
          "\(error.problem): a backup from before an import or an upgrade is damaged; nothing "
          + "was changed: remove \(old.root), then try again")
    }
    let bytes = try translated { () throws(SystemError) in
      try fileSystem.readFile(old.identity(number))
    }
    // It has no enrolment, so nothing secret.
    try write(bytes, target.name(of: new.identity(number)))
    if let ring {
      try KeyFile(layout: new.store(number), fileSystem: fileSystem).write(ring)
    }
    try new.setCurrent(number, fileSystem)
  }
}

/// Writes what a store's directory adds up to into another one, under another seal. Not durable on return.
struct StoreCopy {
  private let source: StoreLayout
  private let sourceEnvironment: StoreEnvironment
  private let target: StoreLayout
  private let environment: StoreEnvironment

  init(
    from source: StoreLayout, _ sourceEnvironment: StoreEnvironment, to target: StoreLayout,
    _ environment: StoreEnvironment
  ) {
    (self.source, self.sourceEnvironment) = (source, sourceEnvironment)
    (self.target, self.environment) = (target, environment)
  }

  /// As a checkpoint would leave it: with an empty log.
  func write() throws(StorageError) {
    let reader = RecoveryReader(layout: source, environment: sourceEnvironment)
    let recovery = try reader.read()
    try translated { () throws(SystemError) in
      for directory in [target.log, target.documents, target.staged] {
        try environment.fileSystem.createDirectory(directory)
      }
    }
    let checkpointer = Checkpointer(layout: target, environment: environment)
    let position = WriteAheadLog.Position(
      segment: recovery.log.nextSegment, sequence: recovery.log.nextSequence,
      chain: recovery.log.chain)
    _ = try checkpointer.writeTables(
      recovery.tables, files: try writeDocuments(recovery.tables), position,
      journal: JournalReader(layout: source, environment: sourceEnvironment))
  }

  private func writeDocuments(
    _ tables: Tables
  ) throws(StorageError) -> [DocumentKey: FileImage] {
    var images: [DocumentKey: FileImage] = [:]
    var directories: Set<String> = []
    for type in tables.typeNames {
      try tables.forEachEntry(ofType: type) { (id, entry) throws(StorageError) in
        let key = DocumentKey(type: type, id: id)
        let content = try tables.reader.bytes(key, entry.place)
        let path = target.file(of: key)
        let bytes = try environment.seal.sealed(content, as: .file(target.name(of: path)))
        let isNew = directories.insert(parentDirectory(of: path)).inserted
        try translated { () throws(SystemError) in
          if isNew { try environment.fileSystem.createDirectory(parentDirectory(of: path)) }
          let file = try environment.fileSystem.open(path, .createNew)
          defer { file.close() }
          try file.write(bytes, at: 0)
        }
        images[key] = FileImage(checksum: crc32c(bytes, seed: 0), byteCount: UInt32(bytes.count))
      }
    }
    return images
  }
}
