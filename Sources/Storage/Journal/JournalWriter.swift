import Causality
import Documents
import Planted
import Platform

/// Brings the journal up to date at a checkpoint.
struct JournalWriter {
  private static let bufferByteCount = 1 << 20

  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private let tables: Tables

  private var fileSystem: any FileSystem { environment.fileSystem }
  private let reader: JournalReader

  /// - Parameter source: reads the journal that is copied; nil for the one that is written.
  init(
    _ tables: Tables, layout: StoreLayout, environment: StoreEnvironment,
    from source: JournalReader? = nil
  ) {
    reader = source ?? JournalReader(layout: layout, environment: environment)
    self.tables = tables
    self.layout = layout
    self.environment = environment
  }

  /// Appends what was replaced since the last checkpoint, and takes out what belongs to documents that
  /// lost their content since. Durable on return; the file of before is as it was as far as it counted.
  /// - Throws: `system`; `corrupt` if the file is not the one that was written: a repair begins another.
  /// - Parameter isHealing: whether the file may be damaged: then what is whole of it is written anew.
  /// - Returns: the journal from now on; nil if there is none yet.
  func write(isHealing: Bool) throws(StorageError) -> JournalFile? {
    let gone = try documentsWithoutContent()
    guard let known = tables.journal else {
      return tables.replaced.isEmpty ? nil : try begin(number: 1, gone, copying: nil)
    }
    let mustBeginAnew = isHealing ? true : try hasRecords(known, of: gone)
    if mustBeginAnew {
      return try begin(number: known.number + 1, gone, copying: known)
    }
    if tables.replaced.isEmpty { return known }
    try reader.open(known).close()
    let file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(layout.journal(known.number), .readWrite)
      // What a checkpoint left that did not come to its end.
      try file.truncate(to: known.byteCount)
      return file
    }
    defer { file.close() }
    var output = Output(file: file, journal: known)
    try append(to: &output, gone)
    return try output.finish()
  }

  /// Those that were written since the last checkpoint.
  private func documentsWithoutContent() throws(StorageError) -> Set<DocumentKey> {
    var gone: Set<DocumentKey> = []
    for key in tables.loggedKeys where tables.recent[key.type]?[key.id]?.hasLife == true {
      if planted(Fault.erasedStaysInJournal) { continue }
      if try tables.document(key)?.hasContent == false { gone.insert(key) }
    }
    return gone
  }

  /// Also if it cannot be told, because the journal is damaged: what is whole of it then goes on.
  private func hasRecords(
    _ journal: JournalFile, of gone: Set<DocumentKey>
  ) throws(StorageError) -> Bool {
    if gone.isEmpty { return false }
    let ids = Set(gone.map(\.id))
    var hasAny = false
    do throws(StorageError) {
      try reader.forEachRecord(journal, .only(ids)) { (_) throws(StorageError) in
        hasAny = true
      }
      return hasAny
    } catch {
      guard error.code == .corrupt else { throw error }
      return true
    }
  }

  /// - Parameter old: what is whole of it, and not of these documents, comes first.
  private func begin(
    number: UInt32, _ gone: Set<DocumentKey>, copying old: JournalFile?
  ) throws(StorageError) -> JournalFile {
    let journal = JournalFile(
      number: number, mark: environment.random.uint64(), byteCount: JournalFile.headByteCount)
    let path = layout.journal(number)
    let file = try translated { () throws(SystemError) in
      if try fileSystem.status(layout.journal) == nil {
        try fileSystem.createDirectory(layout.journal)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      // A checkpoint that did not come to its end may have begun it.
      if try fileSystem.status(path) != nil { try fileSystem.removeFile(path) }
      let file = try fileSystem.open(path, .createNew)
      try file.write(journal.head, at: 0)
      return file
    }
    defer { file.close() }
    var output = Output(file: file, journal: journal)
    if let old { try copy(old, to: &output, without: gone) }
    try append(to: &output, gone)
    let written = try output.finish()
    try translated { () throws(SystemError) in
      try fileSystem.synchronizeDirectory(layout.journal)
    }
    return written
  }

  private func copy(
    _ old: JournalFile, to output: inout Output, without gone: Set<DocumentKey>
  ) throws(StorageError) {
    let ids = Set(gone.map(\.id))
    do throws(StorageError) {
      try reader.forEachRecord(old, .allBut(ids)) { (record) throws(StorageError) in
        guard let content = try? reader.content(record, old) else { return }
        try output.append(content, of: record.id, environment.seal)
      }
    } catch {
      // What is damaged stays out; a repair has put a copy into quarantine.
      guard error.code == .corrupt else { throw error }
    }
  }

  private func append(to output: inout Output, _ gone: Set<DocumentKey>) throws(StorageError) {
    for entry in tables.replaced where !gone.contains(entry.key) {
      let content = try tables.reader.bytes(entry.key, .log(entry.place))
      try output.append(content, of: entry.key.id, environment.seal)
    }
  }

  /// Writes in large pieces.
  private struct Output {
    let file: any File
    var journal: JournalFile
    var buffer: [UInt8] = []

    init(file: any File, journal: JournalFile) {
      self.file = file
      self.journal = journal
    }

    mutating func append(
      _ content: [UInt8], of id: UniqueID, _ seal: any Seal
    ) throws(StorageError) {
      let payload = try seal.sealed(
        content, as: .journal(journal.byteCount, file: journal.number))
      // A seal that has just sealed can hide a name, too, unless its key is forgotten in between.
      guard let hidden = seal.hidden(id) else {
        throw StorageError(.system, path: file.path, problem: "the store is locked")
      }
      buffer += JournalRecordHead(hiddenID: hidden, payload: payload).bytes
      buffer += payload
      journal.byteCount += JournalRecordHead.byteCount + payload.count
      if buffer.count >= bufferByteCount { try flush() }
    }

    private mutating func flush() throws(StorageError) {
      let (file, bytes, end) = (file, buffer, journal.byteCount)
      try translated { () throws(SystemError) in try file.write(bytes, at: end - bytes.count) }
      buffer.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws(StorageError) -> JournalFile {
      try flush()
      let file = file
      try translated { () throws(SystemError) in try file.synchronize() }
      return journal
    }
  }
}
