package import Documents
import Planted

/// A document, or what it is made from.
enum DocumentContent: Sendable {
  case document(Document)
  case bytes([UInt8], DocumentKey)
}

/// The documents in the order of their arrival.
extension Tables {
  /// Whether a place is in this feed.
  package func contains(_ mark: FeedMark) throws(StorageError) -> Bool {
    if planted(Fault.cursorUnchecked) { return true }
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

  /// The documents that arrived, in their order. Read in order, many are read at once.
  package func documents(_ entries: [FeedEntry]) throws(StorageError) -> [Document] {
    var contents: [DocumentContent] = []
    contents.reserveCapacity(entries.count)
    for entry in entries {
      if let document = reader.cached(entry.key) {
        contents.append(.document(document))
      } else {
        contents.append(.bytes(try content(of: entry), entry.key))
      }
    }
    return try reader.documents(contents).compactMap { $0 }
  }

  /// The documents as they are now, in the order of their keys; nil where there is none. Many are read at
  /// once.
  func documents(_ keys: [DocumentKey]) throws(StorageError) -> [Document?] {
    var contents: [DocumentContent?] = []
    contents.reserveCapacity(keys.count)
    for key in keys {
      if let document = reader.cached(key) {
        contents.append(.document(document))
      } else if let entry = try entry(key) {
        contents.append(.bytes(try reader.bytes(key, entry.place), key))
      } else {
        contents.append(nil)
      }
    }
    return try reader.documents(contents)
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

  func firstIndex(after position: UInt64) -> Int {
    var (low, high) = (0, recentFeed.count)
    while low < high {
      let middle = (low + high) / 2
      if recentFeed[middle].arrival <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
