import Causality
import Documents
import Platform

/// Reads the journal from its beginning to its end, a window at a time.
struct JournalReader {
  private static let windowByteCount = 1 << 20

  let layout: StoreLayout
  let environment: StoreEnvironment

  /// The replaced versions of a document, the oldest first, as documents that hold nothing else.
  /// O(journal).
  func records(_ journal: JournalFile, of key: DocumentKey) throws(StorageError) -> [Document] {
    let codec = RecordCodec(rules: environment.rules)
    var found: [Document] = []
    try forEachRecord(journal, .only([key.id])) { (record) throws(StorageError) in
      let document: Document
      do { document = try codec.document(try content(record, journal)) } catch {
        throw corrupt(journal, record.offset, "a record cannot be read: \(error)")
      }
      if document.key == key { found.append(document) }
    }
    return found
  }

  /// Of which documents records are looked at.
  enum Selection {
    case all
    case only(Set<UniqueID>)
    case allBut(Set<UniqueID>)

    func includes(_ id: UniqueID) -> Bool {
      switch self {
      case .all: true
      case .only(let ids): ids.contains(id)
      case .allBut(let ids): !ids.contains(id)
      }
    }
  }

  struct Record {
    let offset: Int
    /// Of the document.
    let id: UniqueID
    let head: JournalRecordHead
    /// As it stands in the file.
    let payload: [UInt8]

    var isWhole: Bool { crc32c(payload, seed: 0) == head.checksum }
  }

  /// - Throws: `corrupt`.
  func content(_ record: Record, _ journal: JournalFile) throws(StorageError) -> [UInt8] {
    guard record.isWhole else {
      throw corrupt(journal, record.offset, "a record differs from what was written")
    }
    let path = layout.journal(journal.number)
    return try environment.seal.content(
      of: record.payload, as: .journal(record.offset, file: journal.number), path: path,
      offset: record.offset)
  }

  /// Looks at the records of some documents, in order. Whether they are whole is theirs to say.
  /// - Throws: `corrupt` where the journal is missing, too short or has a damaged head.
  func forEachRecord(
    _ journal: JournalFile, _ selection: Selection,
    _ body: (Record) throws(StorageError) -> Void
  ) throws(StorageError) {
    let file = try open(journal)
    defer { file.close() }
    var window = Window(file: file)
    var offset = JournalFile.headByteCount
    while offset < journal.byteCount {
      let head = JournalRecordHead(
        try window.bytes(at: offset, count: JournalRecordHead.byteCount), at: 0)
      guard let head,
        head.payloadByteCount <= journal.byteCount - offset - JournalRecordHead.byteCount
      else { throw corrupt(journal, offset, "the head of a record is damaged") }
      guard let id = environment.seal.shown(head.hiddenID) else {
        throw corrupt(journal, offset, "the id of a record cannot be told")
      }
      let start = offset + JournalRecordHead.byteCount
      if selection.includes(id) {
        let payload = try window.bytes(at: start, count: head.payloadByteCount)
        try body(Record(offset: offset, id: id, head: head, payload: payload))
      }
      offset = start + head.payloadByteCount
    }
  }

  /// The file, if it is the one that was written.
  /// - Throws: `corrupt`, `system`.
  func open(_ journal: JournalFile) throws(StorageError) -> any File {
    let path = layout.journal(journal.number)
    do throws(SystemError) {
      let file = try environment.fileSystem.open(path, .read)
      if try file.size() >= journal.byteCount,
        try file.read(at: 0, count: JournalFile.headByteCount) == journal.head
      {
        return file
      }
      file.close()
    } catch {
      guard error.isNotFound else { throw StorageError(error) }
      throw StorageError(.corrupt, path: path, problem: "is missing", underlying: error)
    }
    throw corrupt(journal, 0, "is another file than the one that was written")
  }

  private func corrupt(_ journal: JournalFile, _ offset: Int, _ problem: String) -> StorageError {
    StorageError(
      .corrupt, path: layout.journal(journal.number), offset: offset, problem: problem)
  }

  /// A part of a file in memory.
  private struct Window {
    let file: any File
    var start = 0
    var content: [UInt8] = []

    init(file: any File) { self.file = file }

    mutating func bytes(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
      if offset < start || offset + count > start + content.count {
        let (file, wanted) = (file, max(count, windowByteCount))
        content = try translated { () throws(SystemError) in
          try file.read(at: offset, count: wanted)
        }
        start = offset
      }
      let first = offset - start
      return Array(content[min(first, content.count)..<min(first + count, content.count)])
    }
  }
}
