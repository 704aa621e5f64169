import Documents
import Platform
import Synchronization

/// Where a document stands.
enum DocumentPlace: Sendable, Equatable {
  /// In its own file, which must be as the checkpoint wrote it.
  case file(FileImage)
  /// In the log.
  case log(LogPlace)
}

/// Reads documents, and keeps those that were used lately.
final class DocumentReader: Sendable {
  /// So many documents are kept in memory.
  private static let cachedDocumentCount = 8192

  private let layout: StoreLayout
  private let fileSystem: any FileSystem
  private let codec: RecordCodec
  private let seal: any Seal
  private let log: LogReader
  /// The documents in the order of their arrival, where they are kept so.
  let feed: FeedReader
  /// Invariant: each is the document as it is now.
  private let cache = Mutex(RecentCache<DocumentKey, Document>(capacity: cachedDocumentCount))

  init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    fileSystem = environment.fileSystem
    codec = RecordCodec(rules: environment.rules)
    seal = environment.seal
    log = LogReader(layout: layout, environment: environment)
    feed = FeedReader(layout: layout, environment: environment)
  }

  /// The document as it is now, if it is in memory.
  func cached(_ key: DocumentKey) -> Document? { cache.withLock { $0.value(key) } }

  /// Notes what a document has become.
  func remember(_ document: Document) { cache.withLock { $0.set(document.key, document) } }

  func forgetAll() { cache.withLock { $0.removeAll() } }

  /// - Parameter keeps: whether the document stays in memory.
  /// - Throws: `corrupt`, with the file.
  func document(
    _ key: DocumentKey, _ place: DocumentPlace, keeps: Bool = true
  ) throws(StorageError) -> Document {
    let document = try decode(try bytes(key, place), key)
    if keeps { remember(document) }
    return document
  }

  /// A document that need not stay in memory.
  func read(_ key: DocumentKey, _ place: DocumentPlace) throws(StorageError) -> Document {
    if let document = cached(key) { return document }
    return try document(key, place, keeps: false)
  }

  private func decode(_ bytes: [UInt8], _ key: DocumentKey) throws(StorageError) -> Document {
    do {
      let document = try codec.document(bytes)
      if document.key == key { return document }
    } catch {
      throw StorageError(.corrupt, path: layout.file(of: key), problem: "\(error)")
    }
    throw StorageError(.corrupt, path: layout.file(of: key), problem: "holds another document")
  }

  /// A document's content, the same in the log and in its file.
  func bytes(_ key: DocumentKey, _ place: DocumentPlace) throws(StorageError) -> [UInt8] {
    switch place {
    case .log(let place): return try log.read(place)
    case .file(let image):
      let path = layout.file(of: key)
      return try seal.content(
        of: try file(path, image), as: .file(layout.name(of: path)), path: path)
    }
  }

  /// The content of a record of the log, of any kind.
  func logged(_ place: LogPlace) throws(StorageError) -> [UInt8] { try log.read(place) }

  private func file(_ path: String, _ image: FileImage) throws(StorageError) -> [UInt8] {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try read(path, Int(image.byteCount)) } catch {
      guard error.isNotFound else { throw StorageError(error) }
      throw StorageError(.corrupt, path: path, problem: "is missing", underlying: error)
    }
    guard bytes.count == Int(image.byteCount), crc32c(bytes, seed: 0) == image.checksum else {
      throw StorageError(.corrupt, path: path, problem: "differs from what was written")
    }
    return bytes
  }

  /// One byte more than there should be, so that a longer file shows.
  private func read(_ path: String, _ count: Int) throws(SystemError) -> [UInt8] {
    let file = try fileSystem.open(path, .read)
    defer { file.close() }
    return try file.read(at: 0, count: count + 1)
  }

  /// Makes a document of what was read for it.
  func document(_ content: DocumentContent) throws(StorageError) -> Document {
    switch content {
    case .document(let document): document
    case .bytes(let bytes, let key): try decode(bytes, key)
    }
  }

  /// Makes documents, on all cores.
  func documents(_ contents: [DocumentContent?]) throws(StorageError) -> [Document?] {
    let chunks = inChunks(contents.count) { range in
      Result { () throws(StorageError) in
        try range.map { (place) throws(StorageError) in try contents[place].map(document) }
      }
    }
    var documents: [Document?] = []
    for chunk in chunks { documents += try chunk.get() }
    return documents
  }

  /// The log before a segment is not read any more.
  func release(before segment: UInt64) { log.release(before: segment) }
}
