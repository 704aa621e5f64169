import Planted
import Platform

/// Segments that are ready before they are needed: as large as they will be, filled with zeros and
/// durable, so that a commit writes into blocks that the file system has already and syncs no more
/// than its own bytes.
struct SegmentPool {
  let layout: StoreLayout
  let fileSystem: any FileSystem
  let segmentByteCount: Int

  private static let chunkByteCount = 1 << 20

  /// Makes sure that a segment is ready. Durable on return.
  func prepare() throws(SystemError) {
    guard try fileSystem.status(layout.spareSegment) == nil else { return }
    let temporary = layout.spareSegment + temporaryFileSuffix
    let file = try fileSystem.open(temporary, .openOrCreate)
    defer { file.close() }
    try file.truncate(to: 0)
    try fill(file, from: 0, to: segmentByteCount)
    try file.synchronize()
    try fileSystem.rename(temporary, to: layout.spareSegment)
    try fileSystem.synchronizeDirectory(layout.log)
  }

  /// Drops the segments before one: none of them is written or read any more.
  func release(before segment: UInt64) throws(SystemError) {
    let names = try fileSystem.contents(ofDirectory: layout.log)
    for number in names.compactMap(StoreLayout.segmentNumber).sorted() where number < segment {
      try recycle(layout.segment(number))
    }
    try clean()
    try fileSystem.synchronizeDirectory(layout.log)
  }

  /// Removes what a preparation that failed has left.
  private func clean() throws(SystemError) {
    let temporary = layout.spareSegment + temporaryFileSuffix
    if try fileSystem.status(temporary) != nil { try fileSystem.removeFile(temporary) }
  }

  /// Turns a segment that is not needed any more into the one that is ready, or removes it if there
  /// is one already, or if it has another size.
  private func recycle(_ path: String) throws(SystemError) {
    let isReady = try fileSystem.status(layout.spareSegment) != nil
    guard !isReady, try fileSystem.status(path)?.byteCount == segmentByteCount else {
      return try fileSystem.removeFile(path)
    }
    let file = try fileSystem.open(path, .readWrite)
    defer { file.close() }
    let end = planted(Fault.oldLogNotCleared) ? SegmentHeader.byteCount : segmentByteCount
    try fill(file, from: 0, to: end)
    try file.synchronize()
    try fileSystem.rename(path, to: layout.spareSegment)
  }

  private func fill(_ file: any File, from start: Int, to end: Int) throws(SystemError) {
    let zeros = [UInt8](repeating: 0, count: min(Self.chunkByteCount, end - start))
    var offset = start
    while offset < end {
      let count = min(zeros.count, end - offset)
      try file.write(count == zeros.count ? zeros : Array(zeros[..<count]), at: offset)
      offset += count
    }
  }

  /// The segment that is ready, open under its new name, or a new empty file if none is. Neither the
  /// name nor what the caller writes is durable.
  func take(as path: String) throws(SystemError) -> any File {
    guard try hasBlank() else { return try fileSystem.open(path, .createNew) }
    try fileSystem.rename(layout.spareSegment, to: path)
    return try fileSystem.open(path, .readWrite)
  }

  /// Whether a segment is ready. One with a head was in use already: a power cut kept its bytes and lost its
  /// name. That head tells of a place that the log has passed by now, and under a name again, before it is
  /// written over, it would say that the log ended there: so such a segment is removed.
  private func hasBlank() throws(SystemError) -> Bool {
    guard try fileSystem.status(layout.spareSegment) != nil else { return false }
    let file = try fileSystem.open(layout.spareSegment, .read)
    defer { file.close() }
    let head = try file.read(at: 0, count: SegmentHeader.byteCount)
    if head.allSatisfy({ $0 == 0 }) { return true }
    try fileSystem.removeFile(layout.spareSegment)
    return false
  }
}
