import Documents
import Planted
import Platform

/// A batch on its way into the log.
struct LogBatch {
  let records: [(kind: Frame.Kind, payload: [UInt8])]
  let mark: UInt64
  /// The first record of it that stands in the log already; nil if none does.
  var begun: UInt64?

  var isEmpty: Bool { records.isEmpty && begun == nil }

  init(records: [(kind: Frame.Kind, payload: [UInt8])], mark: UInt64, begun: UInt64? = nil) {
    self.records = records
    self.mark = mark
    self.begun = begun
  }
}

/// The log: batches of records, each durable as a whole or not at all.
struct WriteAheadLog {
  private let layout: StoreLayout
  private let environment: StoreEnvironment
  let pool: SegmentPool
  private var current: OpenSegment?
  /// What is written of a batch that is not whole, behind the end of the segment.
  private var begun: BegunBatch?
  /// The number that the next segment gets.
  private(set) var nextSegment: UInt64
  private(set) var nextSequence: UInt64
  /// After the last batch.
  private(set) var chain: LogChain
  /// Why nothing can be written any more; nil while all is well.
  private(set) var poison: StorageError?
  /// Bytes written since the last checkpoint.
  private(set) var byteCount: Int

  private var fileSystem: any FileSystem { environment.fileSystem }

  private struct OpenSegment {
    let number: UInt64
    let file: any File
    let salt: UInt32
    /// Behind the last batch.
    var end: Int
    /// Where the file ends that was made before it was needed.
    let capacity: Int
  }

  private struct BegunBatch {
    /// Its first record, which is its name.
    let first: UInt64
    /// The number of the next record.
    var sequence: UInt64
    /// Where that will begin.
    var end: Int
    var checksums: [UInt32] = []
  }

  /// Where a log goes on.
  struct Position: Sendable {
    /// The number of the next segment.
    var segment: UInt64
    /// The sequence number of the next frame.
    var sequence: UInt64
    var chain: LogChain
  }

  /// - Parameter byteCount: what there is of log already.
  init(
    layout: StoreLayout, environment: StoreEnvironment, position: Position, byteCount: Int
  ) {
    self.layout = layout
    self.environment = environment
    pool = SegmentPool(
      layout: layout, fileSystem: environment.fileSystem,
      segmentByteCount: environment.segmentByteCount)
    nextSegment = position.segment
    nextSequence = position.sequence
    chain = position.chain
    self.byteCount = byteCount
  }

