package import Causality
package import Documents
package import JSON

/// The state of a store: what the last checkpoint left in its index, and over it what was written
/// since. Documents are read when they are asked for.
///
/// Whatever reads a document or the index throws `corrupt` if it finds damage, with the place.
package struct Tables: Sendable {
  /// What is known of a document without reading it.
  struct Entry: Sendable {
    var arrival: UInt64
    var place: DocumentPlace
    /// Whether it has a unit `_life`: one that has none is not deleted.
    var hasLife: Bool
    /// Its key in each index of its type; nil where it has none.
    var keys: [[UInt8]?]
    /// Whether the last checkpoint knew nothing of it; nil if that could not be read.
    var isNew: Bool?
  }

  /// How many places of the feed stay valid as cursors; older ones make a pull begin anew.
  static let maximumMarkCount = 10_000

  private(set) var base: IndexSnapshot?
  /// What was written since the last checkpoint.
  private(set) var recent: [String: [UniqueID: Entry]] = [:]
  /// Their keys and documents in the order of arrival; an entry whose document arrived again later is
  /// passed over.
  private(set) var recentFeed: [FeedEntry] = []
  private(set) var recentMarks: [FeedMark] = []
  private var baseMark = FeedMark(position: 0, mark: 0)
  private var recentIndexes: [String: [RecentIndex]] = [:]
  /// The journal as the last checkpoint left it; nil if there is none.
  private(set) var journal: JournalFile?
  /// What was replaced since, for the journal, in order.
  private(set) var replaced: [(key: DocumentKey, place: LogPlace)] = []
  /// What whoever made the last checkpoint noted of the documents as they were then.
  package private(set) var notes: [String: JSONValue] = [:]
  package private(set) var history: History
  package private(set) var registers: [String: JSONValue] = [:]
  /// The arrival number of the last document.
  package private(set) var head: UInt64 = 0
  let indexes: IndexSet
  let reader: DocumentReader
  private let rules: MergeRules

  init(_ environment: StoreEnvironment, reader: DocumentReader) {
    history = History(digest: environment.digest)
    rules = environment.rules
    indexes = IndexSet(environment.indexes)
    self.reader = reader
    clearIndexes()
  }

  private mutating func clearIndexes() {
    recentIndexes = Dictionary(grouping: indexes.all, by: \.type)
      .mapValues { $0.map(RecentIndex.init) }
  }

  package var knowledge: VersionVector { history.knowledge }

  // MARK: - Documents

  /// The document as it is now; nil if there is none. O(log documents).
  package func document(_ key: DocumentKey) throws(StorageError) -> Document? {
    if let document = reader.cached(key) { return document }
    guard let entry = try entry(key) else { return nil }
    return try reader.document(key, entry.place)
  }

  /// The document as the last checkpoint left it; nil if there was none.
  package func checkpointed(_ key: DocumentKey) throws(StorageError) -> Document? {
    guard let entry = try base?.entry(key) else { return nil }
    return try reader.document(key, .file(entry.file), keeps: false)
  }

  /// The arrival number of the last document that the last checkpoint covers; nil if there was none.
  package var checkpointHead: UInt64? { base?.directory.head }

  func entry(_ key: DocumentKey) throws(StorageError) -> Entry? {
    if let entry = recent[key.type]?[key.id] { return entry }
    return try base?.entry(key).map(Entry.init)
  }

  /// Looks at every document of a type, by id. O(documents of the type).
  package func forEachDocument<Failure: Error>(
    ofType type: String, _ body: (Document) throws(Failure) -> Void
  ) throws(Failure) where Failure: FromStorageError {
    try forEachEntry(ofType: type) { (id, entry) throws(Failure) in
      let key = DocumentKey(type: type, id: id)
      let document: Document
      do throws(StorageError) { document = try reader.read(key, entry.place) } catch {
        throw Failure(error)
      }
      try body(document)
    }
  }

  /// All documents of a type, by id. O(documents of the type), in memory too.
  package func documents(ofType type: String) throws(StorageError) -> [Document] {
    var documents: [Document] = []
    try forEachDocument(ofType: type) { (document) throws(StorageError) in
      documents.append(document)
    }
    return documents
  }

  /// Looks at every entry of a type, by id.
  func forEachEntry<Failure: Error & FromStorageError>(
    ofType type: String, _ body: (UniqueID, Entry) throws(Failure) -> Void
  ) throws(Failure) {
    let own = recent[type] ?? [:]
    var new: ArraySlice<UniqueID>
    do throws(StorageError) { new = try newIDs(ofType: type).sorted()[...] } catch {
      throw Failure(error)
    }
    var place = 0
    let chunk = 512
    while true {
      let entries: [FileEntry]
      do throws(StorageError) {
        entries = try base?.entries(ofType: type, from: place, limit: chunk) ?? []
      } catch {
        throw Failure(error)
      }
      for entry in entries {
        while let id = new.first, id < entry.id, let known = own[id] {
          try body(id, known)
          new.removeFirst()
        }
        try body(entry.id, own[entry.id] ?? Entry(entry))
      }
      place += entries.count
      if entries.count < chunk { break }
    }
    for id in new { if let entry = own[id] { try body(id, entry) } }
  }

  /// The types that occur, sorted.
  package var typeNames: [String] {
    let names = Set(recent.filter { !$0.value.isEmpty }.keys).union(base?.typeNames ?? [])
    return names.sorted(by: utf8Less)
  }

  /// O(what was written since the last checkpoint).
  package func count(ofType type: String) throws(StorageError) -> Int {
    try newIDs(ofType: type).count + (base?.count(ofType: type) ?? 0)
  }

  /// Those of which the last checkpoint knew nothing, in no order.
  private func newIDs(ofType type: String) throws(StorageError) -> [UniqueID] {
    var ids: [UniqueID] = []
    for (id, entry) in recent[type] ?? [:] {
      if let isNew = entry.isNew {
        if isNew { ids.append(id) }
      } else if try isUnknown(DocumentKey(type: type, id: id)) {
        ids.append(id)
      }
    }
    return ids
  }

  private func isUnknown(_ key: DocumentKey) throws(StorageError) -> Bool {
    try base?.entry(key) == nil
  }

  /// The documents of a type that may be deleted: those whose life somebody wrote.
  /// O(documents of the type), reading none.
  package func keysWithLife(ofType type: String) throws(StorageError) -> [DocumentKey] {
    var keys: [DocumentKey] = []
    try forEachEntry(ofType: type) { (id, entry) throws(StorageError) in
      if entry.hasLife { keys.append(DocumentKey(type: type, id: id)) }
    }
    return keys
  }

  /// The documents of a type whose ids are from `first` to `last`, sorted. O(what is found).
  package func keys(
    ofType type: String, from first: UniqueID, through last: UniqueID
  ) throws(StorageError) -> [DocumentKey] {
    var ids = try newIDs(ofType: type).filter { $0 >= first && $0 <= last }
    var place = try base?.place(ofType: type, notBefore: first) ?? 0
    while let entry = try base?.entries(ofType: type, from: place, limit: 1).first,
      entry.id <= last
    {
      ids.append(entry.id)
      place += 1
    }
    return ids.sorted().map { DocumentKey(type: type, id: $0) }
  }

  // MARK: - Indexes

  /// The documents of a type that have a value in an index, sorted by id; deleted ones too.
  package func documents(
    ofType type: String, index: String, key: String
  ) throws(StorageError) -> [Document] {
    guard let place = indexes.place(ofType: type, index), let table = recentIndexes[type]?[place]
    else { return [] }
    var ids = recentKeys(table, at: place, key).map(\.id)
    if let base {
      let prefix = IndexKey.prefix(key)
      var place = try base.keyPlace(table.index, notBefore: prefix)
      while let entry = try base.keyEntry(table.index, place), entry.key.starts(with: prefix) {
        if IndexKey.has(entry.key, key), recent[type]?[entry.id] == nil { ids.append(entry.id) }
        place += 1
      }
    }
    var documents: [Document] = []
    for id in ids.sorted() {
      if let document = try document(DocumentKey(type: type, id: id)) { documents.append(document) }
    }
    return documents
  }

  /// A page of the documents of a type in the order of an index: by value, then by creation, then by
  /// id; deleted ones too. O(page + what was written since the last checkpoint).
  ///
  /// - Parameters:
  ///   - value: which all of them have; nil for any.
  ///   - last: the end of the page before; nil for the first page.
  package func page(
    ofType type: String, index name: String, value: String? = nil, after last: IndexPlace? = nil,
    limit: Int
  ) throws(StorageError) -> [(place: IndexPlace, document: Document)] {
    guard let place = indexes.place(ofType: type, name), let table = recentIndexes[type]?[place]
    else { return [] }
    let start = last.map { IndexedKey(key: $0.key, id: $0.id) }
    var own = recentKeys(table, at: place, value)
    if let start { own.removeAll { $0 <= start } }
    own = own.smallest(limit)
    var next = 0
    var cursor = try firstPlace(table.index, value, start)
    var page: [(place: IndexPlace, document: Document)] = []
    while page.count < limit {
      var old = try base?.keyEntry(table.index, cursor)
      if let entry = old, let value, !IndexKey.has(entry.key, value) {
        if entry.key.starts(with: IndexKey.prefix(value)) {
          cursor += 1
          continue
        }
        old = nil
      }
      if let entry = old, entry == start || recent[type]?[entry.id] != nil {
        cursor += 1
        continue
      }
      if next < own.count, old.map({ own[next] < $0 }) ?? true {
        old = own[next]
        next += 1
      } else {
        cursor += 1
      }
      guard let next = old else { break }
      guard let document = try document(DocumentKey(type: type, id: next.id)) else { continue }
      page.append((IndexPlace(key: next.key, id: next.id), document))
    }
    return page
  }

  /// The keys of what was written since the last checkpoint, of one value or of all, in no order.
  private func recentKeys(_ index: RecentIndex, at place: Int, _ value: String?) -> [IndexedKey] {
    guard let entries = recent[index.index.type] else { return [] }
    guard let value else {
      return entries.compactMap { id, entry in
        entry.keys[place].map { IndexedKey(key: $0, id: id) }
      }
    }
    let candidates = index.candidates(value, head: head) { covered in
      recentFeed[firstIndex(after: covered)...].compactMap { feed in
        guard feed.key.type == index.index.type, let entry = entries[feed.key.id],
          entry.arrival == feed.arrival
        else { return nil }
        return entry.keys[place].map { IndexedKey(key: $0, id: feed.key.id) }
      }
    }
    return candidates.compactMap { id in
      guard let key = entries[id]?.keys[place], IndexKey.has(key, value) else { return nil }
      return IndexedKey(key: key, id: id)
    }
  }

  private func firstPlace(
    _ index: StoreIndex, _ value: String?, _ start: IndexedKey?
  ) throws(StorageError) -> Int {
    guard let base else { return 0 }
    if let start { return try base.keyPlace(index, notBefore: start.key, start.id) }
    guard let value else { return 0 }
    return try base.keyPlace(index, notBefore: IndexKey.prefix(value))
  }

  // MARK: - The feed

  /// Whether a place is in this feed.
  package func contains(_ mark: FeedMark) throws(StorageError) -> Bool {
    if mark.position == 0 { return mark.mark == 0 }
    if recentMarks.contains(mark) { return true }
    return try base?.mark(at: mark.position) == mark
  }

  /// The end of the feed now.
  package var headMark: FeedMark { recentMarks.last ?? baseMark }

  /// The next documents that arrived behind a place, in order, at most so many; none at the end.
  /// O(what is found + log feed).
  package func arrivals(
    after position: UInt64, limit: Int
  ) throws(StorageError) -> [FeedEntry] {
    var found: [FeedEntry] = []
    if let base {
      var place = try base.feedPlace(after: position)
      while place < base.feedCount, found.count < limit {
        let entry = try base.feedEntry(place)
        if recent[entry.key.type]?[entry.key.id] == nil { found.append(entry) }
        place += 1
      }
    }
    for entry in recentFeed[firstIndex(after: position)...] {
      if found.count >= limit { break }
      if isCurrent(entry) { found.append(entry) }
    }
    return found
  }

  /// The document that arrived, if it did not arrive again since. Read in order, many are read at once.
  package func document(_ entry: FeedEntry) throws(StorageError) -> Document? {
    if let document = reader.cached(entry.key) ?? reader.arrived(entry) { return document }
    guard let known = try self.entry(entry.key) else { return nil }
    return try reader.read(entry.key, known.place)
  }

  /// The content of a document that arrived.
  func content(of entry: FeedEntry) throws(StorageError) -> [UInt8] {
    if let place = entry.place,
      let content = reader.feed.content(at: place, arrival: entry.arrival)
    {
      return content
    }
    guard let known = try self.entry(entry.key) else {
      preconditionFailure("a document that has arrived is known")
    }
    return try reader.bytes(entry.key, known.place)
  }

  /// Looks at every document in the order of arrival. O(documents).
  func forEachArrival(_ body: (FeedEntry) throws(StorageError) -> Void) throws(StorageError) {
    var position: UInt64 = 0
    while true {
      let entries = try arrivals(after: position, limit: 1000)
      for entry in entries {
        try body(entry)
        position = entry.arrival
      }
      if entries.isEmpty { return }
    }
  }

  func isCurrent(_ entry: FeedEntry) -> Bool {
    recent[entry.key.type]?[entry.key.id]?.arrival == entry.arrival
  }

  private func firstIndex(after position: UInt64) -> Int {
    var (low, high) = (0, recentFeed.count)
    while low < high {
      let middle = (low + high) / 2
      if recentFeed[middle].arrival <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: - Changes

  /// Takes in a document that arrives now. It is durable already: damage in the index does not fail
  /// it, but shows when something is read by the index.
  ///
  /// - Parameter keys: the document's keys in the indexes; nil if they are not worked out yet.
  mutating func put(
    _ document: Document, at place: DocumentPlace, keys known: [[UInt8]?]? = nil
  ) {
    let key = document.key
    head += 1
    let keys = known ?? indexes.keys(of: document, rules)
    let known = recent[key.type]?[key.id]
    let entry = Entry(
      arrival: head, place: place, hasLife: !document.versions(of: Unit.life).isEmpty, keys: keys,
      isNew: known == nil ? try? isUnknown(key) : known?.isNew)
    recent[key.type, default: [:]][key.id] = entry
    recentFeed.append(FeedEntry(arrival: head, key: key))
    dropSuperseded()
    reader.remember(document)
  }

  private mutating func dropSuperseded() {
    guard recentFeed.count > 64 else { return }
    let count = recent.values.reduce(0) { $0 + $1.count }
    if recentFeed.count > 2 * count { recentFeed = recentFeed.filter(isCurrent) }
  }

  /// Notes a record of what a document no longer holds.
  mutating func addReplaced(_ key: DocumentKey, at place: LogPlace) {
    replaced.append((key, place))
  }

  mutating func setNotes(_ notes: [(name: String, value: JSONValue)]) {
    self.notes = Dictionary(notes.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
  }

  mutating func setJournal(_ journal: JournalFile?) { self.journal = journal }

  mutating func append(_ run: TransactionRun) -> Bool { history.append(run) }

  mutating func setHistory(_ history: History) { self.history = history }

  mutating func setRegister(_ name: String, _ value: JSONValue) {
    registers[name] = value.isNull ? nil : value
  }

  mutating func addMark(_ mark: UInt64) {
    let mark = FeedMark(position: head, mark: mark)
    guard mark.position > headMark.position else { return }
    recentMarks.append(mark)
    if recentMarks.count > Self.maximumMarkCount {
      recentMarks.removeFirst(Self.maximumMarkCount / 2)
    }
  }

  /// Takes over what a checkpoint has written: of what was written since then, nothing is in it.
  mutating func adopt(
    _ base: IndexSnapshot, _ manifest: Manifest
  ) throws(StorageError) {
    journal = manifest.journal
    setNotes(manifest.notes)
    let segment = manifest.position.segment
    replaced.removeAll { $0.place.segment < segment }
    try adopt(base)
  }

  mutating func adopt(_ base: IndexSnapshot) throws(StorageError) {
    baseMark = try base.marks(last: 1).last ?? FeedMark(position: 0, mark: 0)
    self.base = base
    reader.feed.use(base.directory.feedFiles)
    let covered = base.directory.head
    head = max(head, covered)
    recentMarks.removeAll { $0.position <= covered }
    recentFeed.removeAll { $0.arrival <= covered }
    let kept = recent.mapValues { $0.filter { $0.value.arrival > covered } }
    recent = [:]
    clearIndexes()
    for (type, entries) in kept { for (id, entry) in entries { keep(type, id, entry) } }
  }

  private mutating func keep(_ type: String, _ id: UniqueID, _ entry: Entry) {
    var entry = entry
    entry.isNew = try? isUnknown(DocumentKey(type: type, id: id))
    recent[type, default: [:]][id] = entry
  }
}

extension Tables.Entry {
  fileprivate init(_ entry: FileEntry) {
    self.init(
      arrival: entry.arrival, place: .file(entry.file), hasLife: entry.hasLife, keys: [],
      isNew: false)
  }
}

/// A failure that may be the store's.
package protocol FromStorageError {
  init(_ error: StorageError)
}

extension StorageError: FromStorageError {
  package init(_ error: StorageError) { self = error }
}
