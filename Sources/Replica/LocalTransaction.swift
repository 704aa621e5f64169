package import Causality
package import Clinic
package import Documents
package import JSON
import Planted
import Storage

/// What one replica commits at once (DESIGN, rule 1). Sees its own writes; nobody else sees anything
/// before the commit, and nothing is left if it is dropped.
///
/// An import commits several transactions at once (`beginNext`): a server takes or refuses each by itself.
package struct LocalTransaction {
  /// Names what is written from here on.
  package private(set) var dot: Dot
  /// The first number that the commit gives away.
  private let firstNumber: UInt64
  package let stamp: Stamp
  package let author: Author
  package let rules: MergeRules
  package let schemaVersion: Int
  private var write: Write
  /// What the transaction builds on.
  private let base: Ahead
  /// Documents as this transaction leaves them, in the order of their first change.
  private(set) var changed: [Document] = []
  /// The same as they were before the transaction; nil of new ones.
  private(set) var before: [Document?] = []
  /// What of the transaction stands in the log already, as it was then; what changes again is in `changed`.
  private(set) var begun: BegunDocuments?
  /// What is known of them; nil of those that came from elsewhere.
  private var known: [DocumentDetails?] = []
  private var places: [DocumentKey: Int] = [:]
  /// As they were before the transaction; nil for one that was not there.
  private var fetched: [DocumentKey: Document?] = [:]
  /// The places of the documents that this transaction wrote, by their keys; an entry may be out of
  /// date.
  private var found: [IndexEntry: [Int]] = [:]
  /// The places of those that came from elsewhere: most transactions that take some never look for
  /// them.
  private var unindexed: Set<Int> = []

  /// Counts the changes: what was worked out after another number of them does not hold.
  private var revision = 0
  private let ownIndexes = OwnIndexes()

  private struct IndexEntry: Hashable {
    let index: ClinicIndex
    let key: String
  }

  private let merged: (any MergedState) -> MergedClinic

  /// - Parameter merged: makes a view of documents as a clinic's.
  init(
    dot: Dot, stamp: Stamp, author: Author, rules: MergeRules, schemaVersion: Int, base: Ahead,
    merged: @escaping (any MergedState) -> MergedClinic
  ) {
    self.merged = merged
    self.dot = dot
    firstNumber = dot.number
    self.stamp = stamp
    self.author = author
    self.rules = rules
    self.schemaVersion = schemaVersion
    self.base = base
    knowledge = base.knowledge
    write = Write(dot: dot, stamp: stamp, author: author)
  }

  /// What the replica knew when the transaction began.
  private var knowledge: VersionVector
  /// The changes when it began.
  private var firstRevision = 0

  /// Makes what follows another transaction of the same commit. Does nothing if nothing was written since
  /// the last one began.
  package mutating func beginNext() {
    guard revision > firstRevision else { return }
    firstRevision = revision
    knowledge.include(dot)
    dot = Dot(dot.replica, dot.number + 1)
    write = Write(dot: dot, stamp: stamp, author: author)
  }

  /// The numbers of the transactions in which something was written.
  var numbers: Range<UInt64> {
    firstNumber..<(revision > firstRevision ? dot.number + 1 : dot.number)
  }

  /// A document as this transaction sees it, deleted or not.
  package func document(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    if let place = places[key] { return changed[place] }
    if let document = try begunDocument(key) { return document }
    if let document = fetched[key] { return document }
    return try stored { () throws(StorageError) in try base.document(key) }
  }

  /// Reads documents that will be asked for soon, in place of those that were fetched before.
  mutating func fetch(_ keys: [DocumentKey]) throws(ReplicaError) {
    fetched = [:]
    let documents = try stored { () throws(StorageError) in try base.documents(keys) }
    for (key, document) in zip(keys, documents) { fetched[key] = .some(document) }
  }

  /// All documents of a type as this transaction sees them, in no order. O(documents of the type).
  package func documents(ofType type: String) throws(ReplicaError) -> [Document] {
    let old = try stored { () throws(StorageError) in
      try base.documents(ofType: type, begun: begun?.records)
    }.filter { places[$0.key] == nil }
    return old + changed.filter { $0.key.type == type }
  }

  /// The documents of a type that have a key in an index, as this transaction sees them: the living
  /// ones, or all.
  package func documents(
    ofType type: String, _ index: ClinicIndex, key: String, includingDeleted: Bool = false
  ) throws(ReplicaError) -> [Document] {
    let old = try stored { () throws(StorageError) in
      try base.documents(
        ofType: type, index: index.rawValue, value: key, begun: begun?.records)
    }
    let own = unindexed.union(found[IndexEntry(index: index, key: key)] ?? []).filter { place in
      changed[place].key.type == type && index.key(details(place).fields) == key
    }
    let candidates = old.filter { places[$0.key] == nil } + own.sorted().map { changed[$0] }
    return includingDeleted ? candidates : try living(among: candidates)
  }

  /// What is known of the documents that were changed, in their order.
  var details: [DocumentDetails] {
    let missing = changed.indices.filter { known[$0] == nil }
    var details = known
    for (place, new) in zip(missing, base.details(of: missing.map { changed[$0] })) {
      details[place] = new
    }
    return details.compactMap { $0 }
  }

  private func details(_ place: Int) -> DocumentDetails {
    known[place] ?? base.details(of: changed[place])
  }

  /// Documents of a type that have a key in an index, deleted or not.
  package func documents(
    ofType type: String, index: String, key: String
  ) throws(ReplicaError) -> [Document] {
    let old = try stored { () throws(StorageError) in
      try base.documents(ofType: type, index: index, value: key, begun: begun?.records)
    }.filter { places[$0.key] == nil }
    return old + ownPlaces(type, index, key).map { changed[$0] }
  }

  /// O(1), but for the first question about an index after a change: O(documents that were changed).
  private func ownPlaces(_ type: String, _ index: String, _ key: String) -> [Int] {
    let name = OwnIndexes.Name(type: type, index: index)
    if let places = ownIndexes.places(name, key, revision) { return places }
    var map: [String: [Int]] = [:]
    for place in changed.indices where changed[place].key.type == type {
      guard let key = IndexDefinition.key(named: index, details(place).fields, .system) else {
        continue
      }
      map[key, default: []].append(place)
    }
    ownIndexes.set(name, map, revision)
    return map[key] ?? []
  }

  package func isDeleted(_ document: Document) throws(ReplicaError) -> Bool {
    guard document.hasLife else { return false }
    return try looking { $0.isDeleted(document) }
  }

  /// Looks at the documents as this transaction sees them.
  func looking<Result>(_ body: (MergedClinic) -> Result) throws(ReplicaError) -> Result {
    let transaction = self
    let state = ReadState { (key) throws(ReplicaError) in
      try transaction.document(key)
    } search: { (type, index, key) throws(ReplicaError) in
      try transaction.documents(ofType: type, index: index, key: key)
    }
    let result = body(merged(state))
    if let failure = state.failure { throw failure }
    return result
  }

  /// The document if it is there and not deleted.
  package func living(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    guard let document = try document(key), !document.lacksContent, try !isDeleted(document) else {
      return nil
    }
    return document
  }

  /// Whether a document is there and not deleted. Mostly reads none.
  package func isLiving(_ key: DocumentKey) throws(ReplicaError) -> Bool {
    if places[key] == nil, begun?.records?.contains(key) != true {
      let isThere = try stored { () throws(StorageError) in try base.isThere(key) }
      if let isThere { return isThere }
    }
    return try living(key) != nil
  }

  package func fields(_ document: Document) -> JSONObject {
    document.visibleFields(rules.type(document.key.type))
  }

  /// Makes the visible fields of a document equal to these, creating it if it is new. Writes only
  /// units whose value differs.
  /// - Returns: whether anything was written.
  /// - Throws: `conflict` if values are missing here: whoever has them would lose them, and nobody was shown
  ///   them.
  @discardableResult
  package mutating func set(
    _ key: DocumentKey, to fields: JSONObject
  ) throws(ReplicaError) -> Bool {
    guard let document = try document(key) else {
      try create(key, fields)
      return true
    }
    return try set(document, to: fields)
  }

  /// Writes a document that is not there yet.
  mutating func create(_ key: DocumentKey, _ fields: JSONObject) throws(ReplicaError) {
    let new = Document(key: key, createdBy: write, schemaVersion: schemaVersion)
    if try !set(new, to: fields, isNew: true) { try put(new, isNew: true) }
  }

  private mutating func set(
    _ document: Document, to fields: JSONObject, isNew: Bool = false
  ) throws(ReplicaError) -> Bool {
    let typeRules = rules.type(document.key.type)
    let isIncomplete = document.lacksContent
    var document = document
    var hasChanged = false
    for value in document.unitValues(for: fields, typeRules) {
      guard document.set(value, by: write, knowledge: knowledge, typeRules) else { continue }
      if isIncomplete { throw .incomplete(document.key) }
      hasChanged = true
    }
    if hasChanged { try put(document, isNew: isNew) }
    return hasChanged
  }

  /// - Parameter late: first dots of versions of merged documents that were shown too.
  package mutating func resolve(
    _ key: DocumentKey, _ value: UnitValue, replacing shown: [VersionKey], seeing late: [Dot] = []
  ) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.resolve(
      value, replacing: shown, seeing: late, by: write, knowledge: knowledge, rules.type(key.type))
    try put(document)
  }

  package mutating func delete(
    _ key: DocumentKey, reason: DeleteReason, cause: DeleteCause? = nil
  ) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.delete(reason: reason, cause: cause, knowledge: knowledge, by: write)
    try put(document)
  }

  mutating func dropContent(_ key: DocumentKey) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.dropContent()
    try put(document)
  }

  package mutating func undelete(_ key: DocumentKey) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.undelete(by: write)
    try put(document)
  }

  /// Puts back what refused transactions wrote to units of a document (DESIGN, rule 21).
  mutating func putBack(_ key: DocumentKey, _ units: [String]) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    let before = try stored { () throws(StorageError) in try base.document(key) }
    let isPutBack = document.putBack(units, before: before, knowledge: knowledge, by: write)
    if isPutBack { try put(document) }
  }

  /// Writes units anew that came back for a skeleton.
  mutating func rewrite(_ key: DocumentKey, _ units: [String]) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    for unit in units { document.rewrite(unit, as: dot) }
    try put(document)
  }

  /// Gives up what a document lacks and nobody has.
  mutating func giveUpDropped(_ key: DocumentKey) throws(ReplicaError) {
    guard var document = try document(key), document.lacksContent else { return }
    document.giveUpDropped(by: write)
    try put(document)
  }

  mutating func receive(_ key: DocumentKey, number: Int) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.receive(number: number, by: write)
    // The number is neither shown nor found by.
    if let place = places[key] {
      changed[place] = document
      // The last line of an import may have written nothing: its transaction has now.
      if !planted(Fault.numberLeftOpen) { revision += 1 }
    } else {
      try put(document)
    }
  }

  /// Whether the transaction itself wrote anything.
  var hasWritten: Bool {
    begun?.clock.covers(dot) ?? false || changed.contains { $0.clock.covers(dot) }
  }

  /// Puts a document that came from elsewhere below what this transaction writes.
  /// - Parameter isNew: whether there was none.
  mutating func take(_ document: Document, isNew: Bool = false) throws(ReplicaError) {
    unindexed.insert(try place(document, known: nil, isNew: isNew))
  }

  private mutating func put(_ document: Document, isNew: Bool = false) throws(ReplicaError) {
    var document = document
    // Whatever is written to it: what was erased keeps nothing (DESIGN, rule 12).
    if document.isErased { document.dropContent() }
    let details = base.details(of: document)
    let place = try place(document, known: details, isNew: isNew)
    for index in ClinicIndex.indexes(ofType: document.key.type) {
      guard let key = index.key(details.fields) else { continue }
      found[IndexEntry(index: index, key: key), default: []].append(place)
    }
  }

  private mutating func place(
    _ document: Document, known details: DocumentDetails?, isNew: Bool
  ) throws(ReplicaError) -> Int {
    revision += 1
    if let place = places[document.key] {
      changed[place] = document
      known[place] = details
      return place
    }
    let before = isNew ? nil : try self.document(document.key)
    places[document.key] = changed.count
    changed.append(document)
    self.before.append(before)
    known.append(details)
    return changed.count - 1
  }

  /// How many documents it changed; one that changed again after it was begun counts twice.
  var changedCount: Int { (begun?.count ?? 0) + changed.count }

  /// Whether somebody who knows so much lacks nothing of what it changed.
  func isCovered(by knowledge: VersionVector) -> Bool {
    begun?.clock.isCovered(by: knowledge) ?? true
      && changed.allSatisfy { $0.clock.isCovered(by: knowledge) }
  }

  private func begunDocument(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    guard let records = begun?.records else { return nil }
    return try stored { () throws(StorageError) in
      try base.document(key, begun: records)
    }
  }

  /// Writes what has changed so far into the log, so that it need not stay in memory: the transaction goes
  /// on. The next commit must be of this transaction.
  mutating func begin(in store: Store) throws(ReplicaError) {
    guard !changed.isEmpty else { return }
    var batch = Batch()
    (batch.documents, batch.details, batch.replaced) = (changed, details, replaced)
    // In no other place meanwhile: it would be copied.
    var next = begun ?? BegunDocuments()
    begun = nil
    do throws(StorageError) { try store.begin(batch, behind: &next.records) } catch {
      throw .storage(error)
    }
    for document in changed { next.note(document) }
    begun = next
    (changed, before, known, places) = ([], [], [], [:])
    (found, unindexed, fetched) = ([:], [], [:])
    revision += 1
  }

  /// The versions that the transaction takes out of documents, each with its document.
  var replaced: [Document] {
    zip(before, changed).compactMap { before, after in before?.replaced(by: after) }
  }

  /// What whoever watches is told once it is visible.
  var news: News {
    News(zip(changed, before).map { ($0.key, $1) }, as: changed, besides: begun)
  }
}
