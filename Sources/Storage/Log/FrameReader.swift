import Planted
import Platform

/// The bytes of a segment, of which only a window is in memory. For one thread.
final class SegmentBytes {
  private static let windowByteCount = 256 << 10

  let count: Int
  private let file: any File
  /// Where the window begins.
  private var start = 0
  private var window: [UInt8] = []

  /// - Parameter file: stays open as long as anything is read.
  init(_ file: any File) throws(SystemError) {
    self.file = file
    count = try file.size()
  }

  /// The bytes at a place; fewer where the file ends.
  func read(at offset: Int, count: Int) throws(SystemError) -> ArraySlice<UInt8> {
    let end = min(offset + count, self.count)
    guard offset < end else { return [] }
    if offset < start || end > start + window.count {
      window = try file.read(at: offset, count: max(end - offset, Self.windowByteCount))
      start = offset
    }
    return window[(offset - start)..<min(end - start, window.count)]
  }

  /// Whether anything but zeros stands between two places. O(bytes).
  func hasContent(from offset: Int, to end: Int) throws(SystemError) -> Bool {
    var place = offset
    while place < min(end, count) {
      let bytes = try read(at: place, count: min(Self.windowByteCount, end - place))
      if bytes.isEmpty { return false }
      if bytes.contains(where: { $0 != 0 }) { return true }
      place += bytes.count
    }
    return false
  }
}

/// Reads frames out of a segment.
struct FrameReader {
  let bytes: SegmentBytes
  /// The number of the segment.
  let segment: UInt64
  let salt: UInt32
  let seal: any Seal

  /// The frame at a place, and where it ends; nil if no valid one begins there. O(payload).
  func read(at offset: Int) throws(SystemError) -> (frame: LoggedFrame, payload: [UInt8], end: Int)?
  {
    let header = Array(try bytes.read(at: offset, count: Frame.headerByteCount))
    guard Self.mayBeHeader(header[...]), let kind = Frame.Kind(rawValue: header[4]),
      crc32c(header[..<24], seed: salt) == header.littleEndian(UInt32.self, at: 24)
    else { return nil }
    let count = Int(header.littleEndian(UInt32.self, at: 0))
    guard count <= Frame.maximumPayloadByteCount else { return nil }
    let begin = offset + Frame.headerByteCount
    let payload = Array(try bytes.read(at: begin, count: count))
    let written = header.littleEndian(UInt32.self, at: 20)
    let checksum = planted(Fault.saltUnchecked) ? written : crc32c(payload, seed: salt)
    guard payload.count == count, checksum == written else { return nil }
    let sequence = header.littleEndian(UInt64.self, at: 8)
    let piece = SealedPiece.frame(segment: segment, salt: salt, sequence: sequence)
    guard let content = seal.opened(payload, as: piece) else { return nil }
    let frame = LoggedFrame(
      kind: kind, place: header.littleEndian(UInt32.self, at: 16),
      record: LogPlace(
        segment: segment, offset: begin, byteCount: count, sequence: sequence, checksum: checksum))
    return (frame, content, begin + count)
  }

  /// Cheap where no header begins.
  private static func mayBeHeader(_ bytes: ArraySlice<UInt8>) -> Bool {
    let first = bytes.startIndex
    return bytes.count >= Frame.headerByteCount && (1...6).contains(bytes[first + 4])
      && bytes[first + 5] == 0 && bytes[first + 6] == 0 && bytes[first + 7] == 0
  }

  /// The first valid frame at a place or beyond, wherever it begins. O(bytes).
  func firstFrame(from offset: Int) throws(SystemError) -> (frame: LoggedFrame, payload: [UInt8])? {
    var place = offset
    while place + Frame.headerByteCount <= bytes.count {
      let header = try bytes.read(at: place, count: Frame.headerByteCount)
      if Self.mayBeHeader(header), let (frame, payload, _) = try read(at: place) {
        return (frame, payload)
      }
      place += 1
    }
    return nil
  }
}
