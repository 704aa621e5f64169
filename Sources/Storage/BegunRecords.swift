import Causality
package import Documents
import Synchronization

/// Documents of a batch that stand in the log before the batch is whole, so that a large one need not be
/// in memory. They count once the batch is committed, and never if it is not.
///
/// What is known of them is in the form of the tables, which take it over as it is.
package struct BegunRecords: Sendable {
  /// Of the batch in the log.
  let name: UInt64
  /// The checkpoint's index that `isNew` of the entries speaks of, by its last record; nil if there was none.
  let basis: UInt64?
  private(set) var entries: [String: [UniqueID: Tables.Entry]] = [:]
  /// In the order of arrival; an entry whose document comes again later is passed over.
  private(set) var feed: [FeedEntry] = []
  private(set) var replaced: [(key: DocumentKey, place: LogPlace)] = []
  private let indexes: [String: [RecentIndex]]

  package var count: Int { feed.count }

  init(name: UInt64, basis: UInt64?, _ indexes: IndexSet) {
    self.name = name
    self.basis = basis
    self.indexes = indexes.recent()
  }

  package func contains(_ key: DocumentKey) -> Bool { entries[key.type]?[key.id] != nil }

  func place(_ key: DocumentKey) -> DocumentPlace? { entries[key.type]?[key.id]?.place }

  mutating func add(_ key: DocumentKey, _ entry: Tables.Entry) {
    entries[key.type, default: [:]][key.id] = entry
    feed.append(FeedEntry(arrival: entry.arrival, key: key))
  }

  mutating func addReplaced(_ key: DocumentKey, at place: LogPlace) {
    replaced.append((key, place))
  }

  func keys(ofType type: String) -> [DocumentKey] {
    (entries[type] ?? [:]).keys.sorted().map { DocumentKey(type: type, id: $0) }
  }

  /// Those of a type that have a value in an index, sorted. O(what is found + what was added since the last
  /// call).
  /// - Parameter place: of the index among those of its type.
  func keys(ofType type: String, index place: Int, _ value: String) -> [DocumentKey] {
    guard let index = indexes[type]?[place], let own = entries[type] else { return [] }
    let candidates = index.candidates(value, head: UInt64(feed.count)) { covered in
      feed[Int(covered)...].compactMap { new in
        guard new.key.type == type, let key = own[new.key.id]?.keys[place] else { return nil }
        return IndexedKey(key: key, id: new.key.id)
      }
    }
    let found = candidates.filter { id in
      own[id]?.keys[place].map { IndexKey.has($0, value) } ?? false
    }
    return found.sorted().map { DocumentKey(type: type, id: $0) }
  }
}

extension Store {
  /// Writes a batch's documents, with what they replace, into the log before the batch is whole. Only the
  /// next commit can be of that batch: whoever commits another in between gives this one up.
  ///
  /// - Parameters:
  ///   - batch: its documents and replaced versions are written; it may hold nothing else.
  ///   - begun: what the batch has written so far; nil at first. Added to in place: it may be as large as the
  ///     store, so no other copy of it should be held.
  /// - Throws: as `commit` does: the batch is given up, nothing has changed.
  package func begin(
    _ batch: Batch, behind begun: inout BegunRecords?
  ) throws(StorageError) {
    var batch = batch
    if batch.details.isEmpty { batch.details = details(of: batch.documents) }
    let records = try encode(batch).records
    let (name, places) = try log.withLock { (log) throws(StorageError) in
      try log.begin(records, of: begun?.name)
    }
    let tables = state.withLock { $0.tables }
    var added =
      begun.take()
      ?? BegunRecords(name: name, basis: tables.base?.directory.sequence, tables.indexes)
    for (number, document) in batch.documents.enumerated() {
      let entry = tables.entry(
        of: document, at: .log(places[number]), keys: batch.details[number].keys,
        arrival: tables.head + UInt64(added.count) + 1)
      added.add(document.key, entry)
    }
    for (number, document) in batch.replaced.enumerated() {
      added.addReplaced(document.key, at: places[batch.documents.count + number])
    }
    begun = added
  }

  /// Gives up what was begun, if it was not committed.
  package func giveUpBegun() { log.withLock { $0.giveUpBegun() } }
}

/// Of a batch that was begun: what it has written counts, over all else.
extension Ahead {
  /// A document of the batch; nil if it is not among them.
  package func document(
    _ key: DocumentKey, begun: BegunRecords
  ) throws(StorageError) -> Document? {
    guard let place = begun.place(key) else { return nil }
    return try store.reader.document(key, place, keeps: false)
  }

  /// The documents of a type that have a value in an index, in no order.
  package func documents(
    ofType type: String, index: String, value: String, begun: BegunRecords?
  ) throws(StorageError) -> [Document] {
    let old = try documents(ofType: type, index: index, value: value)
    guard let begun, let place = store.indexes.place(ofType: type, index) else { return old }
    return try old.filter { !begun.contains($0.key) }
      + documents(begun.keys(ofType: type, index: place, value), begun: begun)
  }

  /// All documents of a type, in no order. O(documents of the type).
  package func documents(
    ofType type: String, begun: BegunRecords?
  ) throws(StorageError) -> [Document] {
    let old = try documents(ofType: type)
    guard let begun else { return old }
    return try old.filter { !begun.contains($0.key) }
      + documents(begun.keys(ofType: type), begun: begun)
  }

  private func documents(
    _ keys: [DocumentKey], begun: BegunRecords
  ) throws(StorageError) -> [Document] {
    var documents: [Document] = []
    for key in keys {
      if let document = try document(key, begun: begun) { documents.append(document) }
    }
    return documents
  }
}
