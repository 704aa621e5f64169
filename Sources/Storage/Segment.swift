import Platform

/// The head of a segment file:
///
///     offset  size
///          0     8  "SATCHEL1"
///          8     8  number of the segment, little-endian
///         16     8  sequence number of its first frame, little-endian
///         24     4  salt, random: seeds every checksum in the segment
///         28     4  CRC-32C of the bytes 0 to 27
struct SegmentHeader: Equatable {
  static let byteCount = 32
  static let magic = Array("SATCHEL1".utf8)

  let number: UInt64
  let firstSequence: UInt64
  let salt: UInt32

  var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.appendLittleEndian(number)
    bytes.appendLittleEndian(firstSequence)
    bytes.appendLittleEndian(salt)
    bytes.appendLittleEndian(crc32c(bytes, seed: 0))
    return bytes
  }

  init(number: UInt64, firstSequence: UInt64, salt: UInt32) {
    self.number = number
    self.firstSequence = firstSequence
    self.salt = salt
  }

  /// Nil if the bytes do not begin with a valid head.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.byteCount, Array(bytes[0..<8]) == Self.magic,
      crc32c(Array(bytes[0..<28]), seed: 0) == bytes.littleEndian(UInt32.self, at: 28)
    else { return nil }
    number = bytes.littleEndian(UInt64.self, at: 8)
    firstSequence = bytes.littleEndian(UInt64.self, at: 16)
    salt = bytes.littleEndian(UInt32.self, at: 24)
  }
}

/// A batch as it was read.
struct SegmentBatch {
  /// Without the commit frame.
  let frames: [Frame]
  /// The feed's mark at the end of the batch.
  let mark: UInt64
}

/// The payload of a commit frame: the number of frames in the batch and the feed's mark at its end,
/// 8 bytes each, little-endian.
enum CommitPayload {
  static func bytes(frameCount: Int, mark: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt64(frameCount))
    bytes.appendLittleEndian(mark)
    return bytes
  }

  static func read(_ payload: [UInt8]) -> (frameCount: UInt64, mark: UInt64)? {
    guard payload.count == 16 else { return nil }
    return (payload.littleEndian(UInt64.self, at: 0), payload.littleEndian(UInt64.self, at: 8))
  }
}

/// What a segment holds, as far as it is whole.
struct SegmentReading {
  let path: String
  /// By the file's name.
  let number: UInt64
  let header: SegmentHeader?
  /// Complete batches.
  var batches: [SegmentBatch] = []
  /// The end of the last complete batch, in bytes.
  var validEnd = 0
  var byteCount = 0
  /// A place where something is wrong although valid frames follow it.
  var damage: (offset: Int, what: String)?

  /// Whether bytes follow the last complete batch: a write that did not come to its end.
  var hasTornTail: Bool { validEnd < byteCount }

  /// The frames of all complete batches, commit frames included.
  var frameCount: Int { batches.reduce(0) { $0 + $1.frames.count + 1 } }

  /// Reads a segment.
  ///
  /// A frame that is not whole, with nothing valid behind it, is a torn tail and no damage: it was
  /// never acknowledged. With anything valid behind it, it is damage.
  init(path: String, number: UInt64, bytes: [UInt8]) {
    self.path = path
    self.number = number
    byteCount = bytes.count
    header = SegmentHeader(bytes)
    guard let header else {
      let isTorn = bytes.count < SegmentHeader.byteCount || bytes.allSatisfy { $0 == 0 }
      if !isTorn { damage = (0, "the head of the segment is damaged") }
      return
    }
    validEnd = SegmentHeader.byteCount
    read(FrameReader(bytes: bytes, salt: header.salt), from: header.firstSequence)
  }

  private mutating func read(_ reader: FrameReader, from firstSequence: UInt64) {
    var pending: [Frame] = []
    var offset = validEnd
    var sequence = firstSequence
    while offset < byteCount {
      guard case .frame(let frame, let end) = reader.read(at: offset) else {
        if let next = reader.nextFrame(after: offset) {
          damage = (offset, "a damaged record stands before a whole one at byte \(next)")
        }
        return
      }
      guard frame.sequence == sequence else {
        damage = (offset, "record \(frame.sequence) stands where \(sequence) belongs")
        return
      }
      offset = end
      sequence += 1
      if frame.kind == .commit {
        guard let commit = CommitPayload.read(frame.payload), commit.frameCount == pending.count
        else {
          damage = (offset, "a batch of \(pending.count) records says that it has another number")
          return
        }
        batches.append(SegmentBatch(frames: pending, mark: commit.mark))
        pending = []
        validEnd = end
      } else {
        pending.append(frame)
      }
    }
  }
}
