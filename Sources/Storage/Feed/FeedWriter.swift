import Platform

/// Brings the feed up to date at a checkpoint: appends what arrived since the last one, or, once more
/// than half of it is superseded, writes all that counts into new files.
struct FeedWriter: ~Copyable {
  private static let bufferByteCount = 1 << 20

  private let layout: StoreLayout
  private let environment: StoreEnvironment
  /// Those that are there and stay.
  private var files: [FeedFile]
  private var nextNumber: UInt32
  private var current: (any File)?
  private var buffer: [UInt8] = []

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// - Parameters:
  ///   - isRewriting: whether nothing that is superseded may stay.
  ///   - live: the places of the documents that count. O(what counts)
  init(
    layout: StoreLayout, environment: StoreEnvironment, known: [FeedFile], isRewriting: Bool,
    live: (_ body: (FeedPlace) -> Void) throws(StorageError) -> Void
  ) throws(StorageError) {
    let there = try Self.wholeFiles(known, layout, environment.fileSystem)
    var liveByteCount = 0
    try live { place in liveByteCount += place.wholeByteCount }
    let byteCount = there.whole.reduce(0) { $0 + $1.byteCount }
    self.layout = layout
    self.environment = environment
    nextNumber = max(there.last, known.map(\.number).max() ?? 0) + 1
    files = isRewriting || 2 * liveByteCount < byteCount ? [] : there.whole
  }

  /// The files of an index that are there as it says, and the highest number that any file has.
  private static func wholeFiles(
    _ known: [FeedFile], _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> (whole: [FeedFile], last: UInt32) {
    try translated { () throws(SystemError) in
      guard try fileSystem.status(layout.feed) != nil else { return ([], 0) }
      let names = try fileSystem.contents(ofDirectory: layout.feed)
      var whole: [FeedFile] = []
      for file in known where names.contains(layout.feedName(file.number)) {
        let opened = try fileSystem.open(layout.feed(file.number), .read)
        defer { opened.close() }
        if try file.isWhole(opened) { whole.append(file) }
      }
      return (whole, names.compactMap(StoreLayout.feedNumber).max() ?? 0)
    }
  }

  deinit { current?.close() }

  /// The place of a document from now on.
  ///
  /// - Parameters:
  ///   - old: where it stands already; nil if it does not.
  ///   - content: reads it.
  mutating func place(
    arrival: UInt64, old: FeedPlace?, content: () throws(StorageError) -> [UInt8]
  ) throws(StorageError) -> FeedPlace {
    if let old, files.contains(where: { $0.number == old.file }) { return old }
    try makeRoom()
    let file = files[files.count - 1]
    let payload = try environment.seal.sealed(
      try content(), as: .arrival(arrival, file: file.number))
    let place = FeedPlace(
      file: file.number, offset: UInt32(file.byteCount), byteCount: UInt32(payload.count))
    buffer.appendLittleEndian(place.byteCount)
    buffer.appendLittleEndian(crc32c(payload, seed: 0))
    buffer.appendLittleEndian(arrival)
    buffer += payload
    files[files.count - 1].byteCount += place.wholeByteCount
    if buffer.count >= Self.bufferByteCount { try flush() }
    return place
  }

  /// Everything is durable on return.
  mutating func finish() throws(StorageError) -> [FeedFile] {
    try closeCurrent()
    return files
  }

  /// Opens the last file, or begins another.
  private mutating func makeRoom() throws(StorageError) {
    if let last = files.last, last.byteCount < FeedFile.fullByteCount {
      guard current == nil else { return }
      current = try translated { () throws(SystemError) in
        let file = try fileSystem.open(layout.feed(last.number), .readWrite)
        // What a checkpoint left that did not come to its end.
        try file.truncate(to: last.byteCount)
        return file
      }
      return
    }
    try closeCurrent()
    let new = FeedFile(
      number: nextNumber, mark: environment.random.uint64(), byteCount: FeedFile.headByteCount)
    nextNumber += 1
    current = try translated { () throws(SystemError) in
      if try fileSystem.status(layout.feed) == nil {
        try fileSystem.createDirectory(layout.feed)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      let file = try fileSystem.open(layout.feed(new.number), .createNew)
      try file.write(FeedFile.head(mark: new.mark), at: 0)
      return file
    }
    files.append(new)
  }

  private mutating func flush() throws(StorageError) {
    guard let current, let file = files.last, !buffer.isEmpty else { return }
    let bytes = buffer
    try translated { () throws(SystemError) in
      try current.write(bytes, at: file.byteCount - bytes.count)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func closeCurrent() throws(StorageError) {
    guard let current else { return }
    try flush()
    try translated { () throws(SystemError) in
      try current.synchronize()
      try fileSystem.synchronizeDirectory(layout.feed)
    }
    current.close()
    self.current = nil
  }
}
