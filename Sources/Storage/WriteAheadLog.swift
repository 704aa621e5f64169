import Platform

/// The log: batches of records, each durable as a whole or not at all.
struct WriteAheadLog {
  private let layout: StoreLayout
  private let fileSystem: any FileSystem
  private let random: any RandomSource
  private var current: OpenSegment?
  /// The number that the next segment gets.
  private(set) var nextSegment: UInt64
  private(set) var nextSequence: UInt64
  /// Why nothing can be written any more; nil while all is well.
  private(set) var poison: StorageError?
  /// Bytes written since the last checkpoint.
  private(set) var byteCount = 0

  private struct OpenSegment {
    let file: any File
    let salt: UInt32
    var end: Int
  }

  /// - Parameters:
  ///   - nextSegment: the number of the first segment that is written.
  ///   - nextSequence: the sequence number of the first frame that is written.
  init(
    layout: StoreLayout, fileSystem: any FileSystem, random: any RandomSource,
    nextSegment: UInt64, nextSequence: UInt64, byteCount: Int
  ) {
    self.layout = layout
    self.fileSystem = fileSystem
    self.random = random
    self.nextSegment = nextSegment
    self.nextSequence = nextSequence
    self.byteCount = byteCount
  }

  /// Goes on behind the last batch of a segment that ends with it.
  ///
  /// A program that was killed may have left batches, or the segment's name, that can be read but
  /// are not durable; on return they are.
  mutating func resume(_ segment: SegmentReading) throws(StorageError) {
    let file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(segment.path, .readWrite)
      try file.synchronize()
      try fileSystem.synchronizeDirectory(layout.log)
      return file
    }
    guard let header = segment.header, !segment.hasTornTail else { return file.close() }
    current = OpenSegment(file: file, salt: header.salt, end: segment.validEnd)
  }

  /// Writes a batch. On return it is durable.
  ///
  /// - Throws: `system` if the batch could not be written: the log is as before. `poisoned` if
  ///   nobody knows what is durable: every later call fails too.
  mutating func append(
    _ records: [(Frame.Kind, [UInt8])], mark: UInt64
  ) throws(StorageError) {
    if let poison { throw poison }
    let segment = try openSegment()
    let bytes = encode(records, mark: mark, salt: segment.salt)
    try write(bytes, to: segment)
    do { try segment.file.synchronize() } catch { throw poisoned(by: error) }
    current?.end += bytes.count
    byteCount += bytes.count
    nextSequence += UInt64(records.count + 1)
  }

  private func encode(
    _ records: [(Frame.Kind, [UInt8])], mark: UInt64, salt: UInt32
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var sequence = nextSequence
    for (kind, payload) in records {
      Frame(kind: kind, sequence: sequence, payload: payload).append(to: &bytes, salt: salt)
      sequence += 1
    }
    let end = CommitPayload.bytes(frameCount: records.count, mark: mark)
    Frame(kind: .commit, sequence: sequence, payload: end).append(to: &bytes, salt: salt)
    return bytes
  }

  private mutating func write(
    _ bytes: [UInt8], to segment: OpenSegment
  ) throws(StorageError) {
    do {
      try segment.file.write(bytes, at: segment.end)
    } catch {
      // What was written of the batch must not stand before a later one.
      do { try segment.file.truncate(to: segment.end) } catch { throw poisoned(by: error) }
      throw StorageError(error)
    }
  }

  private mutating func openSegment() throws(StorageError) -> OpenSegment {
    if let current { return current }
    let salt = UInt32(truncatingIfNeeded: random.uint64())
    let header = SegmentHeader(number: nextSegment, firstSequence: nextSequence, salt: salt)
    let path = layout.segment(nextSegment)
    nextSegment += 1
    let file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(path, .createNew)
      try file.write(header.bytes, at: 0)
      return file
    }
    do {
      try file.synchronize()
      try fileSystem.synchronizeDirectory(layout.log)
    } catch { throw poisoned(by: error) }
    let segment = OpenSegment(file: file, salt: salt, end: SegmentHeader.byteCount)
    current = segment
    return segment
  }

  /// Ends the current segment: the next batch begins a new one, whose number is returned.
  mutating func beginSegment() -> UInt64 {
    current?.file.close()
    current = nil
    return nextSegment
  }

  /// From now on all that was written is in the documents' files.
  mutating func noteCheckpoint() { byteCount = 0 }

  private mutating func poisoned(by error: SystemError) -> StorageError {
    let poison = StorageError(
      .poisoned, path: error.path,
      problem: "\(error); nothing more is saved until the store is opened again",
      underlying: error)
    self.poison = poison
    return poison
  }

  /// Every later call fails.
  mutating func close() {
    current?.file.close()
    current = nil
    poison = StorageError(
      .poisoned, path: layout.root, problem: "is closed; nothing more is saved until it is opened")
  }
}
