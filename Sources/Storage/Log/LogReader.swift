import Platform
import Synchronization

/// Where a record's payload stands in the log.
struct LogPlace: Sendable, Equatable {
  /// The number of the segment.
  let segment: UInt64
  /// In bytes.
  let offset: Int
  let byteCount: Int
  /// The number of the record.
  let sequence: UInt64
  /// As it stands in the frame.
  let checksum: UInt32
}

/// Reads single records out of the log.
final class LogReader: Sendable {
  /// So many segments stay open.
  private static let openSegmentCount = 16

  private struct Segment: Sendable {
    let file: any File
    let salt: UInt32
  }

  private let layout: StoreLayout
  private let fileSystem: any FileSystem
  private let seal: any Seal
  private let segments = Mutex<[UInt64: Segment]>([:])

  init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    fileSystem = environment.fileSystem
    seal = environment.seal
  }

  /// The content of a record.
  /// - Throws: `corrupt` if the bytes are not what was written.
  func read(_ place: LogPlace) throws(StorageError) -> [UInt8] {
    let segment = try segment(place.segment)
    let bytes = try translated { () throws(SystemError) in
      try segment.file.read(at: place.offset, count: place.byteCount)
    }
    guard bytes.count == place.byteCount, crc32c(bytes, seed: segment.salt) == place.checksum
    else {
      throw StorageError(
        .corrupt, path: segment.file.path, offset: place.offset,
        problem: "a record differs from what was written")
    }
    return try seal.content(
      of: bytes,
      as: .frame(segment: place.segment, salt: segment.salt, sequence: place.sequence),
      path: segment.file.path, offset: place.offset)
  }

  private func segment(_ number: UInt64) throws(StorageError) -> Segment {
    if let segment = segments.withLock({ $0[number] }) { return segment }
    let path = layout.segment(number)
    let (file, head) = try translated { () throws(SystemError) in
      let file = try fileSystem.open(path, .read)
      return (file, try file.read(at: 0, count: SegmentHeader.byteCount))
    }
    guard let header = SegmentHeader(head) else {
      throw StorageError(
        .corrupt, path: path, offset: 0, problem: "the head of the segment is damaged")
    }
    let segment = Segment(file: file, salt: header.salt)
    segments.withLock { segments in
      if segments.count >= Self.openSegmentCount { segments.removeAll() }
      segments[number] = segment
    }
    return segment
  }

  func release(before number: UInt64) {
    segments.withLock { segments in segments = segments.filter { $0.key >= number } }
  }
}
