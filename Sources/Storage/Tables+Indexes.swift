package import Documents

/// What is found by the indexes.
extension Tables {
  /// The documents of a type that have a value in an index, sorted by id; deleted ones too.
  package func documents(
    ofType type: String, index: String, key: String
  ) throws(StorageError) -> [Document] {
    var documents: [Document] = []
    for key in try keys(ofType: type, index: index, key: key) {
      if let document = try document(key) { documents.append(document) }
    }
    return documents
  }

  /// The keys of the documents of a type that have a value in an index, sorted; of deleted ones too. No
  /// document is read.
  package func keys(
    ofType type: String, index: String, key: String
  ) throws(StorageError) -> [DocumentKey] {
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
    return ids.sorted().map { DocumentKey(type: type, id: $0) }
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
      // any order: whoever asks sorts by value and id
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
}
