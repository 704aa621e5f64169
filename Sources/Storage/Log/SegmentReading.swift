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

/// A frame, and where it stands.
struct LoggedFrame {
  let frame: Frame
  /// The checksum of its payload.
  let checksum: UInt32
  /// Where its payload begins, in bytes.
  let payloadOffset: Int
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

  /// Reads a segment.
  ///
  /// Bytes behind the last complete batch are torn, if nothing shows that they had been
  /// acknowledged; damaged, if a later write does, since that begins only afterwards.
  ///
  /// - Parameter fileByteCount: the size of the file; nil if these are all its bytes.
  init(
    path: String, number: UInt64, bytes: [UInt8], fileByteCount: Int? = nil,
    seal: any Seal = NoSeal(), digest: Digest
  ) {
    self.path = path
    self.number = number
    byteCount = fileByteCount ?? bytes.count
    header = SegmentHeader(bytes)
    chain = header?.chain ?? .start
    guard let header else {
      end = Self.endWithoutHead(bytes)
      return
    }
    (lastWriteStart, validEnd) = (SegmentHeader.byteCount, SegmentHeader.byteCount)
    let reader = FrameReader(bytes: bytes, segment: number, salt: header.salt, seal: seal)
    let next = readBatches(reader, from: header.firstSequence, digest)
    judgeEnd(reader, expecting: next)
  }

  /// The head is durable before anything is written behind it: where nothing is, the head itself was
  /// never finished.
  private static func endWithoutHead(_ bytes: [UInt8]) -> End {
    if bytes.dropFirst(SegmentHeader.byteCount).contains(where: { $0 != 0 }) {
      return .damaged(offset: 0, what: "the head of the segment is damaged")
    }
    return bytes.contains { $0 != 0 } ? .torn : .clean
  }

  /// - Returns: the sequence number that the next batch would begin with.
  private mutating func readBatches(
    _ reader: FrameReader, from firstSequence: UInt64, _ digest: Digest
  ) -> UInt64 {
    var sequence = firstSequence
    var place: UInt32 = 0
    var frames: [LoggedFrame] = []
    var next = firstSequence
    var offset = validEnd
    var writeStart = offset
    while case .frame(let frame, let checksum, let end) = reader.read(at: offset),
      frame.sequence == sequence, frame.place == place || frame.place == 0 && frames.isEmpty
    {
      if frame.place == 0 { writeStart = offset }
      let payload = offset + Frame.headerByteCount
      (offset, sequence, place) = (end, sequence + 1, frame.place + 1)
      guard frame.kind == .commit else {
        frames.append(LoggedFrame(frame: frame, checksum: checksum, payloadOffset: payload))
        continue
      }
      let after = chain.adding(frames.map(\.checksum), digest: digest)
      guard let last = BatchEnd(frame.payload), last.frameCount == UInt64(frames.count),
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

  private mutating func judgeEnd(_ reader: FrameReader, expecting next: UInt64) {
    guard reader.bytes[validEnd...].contains(where: { $0 != 0 }) else { return }
    end = .torn
    let later = reader.frames(after: validEnd).first { $0.frame.writeStart > next }
    guard let later else { return }
    end = .damaged(
      offset: validEnd,
      what:
        "record \(next) is damaged: record \(later.frame.sequence) at byte \(later.offset) shows "
        + "that it had been saved")
    salvage(reader, from: validEnd)
  }

  private mutating func salvage(_ reader: FrameReader, from offset: Int) {
    salvaged = reader.frames(after: offset).map { place, frame, checksum in
      LoggedFrame(
        frame: frame, checksum: checksum, payloadOffset: place + Frame.headerByteCount)
    }
  }

  /// The sequence number behind the last frame that can be read; nil if none can.
  var nextSequence: UInt64? {
    let last = salvaged.map(\.frame.sequence).max()
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
