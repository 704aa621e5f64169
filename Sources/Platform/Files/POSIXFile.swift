internal import CSystem
internal import Glibc
internal import Synchronization

/// An open file of the operating system.
final class POSIXFile: File {
  /// Reads of at most this many bytes trust the caller's count; larger ones look at the file first,
  /// so that a count that came from damaged bytes cannot exhaust the memory.
  private static let maximumTrustedByteCount = 1 << 16

  /// Who is using the descriptor. It is given back to the system by the last user after `close()`:
  /// its number may then name another file, which a late write must not reach.
  private struct Use {
    var callsUnderWay = 0
    var isClosed = false
    var isLocked = false
  }

  let path: String
  private let descriptor: Int32
  private let use = Mutex(Use())

  /// Takes over the descriptor.
  init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close() }

  func size() throws(SystemError) -> Int {
    try withDescriptor("fstat") { (descriptor) throws(SystemError) in
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw failure("fstat", errno) }
      return Int(status.st_size)
    }
  }

  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    guard offset >= 0, count >= 0 else { throw failure("read", EINVAL) }
    var count = count
    if count > Self.maximumTrustedByteCount {
      count = min(count, max(0, try size() - offset))
    }
    return try withDescriptor("read") { (descriptor) throws(SystemError) in
      try bytes(of: descriptor, at: offset, count: count)
    }
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    guard offset >= 0, offset <= Int.max - bytes.count else { throw failure("write", EINVAL) }
    try withDescriptor("write") { (descriptor) throws(SystemError) in
      var written = 0
      while written < bytes.count {
        let (result, code) = bytes.withUnsafeBytes {
          let count = $0.count - written
          return (pwrite(descriptor, $0.baseAddress! + written, count, offset + written), errno)
        }
        written += try progress("write", result, code)
      }
    }
  }

  func synchronize() throws(SystemError) {
    try withDescriptor("fdatasync") { (descriptor) throws(SystemError) in
      guard fdatasync(descriptor) == 0 else { throw failure("fdatasync", errno) }
    }
  }

  func truncate(to byteCount: Int) throws(SystemError) {
    try withDescriptor("ftruncate") { (descriptor) throws(SystemError) in
      while ftruncate(descriptor, byteCount) != 0 {
        let code = errno
        guard code == EINTR else { throw failure("ftruncate", code) }
      }
    }
  }

  func reserve(byteCount: Int) throws(SystemError) {
    guard byteCount > 0 else { return }
    let result = try withDescriptor("fallocate") { (descriptor) throws(SystemError) in
      var result: Int32
      repeat { result = system_allocate(descriptor, Int64(byteCount)) } while result == -EINTR
      return result
    }
    if result == -EOPNOTSUPP { return try growWithZeros(to: byteCount) }
    guard result >= 0 else { throw failure("fallocate", -result) }
  }

  func tryLock() throws(SystemError) -> Bool {
    try withDescriptor("flock") { (descriptor) throws(SystemError) in
      let result = system_try_lock(descriptor)
      if result == -EWOULDBLOCK { return false }
      guard result >= 0 else { throw failure("flock", -result) }
      use.withLock { $0.isLocked = true }
      return true
    }
  }

  func close() {
    let isLast = use.withLock { use in
      defer { use.isClosed = true }
      return !use.isClosed && use.callsUnderWay == 0
    }
    if isLast { giveBack() }
  }

  /// Runs `body` with the descriptor, which stays open meanwhile.
  private func withDescriptor<Result>(
    _ operation: String, _ body: (Int32) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let isOpen = use.withLock { use in
      if !use.isClosed { use.callsUnderWay += 1 }
      return !use.isClosed
    }
    guard isOpen else { throw failure(operation, EBADF) }
    defer {
      let isLast = use.withLock { use in
        use.callsUnderWay -= 1
        return use.isClosed && use.callsUnderWay == 0
      }
      if isLast { giveBack() }
    }
    return try body(descriptor)
  }

  /// An error of `close` is ignored: what had to be durable was synchronized before, and on Linux
  /// the descriptor is gone in any case. The lock is given up by name: it belongs to the open file,
  /// which a child process shares until it runs its own program.
  private func giveBack() {
    if use.withLock({ $0.isLocked }) { _ = system_unlock(descriptor) }
    _ = Glibc.close(descriptor)
  }

  private func bytes(
    of descriptor: Int32, at offset: Int, count: Int
  ) throws(SystemError) -> [UInt8] {
    try [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) throws(SystemError) in
      try output.withUnsafeMutableBufferPointer { (buffer, filled) throws(SystemError) in
        while filled < count {
          let place = buffer.baseAddress! + filled
          let result = pread(descriptor, place, count - filled, offset + filled)
          if result == 0 { return }
          filled += try progress("read", result, errno)
        }
      }
    }
  }

  /// How many bytes a call has moved: none if it was interrupted.
  private func progress(
    _ operation: String, _ result: Int, _ code: Int32
  ) throws(SystemError) -> Int {
    if result > 0 { return result }
    if result == 0 { throw failure(operation, EIO) }
    guard code == EINTR else { throw failure(operation, code) }
    return 0
  }

  private func failure(_ operation: String, _ code: Int32) -> SystemError {
    SystemError(operation, path, code: code)
  }
}
