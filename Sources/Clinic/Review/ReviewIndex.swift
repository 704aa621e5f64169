package import Documents

/// The review items of a clinic's documents, kept up to date. After every update it holds what one made
/// from nothing would hold.
package struct ReviewIndex: Sendable {
  private var items: [DocumentKey: [ReviewItem]] = [:]
  /// Documents that are concerned by what does not lead to them: few.
  private var hidden: Set<DocumentKey> = []
  /// Documents of which somebody decided an item that a write to them alone may open again.
  private var decided: Set<DocumentKey> = []
  /// Urgent first, then by id, each once.
  package private(set) var sorted: [ReviewItem] = []

  /// Works out the items of all documents. O(documents).
  package init(of keys: some Sequence<DocumentKey>, _ reviewer: Reviewer) {
    for key in keys {
      let own = review(of: key, reviewer)
      if !own.isEmpty { items[key] = own }
      if reviewer.isHidden(key) { hidden.insert(key) }
    }
    sort()
  }

  /// Works out again what some writes concern. O(what they touch), and the sorting of the list if it
  /// changes.
  /// - Parameters:
  ///   - isNewDay: whether the day is a later one: `written` then names all invites besides.
  ///   - written: documents that were written since the last update, each as it was before every one of
  ///     the writes, in any order; nil where it was not there.
  ///   - reviewer: of the documents as they are now.
  package mutating func update(
    after written: [DocumentKey: [Document?]], _ reviewer: Reviewer, isNewDay: Bool = false
  ) {
    var new: [DocumentKey: [ReviewItem]] = [:]
    // With the days items only go, but for what the end of an invite means for others.
    var concerned: Set<DocumentKey> = isNewDay ? Set(items.keys) : []
    // Documents are read in an order that is always the same: a disk that fails says which it was.
    for (key, earlier) in written.sorted(by: { $0.key < $1.key }) {
      if items[key]?.contains(where: \.looksBeyond) != true, !decided.contains(key),
        earlier.allSatisfy({ reviewer.concernsNobodyElse(key, before: $0) })
      {
        new[key] = reviewer.items(of: key, updating: items[key] ?? [])
        continue
      }
      for before in earlier {
        concerned.formUnion(reviewer.neighbours(of: key, before: before))
        if reviewer.isRenamed(key, before: before) { concerned.formUnion(items.keys) }
      }
    }
    if !concerned.isEmpty {
      concerned.formUnion(hidden.sorted().flatMap { reviewer.neighbours(of: $0, before: nil) })
      hidden = hidden.subtracting(concerned).union(concerned.sorted().filter(reviewer.isHidden))
    }
    // An item of two documents is one of both.
    var others: Set<DocumentKey> = []
    for key in concerned.sorted() {
      let own = review(of: key, reviewer)
      new[key] = own
      others.formUnion(own.flatMap(\.documents))
    }
    for key in others.subtracting(concerned).sorted() { new[key] = review(of: key, reviewer) }
    take(new)
  }

  private mutating func review(of key: DocumentKey, _ reviewer: Reviewer) -> [ReviewItem] {
    let (items, hasDecided) = reviewer.review(of: key)
    if hasDecided { decided.insert(key) } else { decided.remove(key) }
    return items
  }

  /// The documents that a list of the same state can be made of, sorted: those that take part in an item,
  /// and those that would be missed.
  package var documents: [DocumentKey] { hidden.union(decided).union(items.keys).sorted() }

  /// Mostly neither old nor new has any.
  private mutating func take(_ new: [DocumentKey: [ReviewItem]]) {
    guard new.contains(where: { key, own in !own.isEmpty || items[key] != nil }) else { return }
    // any order: each document has a place of its own
    for (key, own) in new { items[key] = own.isEmpty ? nil : own }
    sort()
  }

  private mutating func sort() {
    var byID: [String: ReviewItem] = [:]
    for key in items.keys.sorted() {
      for item in items[key] ?? [] { byID[item.id] = item }
    }
    sorted = byID.values.sorted(by: ReviewItem.comesBefore)
  }
}

extension Reviewer {
  /// The items that writes opened: those of now that were not there before.
  /// - Parameters:
  ///   - written: the documents, each as it was before the first of the writes.
  ///   - earlier: of the documents as they were then.
  package func itemsOpened(
    by written: [DocumentKey: Document?], since earlier: Reviewer
  ) -> [ReviewItem] {
    let documents = written.sorted { $0.key < $1.key }
    let keys = Set(documents.flatMap { neighbours(of: $0.key, before: $0.value) }).sorted()
    let known = Set(keys.flatMap { earlier.items(of: $0) }.map(\.id))
    var opened: [String: ReviewItem] = [:]
    for item in keys.flatMap({ items(of: $0) }) where !known.contains(item.id) {
      opened[item.id] = item
    }
    return opened.values.sorted(by: ReviewItem.comesBefore)
  }
}
