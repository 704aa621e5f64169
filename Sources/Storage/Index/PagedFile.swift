import Platform
import Synchronization

/// A file of pages, each with a checksum of its own that is looked at when the page is first used:
/// opening costs the same whatever the size, and damage is found where it is, not everywhere.
///
///     offset  size
///          0     8  "SATCHELX"
///          8     4  number of pages behind the first, little-endian, as all numbers here
///         12     4  byte count of the directory
///         16     8  offset of the directory, which stands in the pages
///         24     4  CRC-32C of the table of checksums
///         28     4  CRC-32C of the bytes 0 to 27
///      4,096        the pages, 4,096 bytes each
///                   table of checksums: the CRC-32C of each page, 4 bytes each
///
/// Pages are read by calls, not mapped into memory: a disk that cannot read a page, or somebody who
/// shortens the file, would end the process.
final class PagedFile: Sendable {
  static let pageByteCount = 4096
  static let magic = Array("SATCHELX".utf8)
  static let headerByteCount = 32
  /// So many pages are kept in memory.
  private static let cachedPageCount = 2048

  let path: String
  let byteCount: Int
  private let file: any File
  private let checksums: [UInt32]
  private let directoryPlace: (offset: Int, byteCount: Int)
  private let cache = Mutex(RecentCache<Int, [UInt8]>(capacity: cachedPageCount))

  /// Opens a file and reads its head and its checksums; no page.
  ///
  /// - Throws: `corrupt`, with the place; `system`.
  init(_ path: String, _ fileSystem: any FileSystem) throws(StorageError) {
    self.path = path
    file = try translated { () throws(SystemError) in try fileSystem.open(path, .read) }
    let (head, size) = try translated { [file] () throws(SystemError) in
      (try file.read(at: 0, count: Self.headerByteCount), try file.size())
    }
    guard head.count == Self.headerByteCount, Array(head[0..<8]) == Self.magic,
      crc32c(head[0..<28], seed: 0) == head.littleEndian(UInt32.self, at: 28)
    else { throw StorageError(.corrupt, path: path, offset: 0, problem: "the head is damaged") }
    let pageCount = Int(head.littleEndian(UInt32.self, at: 8))
    let table = (pageCount + 1) * Self.pageByteCount
    byteCount = table + 4 * pageCount
    guard size == byteCount else {
      throw StorageError(
        .corrupt, path: path, offset: min(size, byteCount),
        problem: "\(size) bytes where \(byteCount) belong")
    }
    let bytes = try translated { [file] () throws(SystemError) in
      try file.read(at: table, count: 4 * pageCount)
    }
    guard crc32c(bytes, seed: 0) == head.littleEndian(UInt32.self, at: 24) else {
      throw StorageError(
        .corrupt, path: path, offset: table, problem: "the table of checksums is damaged")
    }
    checksums = (0..<pageCount).map { bytes.littleEndian(UInt32.self, at: 4 * $0) }
    directoryPlace = (
      Int(clamping: head.littleEndian(UInt64.self, at: 16)),
      Int(head.littleEndian(UInt32.self, at: 12))
    )
  }

  deinit { file.close() }

  /// What says where everything else stands.
  func directory() throws(StorageError) -> [UInt8] {
    try bytes(at: directoryPlace.offset, count: directoryPlace.byteCount)
  }

  var pageCount: Int { checksums.count }

  /// A page, counted from 1 on.
  ///
  /// - Throws: `corrupt` if it is damaged or there is none.
  func page(_ number: Int) throws(StorageError) -> [UInt8] {
    if let page = cache.withLock({ $0.value(number) }) { return page }
    let page = try read(number)
    cache.withLock { $0.set(number, page) }
    return page
  }

  private func read(_ number: Int) throws(StorageError) -> [UInt8] {
    let offset = number * Self.pageByteCount
    guard number >= 1, number <= checksums.count else {
      throw StorageError(.corrupt, path: path, offset: offset, problem: "there is no such page")
    }
    let page = try translated { () throws(SystemError) in
      try file.read(at: offset, count: Self.pageByteCount)
    }
    guard page.count == Self.pageByteCount, crc32c(page, seed: 0) == checksums[number - 1] else {
      throw StorageError(.corrupt, path: path, offset: offset, problem: "a page is damaged")
    }
    return page
  }

