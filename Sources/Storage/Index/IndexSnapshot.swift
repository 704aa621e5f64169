import Causality
package import Documents
import Platform

/// Where the parts of an index file stand.
///
///     part       record, little-endian                                        sorted by
///     documents  id 16, arrival 8, CRC 4, byte count 4, flags 4, zero 4       id; one part a type
///     feed       arrival 8, number of the type 4, feed file 4, id 16,         arrival
///                offset 4, byte count 4
///     keys       offset of the key 8, its byte count 4, zero 4, id 16         key, id; one part an index
///     marks      position 8, mark 8                                           position
///     history    the bytes of the history's file
///
/// Where a store keeps no feed, its file, offset and byte count are 0; format 1 does not have the last
/// two. An id is two numbers of 8 bytes, the high one first. Flag 1: the document has a unit `_life`.
struct IndexDirectory: Equatable {
  struct Part: Equatable {
    var page = 1
    var count = 0
  }

  /// Of the last document.
  var head: UInt64 = 0
  /// The log's next frame when the index was made.
  var sequence: UInt64 = 0
  /// Of the arrivals: another one wherever they were counted anew.
  var numbering: UInt64 = 0
  var types: [(name: String, part: Part)] = []
  var feed = Part()
  /// The files of the feed.
  var feedFiles: [FeedFile] = []
  /// Of the records of the feed: less in format 1.
  var feedRecordByteCount = Self.feedByteCount
  var marks = Part()
  var indexes: [(type: String, name: String, part: Part)] = []
  /// The manifest's bytes: each of the two files can be made from the other.
  var manifest: [UInt8] = []
  /// A copy of the history's file, counted in bytes.
  var history = Part()

  static let documentByteCount = 40
  static let feedByteCount = 40
  static let oldFeedByteCount = 32
  static let keyByteCount = 32
  static let markByteCount = 16

  static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }
}

/// The tables of a store as they were at a checkpoint, in a file: nothing is read before it is needed.
///
/// What can be damaged throws `corrupt` with the place; the index is then made anew from the files and
/// the log.
final class IndexSnapshot: Sendable {
  let file: PagedFile
  let directory: IndexDirectory
  private let types: [String: FixedTable]
  private let indexes: [String: [String: FixedTable]]
  private let feed: FixedTable
  private let marks: FixedTable

  init(_ path: String, _ environment: StoreEnvironment) throws(StorageError) {
    file = try PagedFile(path, environment)
    let bytes = try file.directory()
    guard let directory = IndexDirectory(bytes), directory.isWithin(file) else {
      throw StorageError(.corrupt, path: path, problem: "the directory is malformed")
    }
    self.directory = directory
    let file = file
    func table(_ part: IndexDirectory.Part, _ byteCount: Int) -> FixedTable {
      FixedTable(
        file: file, firstPage: part.page, count: part.count, recordByteCount: byteCount)
    }
    types = Dictionary(
      directory.types.map { ($0.name, table($0.part, IndexDirectory.documentByteCount)) },
      uniquingKeysWith: { $1 })
    indexes = directory.indexes.reduce(into: [:]) {
      $0[$1.type, default: [:]][$1.name] = table($1.part, IndexDirectory.keyByteCount)
    }
    feed = table(directory.feed, directory.feedRecordByteCount)
    marks = table(directory.marks, IndexDirectory.markByteCount)
  }

  var typeNames: [String] { directory.types.map(\.name) }

  func count(ofType type: String) -> Int { types[type]?.count ?? 0 }

  /// The copy of the history's file.
  func history() throws(StorageError) -> [UInt8] {
    try file.bytes(
      at: directory.history.page * file.contentByteCount, count: directory.history.count)
  }

  // MARK: - Documents

  /// O(log documents).
  func entry(_ key: DocumentKey) throws(StorageError) -> FileEntry? {
    guard let table = types[key.type] else { return nil }
    let index = try table.firstIndex(notBefore: key.id)
    guard index < table.count else { return nil }
    let record = try table.record(index)
    return record.id(at: 0) == key.id ? FileEntry(record) : nil
  }

  /// The documents of a type from a place on, sorted by id.
  func entries(
    ofType type: String, from first: Int, limit: Int
  ) throws(StorageError) -> [FileEntry] {
    guard let table = types[type] else { return [] }
    return try Self.map(first..<min(table.count, first + limit), table) { FileEntry($0) }
  }

  /// The place of the first document of a type whose id is not before another.
  func place(ofType type: String, notBefore id: UniqueID) throws(StorageError) -> Int {
    try types[type]?.firstIndex(notBefore: id) ?? 0
  }

  private static func map<Result>(
    _ range: Range<Int>, _ table: FixedTable, _ body: (TableRecord) -> Result
  ) throws(StorageError) -> [Result] {
    var results: [Result] = []
    results.reserveCapacity(range.count)
    for index in range { results.append(body(try table.record(index))) }
    return results
  }

  // MARK: - Keys

  func keyCount(_ index: StoreIndex) -> Int { indexes[index.type]?[index.name]?.count ?? 0 }

