import Platform

/// An open file of a simulated file system.
final class SimulatedFile: File {
  /// Above this, the real file asks for the size first.
  private static let maximumTrustedByteCount = 1 << 16

  let path: String
  private let handle: UInt64
  private let system: SimulatedFileSystem

  init(path: String, handle: UInt64, system: SimulatedFileSystem) {
    self.path = path
    self.handle = handle
    self.system = system
  }

  deinit { close() }

  func size() throws(SystemError) -> Int {
    try system.call(.size, "fstat", path) { (disk) throws(ErrorCode) in
      try disk.byteCount(handle)
    }
  }

  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    guard offset >= 0, count >= 0 else { throw invalid("read") }
    if count > Self.maximumTrustedByteCount { _ = try size() }
    return try system.call(.read, "read", path) { (disk) throws(ErrorCode) in
      try disk.read(handle, at: offset, count: count)
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    guard offset >= 0, offset <= Int.max - bytes.count else { throw invalid("write") }
    try system.call(
      .write, "write", path,
      onFailure: { disk in
        try? disk.write(self.handle, Array(bytes.prefix(bytes.count / 2)), at: offset)
      },
      { (disk) throws(ErrorCode) in try disk.write(handle, bytes, at: offset) })
  }

  func synchronize() throws(SystemError) {
    try system.call(
      .synchronize, "fdatasync", path, onFailure: { $0.forget(self.handle) },
      { (disk) throws(ErrorCode) in try disk.synchronize(handle) })
  }

  func truncate(to byteCount: Int) throws(SystemError) {
    try system.call(.truncate, "ftruncate", path) { (disk) throws(ErrorCode) in
      try disk.truncate(handle, to: byteCount)
    }
  }

  func reserve(byteCount: Int) throws(SystemError) {
    guard byteCount > 0 else { return }
    try system.call(.reserve, "fallocate", path) { (disk) throws(ErrorCode) in
      try disk.reserve(handle, byteCount: byteCount)
    }
  }

  func tryLock() throws(SystemError) -> Bool {
    try system.call(.lock, "flock", path) { (disk) throws(ErrorCode) in
      try disk.lock(handle)
    }
  }

  func close() { system.close(handle) }

  private func invalid(_ operation: String) -> SystemError {
    SystemError(operation, path, code: ErrorCode.invalid.number)
  }
}
