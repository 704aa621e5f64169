internal import Glibc

/// Takes bytes one after the other.
package protocol ByteSink: AnyObject {
  func write(_ bytes: [UInt8]) throws(SystemError)
}

/// Standard output as a place for many bytes.
package final class StandardOutput: ByteSink {
  package init() {}

  package func write(_ bytes: [UInt8]) throws(SystemError) { try writeStandardOutput(bytes) }
}

/// A new file that is written from its beginning to its end. It can be read by this user only.
package final class AppendedFile: ByteSink {
  private let file: any File
  private var end = 0

  init(_ file: any File) { self.file = file }

  /// - Throws: `EEXIST` if something has that name.
  package convenience init(_ path: String, _ fileSystem: any FileSystem) throws(SystemError) {
    self.init(try fileSystem.open(path, .createNew))
  }

  package var path: String { file.path }

  package func write(_ bytes: [UInt8]) throws(SystemError) {
    try file.write(bytes, at: end)
    end += bytes.count
  }

  package func synchronize() throws(SystemError) { try file.synchronize() }
  package func close() { file.close() }
}

/// A file that gets its name once all of it is there and durable. Until then its bytes are in a temporary
/// file beside it (its name ends in `temporaryFileSuffix`).
package final class NewFile: ByteSink {
  private let path: String
  private let fileSystem: any FileSystem
  private let temporary: AppendedFile

  /// - Throws: `EEXIST` if something has that name: nothing is ever replaced.
  package init(_ path: String, _ fileSystem: any FileSystem) throws(SystemError) {
    guard try fileSystem.status(path) == nil else { throw .isThere(path) }
    (self.path, self.fileSystem) = (path, fileSystem)
    temporary = AppendedFile(try fileSystem.createTemporaryFile(for: path, permissions: 0o600))
  }

  package func write(_ bytes: [UInt8]) throws(SystemError) { try temporary.write(bytes) }

  /// On return, the whole content and its name are durable.
  /// - Throws: `EEXIST` if something got that name meanwhile. Nothing is left then or after another
  ///   failure, but where making the name durable failed.
  package func finish() throws(SystemError) {
    do throws(SystemError) {
      try temporary.synchronize()
      temporary.close()
      guard try fileSystem.status(path) == nil else { throw .isThere(path) }
      try fileSystem.rename(temporary.path, to: path)
    } catch {
      discard()
      throw error
    }
    try fileSystem.synchronizeDirectory(parentDirectory(of: path))
  }

  /// Removes what was written.
  package func discard() {
    temporary.close()
    try? fileSystem.removeFile(temporary.path)
  }
}

extension SystemError {
  fileprivate static func isThere(_ path: String) -> SystemError {
    SystemError("create", path, code: EEXIST)
  }
}
