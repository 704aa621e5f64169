import Causality
import Documents
import JSON
import Planted
import Platform

/// Brings documents into their files.
struct Checkpointer {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
  }

  /// So many files are made durable together: bounds what is in memory and in the disk's queue.
  private static let filesPerSync = 500

  /// Writes the files of the documents that stand in the log. On return all of them are durable.
  /// - Returns: what each file is now.
  func writeFiles(_ tables: Tables) throws(StorageError) -> [DocumentKey: FileImage] {
    var images: [DocumentKey: FileImage] = [:]
    var directories: Set<String> = []
    var next = tables.loggedKeys[...]
    while !next.isEmpty {
      let chunk = next.prefix(Self.filesPerSync)
      next = next.dropFirst(chunk.count)
      for key in chunk {
        if directories.insert(layout.directory(of: key)).inserted { try makeDirectory(of: key) }
        images[key] = try writeTemporaryFile(key, tables)
      }
      try rename(Array(chunk))
    }
    return images
  }

  private func writeTemporaryFile(
    _ key: DocumentKey, _ tables: Tables
  ) throws(StorageError) -> FileImage? {
    guard let entry = try tables.entry(key) else { return nil }
    let content = try tables.reader.bytes(key, entry.place)
    let path = layout.file(of: key)
    let bytes = try environment.seal.sealed(content, as: .file(layout.name(of: path)))
    try write(bytes, to: temporaryFile(of: key))
    return FileImage(checksum: crc32c(bytes, seed: 0), byteCount: UInt32(bytes.count))
  }

  private func rename(_ keys: [DocumentKey]) throws(StorageError) {
    guard !keys.isEmpty else { return }
    try translated { () throws(SystemError) in
      if !planted(Fault.filesNotSynced) { try fileSystem.synchronizeFileSystem(layout.documents) }
      for key in keys { try fileSystem.rename(temporaryFile(of: key), to: layout.file(of: key)) }
      for directory in Set(keys.map(layout.directory(of:))).sorted()
      where !planted(Fault.directoryNotSynced) {
        try fileSystem.synchronizeDirectory(directory)
      }
    }
  }

  private func temporaryFile(of key: DocumentKey) -> String { layout.file(of: key) + ".tmp" }

  private func makeDirectory(of key: DocumentKey) throws(StorageError) {
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(layout.directory(of: key))
      try fileSystem.synchronizeDirectory(layout.directory(ofType: key.type))
      try fileSystem.synchronizeDirectory(layout.documents)
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
    try translated { () throws(SystemError) in
      let file = try newFile(path)
      defer { file.close() }
      try file.write(bytes, at: 0)
    }
  }

  /// In place of what a checkpoint that was cut off left there. Such a file is removed, not truncated:
  /// ext4 writes a truncated file to the disk by itself when it is closed, one after the other.
  private func newFile(_ path: String) throws(SystemError) -> any File {
    do throws(SystemError) { return try fileSystem.open(path, .createNew) } catch {
      guard error.isAlreadyThere else { throw error }
      try fileSystem.removeFile(path)
      return try fileSystem.open(path, .createNew)
    }
  }

  /// Writes the journal, the index and the history, then the manifest that names them: from here on
  /// recovery starts at its position.
  /// - Parameters:
  ///   - isHealing: whether the journal may be damaged.
  ///   - journal: reads the journal of another directory, which is copied; nil for the store's own.
  func writeTables(
    _ tables: Tables, files: [DocumentKey: FileImage], _ position: WriteAheadLog.Position,
    isHealing: Bool = false, journal: JournalReader? = nil
  ) throws(StorageError) -> Manifest {
    try makeDirectories()
    let history = HistoryFile.bytes(of: tables.history)
    let historyPath = layout.history(position.segment)
    let sealedHistory = try environment.seal.sealed(
      history, as: .file(layout.name(of: historyPath)))
    var plan = Manifest(position: position)
    let writer = JournalWriter(tables, layout: layout, environment: environment, from: journal)
    plan.journal = try writer.write(isHealing: isHealing || journal != nil)
    plan.historyChecksum = crc32c(sealedHistory, seed: 0)
    plan.registers = tables.registers.filter { _ in !planted(Fault.registersLeftOut) }
      .sorted { utf8Less($0.key, $1.key) }
      .map { (name: $0.key, value: $0.value) }
    plan.notes = tables.notes.sorted { utf8Less($0.key, $1.key) }
      .map { (name: $0.key, value: $0.value) }
    let index = try IndexWriter(
      tables, files: files, segment: position.segment, sequence: position.sequence,
      layout: layout, environment: environment)
    let manifest = try index.write(history: history, manifest: plan)
    let sealedManifest = try environment.seal.sealed(
      manifest.bytes, as: .file(layout.name(of: layout.manifest)))
    try translated { () throws(SystemError) in
      if planted(Fault.manifestBeforeHistory) {
        try fileSystem.writeFileDurably(layout.manifest, sealedManifest)
      }
      try fileSystem.writeFileDurably(historyPath, sealedHistory)
      try fileSystem.writeFileDurably(layout.manifest, sealedManifest)
    }
    return manifest
  }

  private func makeDirectories() throws(StorageError) {
    try translated { () throws(SystemError) in
      for directory in [layout.index, layout.history] {
        guard try fileSystem.status(directory) == nil else { continue }
        try fileSystem.createDirectory(directory)
        try fileSystem.synchronizeDirectory(layout.root)
      }
    }
  }

  /// Removes what earlier checkpoints left beside the files of one.
  /// - Parameters:
  ///   - feed: the files of the feed that stay.
  ///   - journal: the journal, which stays.
  func removeTables(
    exceptOf segment: UInt64, feed: [FeedFile], _ journal: JournalFile?
  ) throws(StorageError) {
    var kept =
      [layout.index(segment), layout.history(segment)] + feed.map { layout.feed($0.number) }
    if let journal { kept.append(layout.journal(journal.number)) }
    try translated { () throws(SystemError) in
      for directory in [layout.index, layout.history, layout.feed, layout.journal] {
        guard try fileSystem.status(directory) != nil else { continue }
        for name in try fileSystem.contents(ofDirectory: directory) {
          let path = "\(directory)/\(name)"
          if kept.contains(path) || planted(Fault.oldTablesKept) { continue }
          try fileSystem.removeFile(path)
        }
      }
    }
  }
}

extension Tables {
  /// Whether a document was erased since the last checkpoint: then the feed may keep nothing of it.
  func hasErased() throws(StorageError) -> Bool {
    for key in loggedKeys where recent[key.type]?[key.id]?.hasLife == true {
      if let document = try document(key), document.isErased, !planted(Fault.erasedStaysInFeed) {
        return true
      }
    }
    return false
  }

  /// The documents whose files are older than they are, sorted.
  var loggedKeys: [DocumentKey] {
    recent.keys.sorted(by: utf8Less).flatMap { type in
      (recent[type] ?? [:]).filter { if case .log = $0.value.place { true } else { false } }
        .keys.sorted().map { DocumentKey(type: type, id: $0) }
    }
  }
}
