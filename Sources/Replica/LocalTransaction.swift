package import Causality
package import Documents
package import JSON
import Storage

/// What one replica commits at once (DESIGN, rule 1). Sees its own writes; nobody else sees anything
/// before the commit, and nothing is left if it is dropped.
package struct LocalTransaction {
  package let dot: Dot
  package let stamp: Stamp
  package let author: Author
  package let rules: MergeRules
  package let schemaVersion: Int
  private let write: Write
  /// What the transaction builds on.
  private let base: Ahead
  /// Documents as this transaction leaves them, in the order of their first change.
  private(set) var changed: [Document] = []
  private var places: [DocumentKey: Int] = [:]
  /// Where the documents that this transaction wrote can be found; an entry may be out of date.
  private var found: [IndexEntry: Set<DocumentKey>] = [:]
  /// Documents that came from elsewhere: most transactions that take some never look for them.
  private var unindexed: Set<DocumentKey> = []

  private struct IndexEntry: Hashable {
    let index: ClinicIndex
    let key: String
  }

  init(
    dot: Dot, stamp: Stamp, author: Author, rules: MergeRules, schemaVersion: Int, base: Ahead
  ) {
    self.dot = dot
    self.stamp = stamp
    self.author = author
    self.rules = rules
    self.schemaVersion = schemaVersion
    self.base = base
    knowledge = base.knowledge
    write = Write(dot: dot, stamp: stamp, author: author)
  }

  /// What the replica knew when the transaction began.
  private let knowledge: VersionVector

  /// A document as this transaction sees it, deleted or not.
  package func document(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    if let place = places[key] { return changed[place] }
    return try stored { () throws(StorageError) in try base.document(key) }
  }

  /// All documents of a type as this transaction sees them, in no order. O(documents of the type).
  package func documents(ofType type: String) throws(ReplicaError) -> [Document] {
    let old = try stored { () throws(StorageError) in try base.documents(ofType: type) }
      .filter { places[$0.key] == nil }
    return old + changed.filter { $0.key.type == type }
  }

  /// The documents of a type that have a key in an index, as this transaction sees them: the living
  /// ones, or all.
  package func documents(
    ofType type: String, _ index: ClinicIndex, key: String, includingDeleted: Bool = false
  ) throws(ReplicaError) -> [Document] {
    let old = try stored { () throws(StorageError) in
      try base.documents(ofType: type, index: index.rawValue, value: key)
    }
    let own = (found[IndexEntry(index: index, key: key)] ?? []).union(unindexed).sorted()
    let candidates =
      old.filter { places[$0.key] == nil } + own.compactMap { places[$0].map { changed[$0] } }
    var found: [Document] = []
    for document in candidates
    where document.key.type == type && self.key(of: document, index) == key {
      if !includingDeleted, try isDeleted(document) { continue }
      found.append(document)
    }
    return found
  }

  private func key(of document: Document, _ index: ClinicIndex) -> String? {
    let typeRules = rules.type(document.key.type)
    return index.key { document.visibleValue(of: $0, typeRules) }
  }

  package func isDeleted(_ document: Document) throws(ReplicaError) -> Bool {
    try document.isDeleted { (cause) throws(ReplicaError) in
      guard let other = try self.document(cause.document) else { return true }
      return try isDeleted(other)
    }
  }

  /// The document if it is there and not deleted.
  package func living(_ key: DocumentKey) throws(ReplicaError) -> Document? {
    guard let document = try document(key), try !isDeleted(document) else { return nil }
    return document
  }

  package func fields(_ document: Document) -> JSONObject {
    document.visibleFields(rules.type(document.key.type))
  }

  /// Makes the visible fields of a document equal to these, creating it if it is new. Writes only
  /// units whose value differs.
  /// - Returns: whether anything was written.
  @discardableResult
  package mutating func set(
    _ key: DocumentKey, to fields: JSONObject
  ) throws(ReplicaError) -> Bool {
    let typeRules = rules.type(key.type)
    let existing = try document(key)
    var document =
      existing ?? Document(key: key, createdBy: write, schemaVersion: schemaVersion)
    var hasChanged = existing == nil
    for value in document.unitValues(for: fields, typeRules)
    where document.set(value, by: write, typeRules) { hasChanged = true }
    if hasChanged { put(document) }
    return hasChanged
  }

  package mutating func resolve(
    _ key: DocumentKey, _ value: UnitValue, replacing shown: [VersionKey]
  ) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.resolve(value, replacing: shown, by: write, rules.type(key.type))
    put(document)
  }

  package mutating func delete(
    _ key: DocumentKey, reason: DeleteReason, cause: DeleteCause? = nil
  ) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.delete(reason: reason, cause: cause, knowledge: knowledge, by: write)
    put(document)
  }

  package mutating func undelete(_ key: DocumentKey) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.undelete(by: write)
    put(document)
  }

  mutating func receive(_ key: DocumentKey, number: Int) throws(ReplicaError) {
    guard var document = try document(key) else { return }
    document.receive(number: number, by: write)
    put(document)
  }

  /// Whether the transaction itself wrote anything.
  var hasWritten: Bool { changed.contains { $0.clock.covers(dot) } }

  /// Puts a document that came from elsewhere below what this transaction writes.
  mutating func take(_ document: Document) {
    place(document)
    unindexed.insert(document.key)
  }

  private mutating func put(_ document: Document) {
    place(document)
    let indexes = ClinicIndex.allCases.filter { $0.type == document.key.type }
    guard !indexes.isEmpty else { return }
    let typeRules = rules.type(document.key.type)
    for index in indexes {
      guard let key = index.key({ document.visibleValue(of: $0, typeRules) }) else { continue }
      found[IndexEntry(index: index, key: key), default: []].insert(document.key)
    }
  }

  private mutating func place(_ document: Document) {
    if let place = places[document.key] {
      changed[place] = document
    } else {
      places[document.key] = changed.count
      changed.append(document)
    }
  }
}
