import Documents
import Platform

/// A batch as it was read.
struct SegmentBatch {
  /// Without the commit frame.
  let frames: [LoggedFrame]
  /// The feed's mark at the end of the batch.
  let mark: UInt64
  /// With which frame the write began that it is part of.
  let writeStart: UInt64
  /// The chain behind it.
  let chain: LogChain
}

/// A frame, and where its payload stands.
struct LoggedFrame {
  let kind: Frame.Kind
  /// Its place in its write.
  let place: UInt32
  let record: LogPlace

  var sequence: UInt64 { record.sequence }

  /// The sequence number of the first frame of its write.
  var writeStart: UInt64 { sequence &- UInt64(place) }
}

/// What a segment holds, as far as it is whole.
struct SegmentReading {
  /// How a segment ends behind its last complete batch.
  enum End: Equatable {
    /// With the file, or with zeros that were there before: a batch may follow at once.
    case clean
    /// With a write that did not come to its end and was never acknowledged.
    case torn
    /// With something that was acknowledged and is damaged now.
    case damaged(offset: Int, what: String)
  }

  let path: String
  /// By the file's name.
  let number: UInt64
  let header: SegmentHeader?
  /// Complete batches.
  private(set) var batches: [SegmentBatch] = []
  /// Where the write begins that the last complete batch is part of, in bytes.
  private(set) var lastWriteStart = 0
  /// The end of the last complete batch, in bytes.
  private(set) var validEnd = 0
  let byteCount: Int
  private(set) var end = End.clean
  /// Whole frames behind the damage, in order, where there is damage.
  private(set) var salvaged: [LoggedFrame] = []
  /// The chain after the last complete batch.
  private(set) var chain: LogChain

  /// The frames of all complete batches, commit frames included.
  var frameCount: Int { batches.reduce(0) { $0 + $1.frames.count + 1 } }

  /// Reads a segment. O(segment), in memory O(frames).
  ///
  /// Bytes behind the last complete batch are torn, if nothing shows that they had been
  /// acknowledged; damaged, if a later write does, since that begins only afterwards.
  ///
  /// - Parameters:
  ///   - file: the segment; stays open.
  ///   - closedAfter: the last record that was saved, if that is known for sure: behind it, where zeros
  ///     begin, nothing is looked for.
  init(
    path: String, number: UInt64, file: any File, closedAfter last: UInt64? = nil,
    seal: any Seal = NoSeal(), digest: Digest
  ) throws(SystemError) {
    self.path = path
    self.number = number
    let bytes = try SegmentBytes(file)
    byteCount = bytes.count
    header = SegmentHeader(Array(try bytes.read(at: 0, count: SegmentHeader.byteCount)))
    chain = header?.chain ?? .start
    guard let header else {
      end = try Self.endWithoutHead(bytes)
      return
    }
    // Without a batch the last write was that of the head.
    (lastWriteStart, validEnd) = (0, SegmentHeader.byteCount)
    let reader = FrameReader(bytes: bytes, segment: number, salt: header.salt, seal: seal)
    let next = try readBatches(reader, from: header.firstSequence, digest)
    if let last, next == last + 1, try endsWithZeros(bytes) { return }
    try judgeEnd(reader, expecting: next)
  }

  /// Whether there is room for a frame behind the last batch, and none begins there.
  private func endsWithZeros(_ bytes: SegmentBytes) throws(SystemError) -> Bool {
    let end = validEnd + Frame.headerByteCount
    if end > bytes.count { return false }
    return try !bytes.hasContent(from: validEnd, to: end)
  }

  /// The head is durable before anything is written behind it: where nothing is, the head itself was
  /// never finished.
  private static func endWithoutHead(_ bytes: SegmentBytes) throws(SystemError) -> End {
    if try bytes.hasContent(from: SegmentHeader.byteCount, to: bytes.count) {
      return .damaged(offset: 0, what: "the head of the segment is damaged")
    }
    return try bytes.hasContent(from: 0, to: bytes.count) ? .torn : .clean
  }

  /// - Returns: the sequence number that the next batch would begin with.
  private mutating func readBatches(
    _ reader: FrameReader, from firstSequence: UInt64, _ digest: Digest
  ) throws(SystemError) -> UInt64 {
    var sequence = firstSequence
    var place: UInt32 = 0
    var frames: [LoggedFrame] = []
    var next = firstSequence
    var offset = validEnd
    var writeStart = offset
    while let (frame, payload, end) = try reader.read(at: offset),
      frame.sequence == sequence, frame.place == place || frame.place == 0 && frames.isEmpty
    {
      if frame.place == 0 { writeStart = offset }
      (offset, sequence, place) = (end, sequence + 1, frame.place + 1)
      guard frame.kind == .commit else {
        frames.append(frame)
        continue
      }
      let after = chain.adding(frames.map(\.record.checksum), digest: digest)
      guard let last = BatchEnd(payload), last.frameCount == UInt64(frames.count),
        last.chain == after
      else { break }
      batches.append(
        SegmentBatch(
          frames: frames, mark: last.mark, writeStart: frame.writeStart, chain: after))
      (chain, validEnd, next, frames) = (after, end, sequence, [])
      lastWriteStart = writeStart
    }
    return next
  }

  private mutating func judgeEnd(
    _ reader: FrameReader, expecting next: UInt64
  ) throws(SystemError) {
    guard try reader.bytes.hasContent(from: validEnd, to: byteCount) else { return }
    end = .torn
    var found: [LoggedFrame] = []
    var later: LoggedFrame?
    var offset = validEnd
    while let (frame, _) = try reader.firstFrame(from: offset) {
      found.append(frame)
      if later == nil, frame.writeStart > next { later = frame }
      offset = frame.record.offset + frame.record.byteCount
    }
    guard let later else { return }
    let place = later.record.offset - Frame.headerByteCount
    end = .damaged(
      offset: validEnd,
      what:
        "record \(next) is damaged: record \(later.sequence) at byte \(place) shows "
        + "that it had been saved")
    salvaged = found
  }

  /// The sequence number behind the last frame that can be read; nil if none can.
  var nextSequence: UInt64? {
    let last = salvaged.map(\.sequence).max()
    return last.map { $0 + 1 } ?? header.map { $0.firstSequence + UInt64(frameCount) }
  }

  /// Leaves out the batches of the last write. One that failed may have reached the file all the same;
  /// the segment that was begun then says that the log goes on before it.
  /// - Returns: false, with nothing changed, if the last write did not begin there.
  mutating func cutLastWrite(at sequence: UInt64, _ chain: LogChain) -> Bool {
    guard let header, batches.last?.writeStart == sequence else { return false }
    let kept = batches.prefix { $0.writeStart != sequence }
    guard (kept.last?.chain ?? header.chain) == chain else { return false }
    batches = Array(kept)
    self.chain = chain
    return true
  }
}
