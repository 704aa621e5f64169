import Platform
import Synchronization

/// A disk on which, while it is full, files of some directory take no more.
final class FillingDisk: FileSystem {
  private let inner = POSIXFileSystem()
  private let name: String
  private let isFull = Atomic(false)

  /// - Parameter name: stands in the paths of those files.
  init(filling name: String) { self.name = name }

  func fill() { isFull.store(true, ordering: .relaxed) }
  func empty() { isFull.store(false, ordering: .relaxed) }

  private var hasRoom: Bool { !isFull.load(ordering: .relaxed) }

  func open(
    _ path: String, _ mode: OpenMode, permissions: UInt16
  ) throws(SystemError) -> any File {
    let file = try inner.open(path, mode, permissions: permissions)
    return path.contains(name) ? FillingFile(file) { [self] in hasRoom } : file
  }

  func createDirectory(_ path: String, permissions: UInt16) throws(SystemError) {
    try inner.createDirectory(path, permissions: permissions)
  }
  func contents(ofDirectory path: String) throws(SystemError) -> [String] {
    try inner.contents(ofDirectory: path)
  }
  func rename(_ from: String, to: String) throws(SystemError) { try inner.rename(from, to: to) }
  func removeFile(_ path: String) throws(SystemError) { try inner.removeFile(path) }
  func removeDirectory(_ path: String) throws(SystemError) { try inner.removeDirectory(path) }
  func synchronizeDirectory(_ path: String) throws(SystemError) {
    try inner.synchronizeDirectory(path)
  }
  func synchronizeFileSystem(_ path: String) throws(SystemError) {
    try inner.synchronizeFileSystem(path)
  }
  func status(_ path: String) throws(SystemError) -> FileStatus? { try inner.status(path) }
}

private final class FillingFile: File {
  private static let noSpaceLeft: Int32 = 28

  private let inner: any File
  private let hasRoom: @Sendable () -> Bool

  init(_ inner: any File, _ hasRoom: @escaping @Sendable () -> Bool) {
    (self.inner, self.hasRoom) = (inner, hasRoom)
  }

  var path: String { inner.path }

  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    if hasRoom() { return try inner.write(bytes, at: offset) }
    // As much as still fits.
    try inner.write(Array(bytes.prefix(5)), at: offset)
    throw SystemError("write", path, code: Self.noSpaceLeft)
  }

  func size() throws(SystemError) -> Int { try inner.size() }
  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    try inner.read(at: offset, count: count)
  }
  func synchronize() throws(SystemError) { try inner.synchronize() }
  func truncate(to byteCount: Int) throws(SystemError) { try inner.truncate(to: byteCount) }
  func tryLock() throws(SystemError) -> Bool { try inner.tryLock() }
  func close() { inner.close() }
}