  /// Bytes that may go over several pages.
  func bytes(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    guard offset >= Self.pageByteCount, count >= 0, count <= byteCount - offset else {
      throw StorageError(.corrupt, path: path, offset: offset, problem: "a part is missing")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var next = offset
    while next < offset + count {
      let (number, start) = next.quotientAndRemainder(dividingBy: Self.pageByteCount)
      let end = min(Self.pageByteCount, start + offset + count - next)
      bytes += try page(number)[start..<end]
      next += end - start
    }
    return bytes
  }

  /// Reads every page and says which are damaged. O(file).
  func damagedPages() -> [StorageError] { damagedPages(1..<(pageCount + 1)) }

  /// Reads some pages from the disk and says which are damaged.
  func damagedPages(_ numbers: Range<Int>) -> [StorageError] {
    numbers.compactMap { number in
      do throws(StorageError) {
        _ = try read(number)
        return nil
      } catch { return error }
    }
  }
}

/// Writes a file of pages from its beginning to its end, with bounded memory but for 4 bytes a page.
struct PagedFileWriter: ~Copyable {
  private static let bufferByteCount = 1 << 20

  let path: String
  private let fileSystem: any FileSystem
  private let file: any File
  private var buffer: [UInt8] = []
  /// Where the buffer begins in the file; a multiple of the page size.
  private var bufferOffset = PagedFile.pageByteCount
  private var checksums: [UInt32] = []

  /// Begins a file under a temporary name.
  init(_ path: String, _ fileSystem: any FileSystem) throws(StorageError) {
    self.path = path
    self.fileSystem = fileSystem
    file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(path + temporaryFileSuffix, .openOrCreate)
      try file.truncate(to: 0)
      return file
    }
    buffer.reserveCapacity(Self.bufferByteCount + PagedFile.pageByteCount)
  }

  deinit { file.close() }

  /// Where the next byte will stand.
  var offset: Int { bufferOffset + buffer.count }

  mutating func append(_ bytes: some Collection<UInt8>) throws(StorageError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  /// Appends a record so that none goes over the end of a page.
  mutating func appendWithinPage(_ record: [UInt8]) throws(StorageError) {
    let left = PagedFile.pageByteCount - buffer.count % PagedFile.pageByteCount
    if left < record.count { pad() }
    try append(record)
  }

  /// Fills the page with zeros: what follows begins another.
  mutating func pad() {
    let rest = buffer.count % PagedFile.pageByteCount
    if rest > 0 {
      buffer.append(contentsOf: repeatElement(0, count: PagedFile.pageByteCount - rest))
    }
  }

  /// Writes the pages that are complete.
  private mutating func flush() throws(StorageError) {
    let count = buffer.count / PagedFile.pageByteCount * PagedFile.pageByteCount
    guard count > 0 else { return }
    let pages = Array(buffer[..<count])
    try translated { [file, bufferOffset] () throws(SystemError) in
      try file.write(pages, at: bufferOffset)
    }
    for start in stride(from: 0, to: count, by: PagedFile.pageByteCount) {
      checksums.append(crc32c(pages[start..<start + PagedFile.pageByteCount], seed: 0))
    }
    buffer.removeFirst(count)
    bufferOffset += count
  }

  /// Ends the file with its directory and gives it its name. Durable on return.
  consuming func finish(directory: [UInt8]) throws(StorageError) {
    let place = offset
    try append(directory)
    pad()
    try flush()
    var table: [UInt8] = []
    for checksum in checksums { table.appendLittleEndian(checksum) }
    var head = PagedFile.magic
    head.appendLittleEndian(UInt32(checksums.count))
    head.appendLittleEndian(UInt32(directory.count))
    head.appendLittleEndian(UInt64(place))
    head.appendLittleEndian(crc32c(table, seed: 0))
    head.appendLittleEndian(crc32c(head, seed: 0))
    try translated { [file, fileSystem, path, bufferOffset] () throws(SystemError) in
      try file.write(table, at: bufferOffset)
      try file.write(head, at: 0)
      try file.synchronize()
      try fileSystem.rename(file.path, to: path)
      try fileSystem.synchronizeDirectory(parentDirectory(of: path))
    }
  }
}