  func hasIndex(_ index: StoreIndex) -> Bool { indexes[index.type]?[index.name] != nil }

  /// The place of the first entry of an index that is not before a key and an id.
  func keyPlace(
    _ index: StoreIndex, notBefore key: [UInt8], _ id: UniqueID = UniqueID(high: 0, low: 0)
  ) throws(StorageError) -> Int {
    guard let table = indexes[index.type]?[index.name] else { return 0 }
    return try table.firstIndex { (record) throws(StorageError) in
      let found = try keyBytes(record)
      return found == key
        ? record.id(at: 16) < id : bytesLess(found, key)
    }
  }

  /// The entry of an index at a place.
  func keyEntry(_ index: StoreIndex, _ place: Int) throws(StorageError) -> IndexedKey? {
    guard let table = indexes[index.type]?[index.name], place < table.count else { return nil }
    let record = try table.record(place)
    return IndexedKey(key: try keyBytes(record), id: record.id(at: 16))
  }

  private func keyBytes(_ record: TableRecord) throws(StorageError) -> [UInt8] {
    try file.bytes(
      at: Int(clamping: record.number(UInt64.self, at: 0)),
      count: Int(record.number(UInt32.self, at: 8)))
  }

  // MARK: - The feed

  var feedCount: Int { feed.count }

  func feedPlace(after arrival: UInt64) throws(StorageError) -> Int {
    try feed.firstIndex { (record) throws(StorageError) in
      record.number(UInt64.self, at: 0) <= arrival
    }
  }

  func feedEntry(_ place: Int) throws(StorageError) -> FeedEntry {
    let record = try feed.record(place)
    let type = Int(record.number(UInt32.self, at: 8))
    guard type < directory.types.count else {
      throw StorageError(.corrupt, path: file.path, problem: "the feed names an unknown type")
    }
    return FeedEntry(
      arrival: record.number(UInt64.self, at: 0),
      key: DocumentKey(type: directory.types[type].name, id: record.id(at: 16)),
      place: feedPlace(record))
  }

  private func feedPlace(_ record: TableRecord) -> FeedPlace? {
    let file = record.number(UInt32.self, at: 12)
    guard file > 0, directory.feedRecordByteCount == IndexDirectory.feedByteCount else {
      return nil
    }
    return FeedPlace(
      file: file, offset: record.number(UInt32.self, at: 32),
      byteCount: record.number(UInt32.self, at: 36))
  }

  func mark(at position: UInt64) throws(StorageError) -> FeedMark? {
    let place = try marks.firstIndex { (record) throws(StorageError) in
      record.number(UInt64.self, at: 0) < position
    }
    guard place < marks.count else { return nil }
    let mark = Self.mark(try marks.record(place))
    return mark.position == position ? mark : nil
  }

  /// The last places of the feed, oldest first.
  func marks(last count: Int) throws(StorageError) -> [FeedMark] {
    try Self.map(max(0, marks.count - count)..<marks.count, marks, Self.mark)
  }

  private static func mark(_ record: TableRecord) -> FeedMark {
    FeedMark(
      position: record.number(UInt64.self, at: 0), mark: record.number(UInt64.self, at: 8))
  }
}

/// What an index knows of a document: its file.
struct FileEntry: Equatable {
  let id: UniqueID
  let arrival: UInt64
  let file: FileImage
  let hasLife: Bool

  init(id: UniqueID, arrival: UInt64, file: FileImage, hasLife: Bool) {
    (self.id, self.arrival, self.file, self.hasLife) = (id, arrival, file, hasLife)
  }

  init(_ record: TableRecord) {
    id = record.id(at: 0)
    arrival = record.number(UInt64.self, at: 16)
    file = FileImage(
      checksum: record.number(UInt32.self, at: 24), byteCount: record.number(UInt32.self, at: 28))
    hasLife = record.number(UInt32.self, at: 32) & 1 != 0
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(IndexDirectory.documentByteCount)
    bytes.append(id)
    bytes.appendLittleEndian(arrival)
    bytes.appendLittleEndian(file.checksum)
    bytes.appendLittleEndian(file.byteCount)
    bytes.appendLittleEndian(UInt32(hasLife ? 1 : 0))
    bytes.appendLittleEndian(UInt32(0))
    return bytes
  }
}

/// What a document's file must be.
struct FileImage: Equatable, Sendable {
  let checksum: UInt32
  let byteCount: UInt32
}

/// A document at its place in the order of arrival.
package struct FeedEntry: Equatable, Sendable {
  package let arrival: UInt64
  package let key: DocumentKey
  /// Where it stands in the feed; nil if it does not yet.
  let place: FeedPlace?

  init(arrival: UInt64, key: DocumentKey, place: FeedPlace? = nil) {
    self.arrival = arrival
    self.key = key
    self.place = place
  }
}

/// An entry of an index.
struct IndexedKey: Hashable, Comparable, Sendable {
  let key: [UInt8]
  let id: UniqueID

  func hash(into hasher: inout Hasher) { hasher.combine(id) }

  static func < (a: Self, b: Self) -> Bool {
    a.key == b.key ? a.id < b.id : bytesLess(a.key, b.key)
  }
}
