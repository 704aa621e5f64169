import Platform

/// Reads documents in the feed from the disk and says which are damaged. A file that is not there is no
/// damage: the next checkpoint writes it anew.
struct FeedCheck {
  private let index: IndexSnapshot
  private let layout: StoreLayout
  private let reader: FeedReader
  private let missing: Set<UInt32>

  init(
    _ index: IndexSnapshot, layout: StoreLayout, environment: StoreEnvironment
  ) throws(StorageError) {
    self.index = index
    self.layout = layout
    reader = FeedReader(layout: layout, environment: environment)
    reader.use(index.directory.feedFiles)
    missing = try translated { () throws(SystemError) in
      var missing: Set<UInt32> = []
      for file in index.directory.feedFiles
      where try environment.fileSystem.status(layout.feed(file.number)) == nil {
        missing.insert(file.number)
      }
      return missing
    }
  }

  /// - Parameter places: in the index's order of arrival.
  /// - Returns: how many documents were read, and what is wrong.
  func problems(_ places: Range<Int>) throws(StorageError) -> (read: Int, errors: [StorageError]) {
    var read = 0
    var errors: [StorageError] = []
    for place in places {
      let entry = try index.feedEntry(place)
      guard let place = entry.place, !missing.contains(place.file) else { continue }
      read += 1
      if reader.content(at: place, arrival: entry.arrival) == nil {
        errors.append(
          StorageError(
            .corrupt, path: layout.feed(place.file), offset: Int(place.offset),
            problem: "\(entry.key) differs from what was written"))
      }
    }
    return (read, errors)
  }
}
