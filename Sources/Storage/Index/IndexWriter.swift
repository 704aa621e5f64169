import Causality
import Documents
import Platform

/// Writes the tables of a store into a file, in one pass over what was there and what was written
/// since: memory is bounded by the latter.
struct IndexWriter: ~Copyable {
  private let tables: Tables
  /// The files that the checkpoint wrote: what stood elsewhere before stands in them now.
  private let files: [DocumentKey: FileImage]
  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private var writer: PagedFileWriter
  private var directory = IndexDirectory()
  private var root: RootHash

  init(
    _ tables: Tables, files: [DocumentKey: FileImage], segment: UInt64, sequence: UInt64,
    layout: StoreLayout, environment: StoreEnvironment
  ) throws(StorageError) {
    self.tables = tables
    self.files = files
    self.layout = layout
    self.environment = environment
    writer = try PagedFileWriter(layout.index(segment), environment)
    root = RootHash(digest: environment.digest)
    directory.head = tables.head
    directory.sequence = sequence
    directory.numbering = tables.numbering
  }

  /// Durable on return. O(documents).
  /// - Parameters:
  ///   - history: the bytes of the history's file, of which a copy is kept.
  ///   - manifest: lacks what only this pass over the documents tells.
  /// - Returns: the manifest, complete.
  consuming func write(
    history: [UInt8], manifest: Manifest
  ) throws(StorageError) -> Manifest {
    for type in tables.typeNames { try writeDocuments(type) }
    try writeFeed()
    try writeMarks()
    for index in tables.indexes.all { try writeKeys(index) }
    directory.history = beginPart()
    directory.history.count = history.count
    try writer.append(history)
    var manifest = manifest
    manifest.documents = Manifest.Documents(
      count: directory.types.reduce(0) { $0 + $1.part.count }, root: root.value)
    directory.manifest = manifest.bytes
    let bytes = directory.bytes
    try writer.finish(directory: bytes)
    return manifest
  }

  /// Begins a part on a page of its own.
  private mutating func beginPart() -> IndexDirectory.Part {
    writer.pad()
    return IndexDirectory.Part(page: writer.offset / writer.contentByteCount)
  }

  private mutating func writeDocuments(_ type: String) throws(StorageError) {
    var part = beginPart()
    let tables = tables
    try tables.forEachEntry(ofType: type) { (id, entry) throws(StorageError) in
      guard let file = image(of: DocumentKey(type: type, id: id), entry.place) else { return }
      let record = FileEntry(
        id: id, arrival: entry.arrival, file: file, hasLife: entry.hasLife)
      root.add(type: type, record)
      part.count += 1
      try writer.appendWithinPage(record.bytes)
    }
    directory.types.append((type, part))
  }

  private func image(of key: DocumentKey, _ place: DocumentPlace) -> FileImage? {
    switch place {
    case .file(let image): files[key] ?? image
    case .log: files[key]
    }
  }

  /// Where the store keeps a feed, its files are brought up to date in the same pass: they are durable
  /// before the index is.
  private mutating func writeFeed() throws(StorageError) {
    guard environment.keepsFeed else {
      return try writeFeed { (entry) throws(StorageError) in nil }
    }
    let tables = tables
    var feed = try FeedWriter(
      layout: layout, environment: environment,
      known: tables.base?.directory.feedFiles ?? [], isRewriting: try tables.hasErased(),
      live: { (body) throws(StorageError) in
        try tables.forEachArrival { (entry) throws(StorageError) in
          if let place = entry.place { body(place) }
        }
      })
    try writeFeed { (entry) throws(StorageError) in
      try feed.place(arrival: entry.arrival, old: entry.place) { () throws(StorageError) in
        try tables.content(of: entry)
      }
    }
    directory.feedFiles = try feed.finish()
  }

