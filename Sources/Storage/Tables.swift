package import Causality
package import Documents
package import JSON

/// The state of a store in memory: what the log and the files add up to.
package struct Tables: Sendable {
  /// A document and the number of its arrival.
  struct Entry: Sendable {
    var document: Document
    var arrival: UInt64
  }

  /// How many places of the feed stay valid as cursors; older ones make a pull begin anew.
  static let maximumMarkCount = 10_000

  private var types: [String: [UniqueID: Entry]] = [:]
  /// Keys in the order of arrival; an entry whose document arrived again later is passed over.
  private var feed: [(arrival: UInt64, key: DocumentKey)] = []
  private var marks: [FeedMark] = []
  package private(set) var history: History
  package private(set) var registers: [String: JSONValue] = [:]
  /// The arrival number of the last document.
  package private(set) var head: UInt64 = 0
  private var indexes: [String: [IndexTable]] = [:]
  private let rules: MergeRules

  init(digest: @escaping Digest, rules: MergeRules, indexes: [StoreIndex]) {
    history = History(digest: digest)
    self.rules = rules
    for index in indexes { self.indexes[index.type, default: []].append(IndexTable(index)) }
  }

  package var knowledge: VersionVector { history.knowledge }

  package func document(_ key: DocumentKey) -> Document? { types[key.type]?[key.id]?.document }

  package func documents(ofType type: String) -> some Collection<Document> {
    (types[type] ?? [:]).values.lazy.map(\.document)
  }

  /// The documents of a type that have a key in an index, sorted by id; deleted ones too.
  package func documents(ofType type: String, index: String, key: String) -> [Document] {
    guard let table = indexes[type]?.first(where: { $0.index.name == index }) else { return [] }
    return table.ids(key).compactMap { types[type]?[$0]?.document }
  }

  /// The types that occur, sorted.
  package var typeNames: [String] {
    types.filter { !$0.value.isEmpty }.keys.sorted(by: utf8Less)
  }

  package func count(ofType type: String) -> Int { types[type]?.count ?? 0 }

  /// Whether a place is in this feed.
  package func contains(_ mark: FeedMark) -> Bool {
    mark.position == 0 ? mark.mark == 0 : marks.contains(mark)
  }

  /// The end of the feed now.
  package var headMark: FeedMark { marks.last ?? FeedMark(position: 0, mark: 0) }

  /// The documents that arrived behind a place, in order. O(documents behind it + log feed).
  package func documents(
    arrivedAfter position: UInt64
  ) -> some Sequence<(arrival: UInt64, document: Document)> {
    feed[firstIndex(after: position)...].lazy.compactMap { arrival, key in
      guard let entry = types[key.type]?[key.id], entry.arrival == arrival else { return nil }
      return (arrival, entry.document)
    }
  }

  private func firstIndex(after position: UInt64) -> Int {
    var low = 0
    var high = feed.count
    while low < high {
      let middle = (low + high) / 2
      if feed[middle].arrival <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func put(_ document: Document) {
    place(document, arrival: head + 1)
  }

  /// Puts a document at its place in the feed; places must come in rising order.
  mutating func place(_ document: Document, arrival: UInt64) {
    head = arrival
    updateIndexes(document)
    types[document.key.type, default: [:]][document.key.id] =
      Entry(document: document, arrival: arrival)
    feed.append((arrival, document.key))
    if feed.count > 64, feed.count > 2 * types.values.reduce(0, { $0 + $1.count }) {
      dropSuperseded()
    }
  }

  private mutating func updateIndexes(_ document: Document) {
    let type = document.key.type
    guard var tables = indexes.removeValue(forKey: type) else { return }
    let typeRules = rules.type(type)
    let old = self.document(document.key)
    for place in tables.indices {
      tables[place].replace(document.key.id, old: old, new: document, typeRules)
    }
    indexes[type] = tables
  }

  /// Leaves a place in the feed empty: its document arrives again later.
  mutating func skip(arrival: UInt64) { head = arrival }

  private mutating func dropSuperseded() {
    feed = feed.filter { types[$0.key.type]?[$0.key.id]?.arrival == $0.arrival }
  }

  mutating func append(_ run: TransactionRun) -> Bool { history.append(run) }

  mutating func setRegister(_ name: String, _ value: JSONValue) {
    registers[name] = value.isNull ? nil : value
  }

  mutating func addMark(_ mark: UInt64) { addMark(FeedMark(position: head, mark: mark)) }

  mutating func addMark(_ mark: FeedMark) {
    guard mark.position > headMark.position else { return }
    marks.append(mark)
    if marks.count > Self.maximumMarkCount { marks.removeFirst(Self.maximumMarkCount / 2) }
  }

  func entry(_ key: DocumentKey) -> Entry? { types[key.type]?[key.id] }

  /// Everything but the documents themselves.
  var outline: TablesOutline {
    TablesOutline(
      registers: registers.sorted { utf8Less($0.key, $1.key) }
        .map { (name: $0.key, value: $0.value) },
      runs: history.runs(since: VersionVector()), marks: marks,
      arrivals: feed.filter { types[$0.key.type]?[$0.key.id]?.arrival == $0.arrival })
  }
}
