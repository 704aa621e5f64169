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
  private(set) var baseMark = FeedMark(position: 0, mark: 0)
  private(set) var recentIndexes: [String: [RecentIndex]] = [:]
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
  /// Arrival numbers that were noted mean something only under the same numbering: where the index had to be
  /// made anew, they were given anew.
  package private(set) var numbering: UInt64 = 0
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
    recentIndexes = indexes.recent()
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
  /// - Throws: `corrupt` also if a later checkpoint was cut off that had written the document's file.
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
    var unclear: [UniqueID] = []
    // any order: they are counted, or sorted by whoever asks
    for (id, entry) in recent[type] ?? [:] {
      guard let isNew = entry.isNew else {
        unclear.append(id)
        continue
      }
      if isNew { ids.append(id) }
    }
    // The index is read in an order that is always the same: a disk that fails says where.
    for id in unclear.sorted() where try isUnknown(DocumentKey(type: type, id: id)) {
      ids.append(id)
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
    recent[key.type, default: [:]][key.id] = entry(
      of: document, at: place, keys: known ?? indexes.keys(of: document, rules), arrival: head)
    recentFeed.append(FeedEntry(arrival: head, key: key))
    dropSuperseded()
    reader.remember(document)
  }

  /// What is known of a document that arrives.
  func entry(
    of document: Document, at place: DocumentPlace, keys: [[UInt8]?], arrival: UInt64
  ) -> Entry {
    let known = recent[document.key.type]?[document.key.id]
    return Entry(
      arrival: arrival, place: place, hasLife: !document.versions(of: Unit.life).isEmpty,
      keys: keys,
      isNew: known == nil ? try? isUnknown(document.key) : known?.isNew)
  }

  /// Takes in documents that are not in memory. O(1) where nothing was written since the last checkpoint.
  mutating func take(_ begun: BegunRecords) {
    let isBase = begun.basis == base?.directory.sequence
    // any order: each document has an entry of its own
    for (type, entries) in begun.entries {
      if isBase, recent[type]?.isEmpty ?? true {
        recent[type] = entries
      } else {
        keep(type, entries)
      }
    }
    if recentFeed.isEmpty { recentFeed = begun.feed } else { recentFeed += begun.feed }
    head += UInt64(begun.count)
    replaced += begun.replaced
    dropSuperseded()
    reader.forgetAll()
  }

  private mutating func dropSuperseded() {
    guard recentFeed.count > 64 else { return }
    let count = recent.values.reduce(0) { $0 + $1.count }  // any order: a sum
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

  mutating func cut(_ cut: HistoryCut) { history.cut(cut.replica, to: cut.keep) }

  mutating func setHistory(_ history: History) { self.history = history }

  mutating func setRegister(_ name: String, _ value: JSONValue) {
    registers[name] = value.isNull ? nil : value
  }

  mutating func beginNumbering(_ number: UInt64) { numbering = number }

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
    numbering = base.directory.numbering
    reader.feed.use(base.directory.feedFiles)
    let covered = base.directory.head
    head = max(head, covered)
    recentMarks.removeAll { $0.position <= covered }
    recentFeed.removeAll { $0.arrival <= covered }
    let kept = recent.mapValues { $0.filter { $0.value.arrival > covered } }
    recent = [:]
    clearIndexes()
    // any order: each document has an entry of its own
    for (type, entries) in kept { keep(type, entries) }
  }

  private mutating func keep(_ type: String, _ entries: [UniqueID: Entry]) {
    for (id, entry) in entries {  // any order: each document has an entry of its own
      var entry = entry
      entry.isNew = try? isUnknown(DocumentKey(type: type, id: id))
      recent[type, default: [:]][id] = entry
    }
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
