import Platform

/// A file system that tells how long it takes until bytes are durable.
struct MeasuredFileSystem: FileSystem {
  let inner: any FileSystem
  let note: @Sendable (_ seconds: Double) -> Void

  func open(
    _ path: String, _ mode: OpenMode, permissions: UInt16
  ) throws(SystemError) -> any File {
    MeasuredFile(try inner.open(path, mode, permissions: permissions), note)
  }

  func createDirectory(_ path: String, permissions: UInt16) throws(SystemError) {
    try inner.createDirectory(path, permissions: permissions)
  }

  func contents(ofDirectory path: String) throws(SystemError) -> [String] {
    try inner.contents(ofDirectory: path)
  }

  func rename(_ from: String, to: String) throws(SystemError) { try inner.rename(from, to: to) }
  func link(_ path: String, to other: String) throws(SystemError) {
    try inner.link(path, to: other)
  }
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

private final class MeasuredFile: File {
  private let inner: any File
  private let note: @Sendable (Double) -> Void

  init(_ inner: any File, _ note: @escaping @Sendable (Double) -> Void) {
    (self.inner, self.note) = (inner, note)
  }

  var path: String { inner.path }

  func synchronize() throws(SystemError) {
    let start = ContinuousClock.now
    defer { note((ContinuousClock.now - start) / .seconds(1)) }
    try inner.synchronize()
  }

  func size() throws(SystemError) -> Int { try inner.size() }
  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    try inner.read(at: offset, count: count)
  }
  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    try inner.write(bytes, at: offset)
  }
  func truncate(to byteCount: Int) throws(SystemError) { try inner.truncate(to: byteCount) }
  func reserve(byteCount: Int) throws(SystemError) { try inner.reserve(byteCount: byteCount) }
  func tryLock() throws(SystemError) -> Bool { try inner.tryLock() }
  func close() { inner.close() }
}