  /// Goes on behind the last batch of a segment, if nothing stands there.
  ///
  /// - Parameter isDurable: whether everything in it is known to be. A program that was killed may
  ///   have left a write, or the segment's name, that can be read but is not; on return it is. If that
  ///   program's sync failed, the system takes the bytes for durable and would not write them again:
  ///   so they are written anew.
  mutating func resume(
    _ segment: SegmentReading, isDurable: Bool
  ) throws(StorageError) {
    let file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(segment.path, .readWrite)
      guard !isDurable, !planted(Fault.lastWriteNotWrittenAnew) else { return file }
      let start = segment.lastWriteStart
      try file.write(try file.read(at: start, count: segment.validEnd - start), at: start)
      try file.synchronize()
      try fileSystem.synchronizeDirectory(layout.log)
      return file
    }
    guard let header = segment.header, segment.end == .clean
    else { return file.close() }
    current = OpenSegment(
      number: header.number, file: file, salt: header.salt, end: segment.validEnd,
      capacity: segment.byteCount)
  }

  /// Writes batches with one write and one fdatasync. On return they are durable.
  ///
  /// - Returns: where the records of each batch stand.
  /// - Throws: `system` if they could not be written: the log is as before. `poisoned` if nobody
  ///   knows what is durable: every later call fails too.
  mutating func append(_ batches: [LogBatch]) throws(StorageError) -> [[LogPlace]] {
    if let poison { throw poison }
    guard let first = batches.first else { return [] }
    try settleBegun(with: first.begun)
    for batch in batches.dropFirst() where batch.begun != nil { throw gaveUp }
    let segment = try segment(for: batches)
    let encoded = try encode(batches, for: segment)
    try write(encoded.bytes, to: segment, at: encoded.start)
    do throws(SystemError) {
      if !planted(Fault.acknowledgedBeforeSync) { try segment.file.synchronize() }
    } catch {
      if !planted(Fault.syncFailureIgnored) { throw poisoned(by: error) }
    }
    byteCount += encoded.end - segment.end
    current?.end = encoded.end
    (nextSequence, chain, begun) = (encoded.sequence, encoded.chain, nil)
    return encoded.places
  }

  /// Writes records of a batch before it is whole. Neither durable nor part of the log before the batch is
  /// appended, as the next one: whoever appends another in between gives this one up.
  ///
  /// - Parameter name: what the first such call for the batch has returned; nil for the first.
  /// - Returns: the batch's name, and where the records stand.
  /// - Throws: as `append` does; the batch is given up.
  mutating func begin(
    _ records: [(kind: Frame.Kind, payload: [UInt8])], of name: UInt64?
  ) throws(StorageError) -> (name: UInt64, places: [LogPlace]) {
    if let poison { throw poison }
    try settleBegun(with: name)
    let segment = try segment(for: [LogBatch(records: records, mark: 0)])
    var encoded = Encoded(behind: begun, segment, nextSequence, chain)
    let places = try encode(records, into: &encoded, for: segment)
    try write(encoded.bytes, to: segment, at: encoded.start)
    begun = BegunBatch(
      first: begun?.first ?? nextSequence, sequence: encoded.sequence, end: encoded.end,
      checksums: (begun?.checksums ?? []) + places.map(\.checksum))
    return (begun?.first ?? nextSequence, places)
  }

  /// Gives up what is written of a batch, unless it is this one.
  /// - Throws: `system` if this one was given up before.
  private mutating func settleBegun(with name: UInt64?) throws(StorageError) {
    if begun?.first == name { return }
    giveUpBegun()
    if name != nil { throw gaveUp }
  }

  private var gaveUp: StorageError {
    StorageError(
      .system, path: layout.log,
      problem: "other changes were saved before these were whole; nothing of these was: try again")
  }

  /// What was written of the batch stands behind the end of its segment, where nothing may follow.
  mutating func giveUpBegun() {
    guard begun != nil else { return }
    begun = nil
    if let current { try? current.file.truncate(to: max(current.end, current.capacity)) }
    endSegment()
  }

  /// Frames as they will stand in a segment.
  private struct Encoded {
    var bytes: [UInt8] = []
    /// Of the batches.
    var places: [[LogPlace]] = []
    /// Where they begin in the segment.
    let start: Int
    /// Of the next frame behind them.
    var sequence: UInt64
    var chain: LogChain

    var end: Int { start + bytes.count }

    init(
      behind begun: BegunBatch?, _ segment: OpenSegment, _ sequence: UInt64, _ chain: LogChain
    ) {
      start = begun?.end ?? segment.end
      self.sequence = begun?.sequence ?? sequence
      self.chain = chain
    }
  }

  private func encode(
    _ batches: [LogBatch], for segment: OpenSegment
  ) throws(StorageError) -> Encoded {
    var encoded = Encoded(behind: begun, segment, nextSequence, chain)
    encoded.bytes.reserveCapacity(byteCount(of: batches))
    let durable = nextSequence - 1
    for batch in batches {
      let places = try encode(batch.records, into: &encoded, for: segment)
      let checksums = (batch.begun == nil ? [] : begun?.checksums ?? []) + places.map(\.checksum)
      encoded.chain = encoded.chain.adding(checksums, digest: environment.digest)
      let end = BatchEnd(
        frameCount: UInt64(checksums.count), mark: batch.mark, durable: durable,
        chain: encoded.chain)
      _ = try encode([(.commit, end.payload)], into: &encoded, for: segment)
      encoded.places.append(places)
    }
    return encoded
  }

  private func encode(
    _ records: [(kind: Frame.Kind, payload: [UInt8])], into encoded: inout Encoded,
    for segment: OpenSegment
  ) throws(StorageError) -> [LogPlace] {
    var places: [LogPlace] = []
    places.reserveCapacity(records.count)
    for record in records {
      let payload = try environment.seal.sealed(
        record.payload,
        as: .frame(segment: segment.number, salt: segment.salt, sequence: encoded.sequence))
      let offset = encoded.end + Frame.headerByteCount
      let checksum = Frame.append(
        record.kind, payload, sequence: encoded.sequence,
        place: UInt32(encoded.sequence - nextSequence), salt: segment.salt, to: &encoded.bytes)
      places.append(
        LogPlace(
          segment: segment.number, offset: offset, byteCount: payload.count,
          sequence: encoded.sequence, checksum: checksum))
      encoded.sequence += 1
    }
    return places
  }

  private func byteCount(of batches: [LogBatch]) -> Int {
    let perFrame = Frame.headerByteCount + environment.seal.overhead
    return batches.reduce(0) { sum, batch in
      batch.records.reduce(sum + 2 * perFrame + 40) { $0 + $1.payload.count + perFrame }
    }
  }

  private mutating func write(
    _ bytes: [UInt8], to segment: OpenSegment, at offset: Int
  ) throws(StorageError) {
    do {
      try segment.file.write(bytes, at: offset)
    } catch {
      // What was written of the batch must not stand before a later one: that goes into a new segment.
      giveUpBegun()
      endSegment()
      throw StorageError(error)
    }
  }

  // MARK: - Segments

  private mutating func segment(for batches: [LogBatch]) throws(StorageError) -> OpenSegment {
    if let current {
      if begun != nil { return current }
      let limit = max(current.capacity, environment.segmentByteCount)
      let isEmpty = current.end == SegmentHeader.byteCount
      if isEmpty || current.end + byteCount(of: batches) <= limit { return current }
    }
    return try beginSegment()
  }

  /// Ends the current segment and begins another, whose head and name are durable on return.
  @discardableResult
  private mutating func beginSegment() throws(StorageError) -> OpenSegment {
    endSegment()
    let salt = UInt32(truncatingIfNeeded: environment.random.uint64())
    let header = SegmentHeader(
      number: nextSegment, firstSequence: nextSequence, chain: chain, salt: salt)
    let path = layout.segment(header.number)
    nextSegment += 1
    let (file, size) = try translated { () throws(SystemError) in
      let file = try pool.take(as: path)
      try file.write(header.bytes, at: 0)
      return (file, try file.size())
    }
    do {
      try file.synchronize()
      try fileSystem.synchronizeDirectory(layout.log)
    } catch { throw poisoned(by: error) }
    let segment = OpenSegment(
      number: header.number, file: file, salt: salt, end: SegmentHeader.byteCount, capacity: size)
    current = segment
    return segment
  }

  private mutating func endSegment() {
    current?.file.close()
    current = nil
  }

  /// Begins a segment at which a checkpoint will make recovery start.
  /// - Returns: the position before it: all batches so far are in earlier segments.
  mutating func rotate() throws(StorageError) -> Position {
    if let poison { throw poison }
    giveUpBegun()
    let position = Position(segment: nextSegment, sequence: nextSequence, chain: chain)
    try beginSegment()
    return position
  }

  /// Whether so much of the segment is written that the next one should be ready.
  var wantsNextSegment: Bool {
    guard let current else { return false }
    return current.end > environment.segmentByteCount / 2
  }

  /// Notes that a checkpoint covers so many bytes.
  mutating func forget(_ covered: Int) { byteCount = max(0, byteCount - covered) }

  private mutating func poisoned(by error: SystemError) -> StorageError {
    let poison = StorageError(
      .poisoned, path: error.path,
      problem: "\(error); nothing more is saved until the store is opened again",
      underlying: error)
    self.poison = poison
    return poison
  }

  /// Every later call that writes fails.
  mutating func stop(because error: StorageError) { poison = error }

  /// Every later call fails.
  mutating func close() {
    endSegment()
    poison = StorageError(
      .poisoned, path: layout.root, problem: "is closed; nothing more is saved until it is opened")
  }
}