  private mutating func writeFeed(
    place: (FeedEntry) throws(StorageError) -> FeedPlace?
  ) throws(StorageError) {
    var part = beginPart()
    var numbers: [String: UInt32] = [:]
    for (number, type) in directory.types.enumerated() { numbers[type.name] = UInt32(number) }
    let tables = tables
    try tables.forEachArrival { (entry) throws(StorageError) in
      let place = try place(entry)
      var record: [UInt8] = []
      record.reserveCapacity(IndexDirectory.feedByteCount)
      record.appendLittleEndian(entry.arrival)
      record.appendLittleEndian(numbers[entry.key.type] ?? 0)
      record.appendLittleEndian(place?.file ?? 0)
      record.append(entry.key.id)
      record.appendLittleEndian(place?.offset ?? 0)
      record.appendLittleEndian(place?.byteCount ?? 0)
      try writer.appendWithinPage(record)
      part.count += 1
    }
    directory.feed = part
  }

  private mutating func writeMarks() throws(StorageError) {
    var part = beginPart()
    let old = try tables.base?.marks(last: Tables.maximumMarkCount) ?? []
    for mark in (old + tables.recentMarks).suffix(Tables.maximumMarkCount) {
      var record: [UInt8] = []
      record.appendLittleEndian(mark.position)
      record.appendLittleEndian(mark.mark)
      try writer.appendWithinPage(record)
      part.count += 1
    }
    directory.marks = part
  }

  /// The keys themselves, one behind the other; then a table of where each is.
  private mutating func writeKeys(_ index: StoreIndex) throws(StorageError) {
    var offset = writer.offset
    let tables = tables
    try tables.forEachKey(index) { (entry) throws(StorageError) in
      try writer.append(entry.key)
    }
    var part = beginPart()
    try tables.forEachKey(index) { (entry) throws(StorageError) in
      var record: [UInt8] = []
      record.appendLittleEndian(UInt64(offset))
      record.appendLittleEndian(UInt32(entry.key.count))
      record.appendLittleEndian(UInt32(0))
      record.append(entry.id)
      try writer.appendWithinPage(record)
      offset += entry.key.count
      part.count += 1
    }
    directory.indexes.append((index.type, index.name, part))
  }
}

extension Tables {
  /// Looks at every entry of an index, in order.
  func forEachKey(
    _ index: StoreIndex, _ body: (IndexedKey) throws(StorageError) -> Void
  ) throws(StorageError) {
    var own = recentKeys(index)[...]
    for place in 0..<(base?.keyCount(index) ?? 0) {
      guard let old = try base?.keyEntry(index, place) else { break }
      if recent[index.type]?[old.id] != nil { continue }
      while let new = own.first, new < old {
        try body(new)
        own.removeFirst()
      }
      try body(old)
    }
    for new in own { try body(new) }
  }

  private func recentKeys(_ index: StoreIndex) -> [IndexedKey] {
    guard let place = indexes.place(ofType: index.type, index.name) else { return [] }
    let entries = recent[index.type] ?? [:]
    return entries.compactMap { id, entry in
      entry.keys[place].map { IndexedKey(key: $0, id: id) }
    }.sorted()
  }
}

/// One hash over the files of all documents, by type and id: two stores with the same root hash hold
/// the same documents.
struct RootHash {
  private static let chunkByteCount = 1 << 16

  private let digest: Digest
  private var hash = [UInt8](repeating: 0, count: 32)
  private var chunk: [UInt8] = []

  init(digest: @escaping Digest) { self.digest = digest }

  /// Adds a document; types must come in the order of their names, documents in that of their ids.
  mutating func add(type: String, _ entry: FileEntry) {
    chunk += Array(type.utf8) + [0]
    chunk.append(entry.id)
    chunk.appendLittleEndian(entry.file.checksum)
    chunk.appendLittleEndian(entry.file.byteCount)
    if chunk.count >= Self.chunkByteCount { close() }
  }

  private mutating func close() {
    hash = digest(hash + chunk)
    chunk.removeAll(keepingCapacity: true)
  }

  /// The hash over all that was added.
  var value: [UInt8] {
    var copy = self
    copy.close()
    return copy.hash
  }
}
