import Planted
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
  private let seal: any Seal
  private let checksums: [UInt32]
  private let directoryPlace: (offset: Int, byteCount: Int)
  private let cache = Mutex(RecentCache<Int, [UInt8]>(capacity: cachedPageCount))

  /// Opens a file and reads its head and its checksums; no page.
  ///
  /// - Throws: `corrupt`, with the place; `system`.
  init(_ path: String, _ environment: StoreEnvironment) throws(StorageError) {
    self.path = path
    seal = environment.seal
    file = try translated { () throws(SystemError) in
      try environment.fileSystem.open(path, .read)
    }
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

  /// What a page holds besides its seal. Offsets in the file's content count so many bytes a page, the
  /// head as one.
  var contentByteCount: Int { Self.pageByteCount - seal.overhead }

  /// The content of a page, counted from 1 on.
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
    return try seal.content(
      of: page, as: .page(number, file: Self.name(of: path)), path: path, offset: offset)
  }

  /// The name under which pages are sealed: the file's, without its directories.
  fileprivate static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Bytes that may go over several pages.
  func bytes(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    let end = (pageCount + 1) * contentByteCount
    guard offset >= contentByteCount, count >= 0, count <= end - offset else {
      throw StorageError(.corrupt, path: path, offset: offset, problem: "a part is missing")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var next = offset
    while next < offset + count {
      let (number, start) = next.quotientAndRemainder(dividingBy: contentByteCount)
      let end = min(contentByteCount, start + offset + count - next)
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
  private let seal: any Seal
  private let file: any File
  /// The content that is not written yet; begins with a page.
  private var buffer: [UInt8] = []
  /// Of the pages that are written.
  private var checksums: [UInt32] = []

  /// Begins a file under a temporary name.
  init(_ path: String, _ environment: StoreEnvironment) throws(StorageError) {
    self.path = path
    let fileSystem = environment.fileSystem
    self.fileSystem = fileSystem
    seal = environment.seal
    file = try translated { () throws(SystemError) in
      let file = try fileSystem.open(path + temporaryFileSuffix, .openOrCreate)
      try file.truncate(to: 0)
      return file
    }
    buffer.reserveCapacity(Self.bufferByteCount + PagedFile.pageByteCount)
  }

  deinit { file.close() }

  var contentByteCount: Int { PagedFile.pageByteCount - seal.overhead }

  /// Where the next byte will stand in the file's content.
  var offset: Int { (checksums.count + 1) * contentByteCount + buffer.count }

  mutating func append(_ bytes: some Collection<UInt8>) throws(StorageError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  /// Appends a record so that none goes over the end of a page.
  mutating func appendWithinPage(_ record: [UInt8]) throws(StorageError) {
    let left = contentByteCount - buffer.count % contentByteCount
    if left < record.count { pad() }
    try append(record)
  }

  /// Fills the page with zeros: what follows begins another.
  mutating func pad() {
    let rest = buffer.count % contentByteCount
    if rest > 0 { buffer.append(contentsOf: repeatElement(0, count: contentByteCount - rest)) }
  }

  /// Writes the pages that are complete.
  private mutating func flush() throws(StorageError) {
    let offset = (checksums.count + 1) * PagedFile.pageByteCount
    let name = PagedFile.name(of: path)
    var pages: [UInt8] = []
    var done = 0
    while done + contentByteCount <= buffer.count {
      let content = Array(buffer[done..<done + contentByteCount])
      let page = try seal.sealed(content, as: .page(checksums.count + 1, file: name))
      checksums.append(crc32c(page, seed: 0))
      pages += page
      done += contentByteCount
    }
    guard done > 0 else { return }
    try translated { [file, pages] () throws(SystemError) in try file.write(pages, at: offset) }
    buffer.removeFirst(done)
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
    let end = (checksums.count + 1) * PagedFile.pageByteCount
    try translated { [file, fileSystem, path] () throws(SystemError) in
      try file.write(table, at: end)
      try file.write(head, at: 0)
      if !planted(Fault.indexNotSynced) { try file.synchronize() }
      try fileSystem.rename(file.path, to: path)
      try fileSystem.synchronizeDirectory(parentDirectory(of: path))
    }
  }
}
