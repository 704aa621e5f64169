internal import Glibc

/// The file system, as the store needs it: real (`POSIXFileSystem`) or simulated.
///
/// A change of names (create, rename, remove) is seen at once, but survives a power cut only after
/// `synchronizeDirectory` of every directory concerned, or `synchronizeFileSystem`. Symbolic links
/// are followed except by `status`, `rename` and the two methods that remove. Permissions are those
/// of `chmod`, less the process's umask. A path that holds a zero byte fails with `EINVAL`.
package protocol FileSystem: Sendable {
  func open(_ path: String, _ mode: OpenMode, permissions: UInt16) throws(SystemError) -> any File

  /// Makes a directory and those above it that are missing. An existing one is no error.
  func createDirectory(_ path: String, permissions: UInt16) throws(SystemError)

  /// The names in a directory, without `.` and `..`, sorted by their bytes. A name that is not
  /// UTF-8 appears repaired, and cannot be opened by that.
  ///
  /// - Complexity: O(*n* log *n*) for *n* names.
  func contents(ofDirectory path: String) throws(SystemError) -> [String]

  /// Gives a file or directory another name on the same file system, in one step; an existing file
  /// of that name is replaced.
  func rename(_ from: String, to: String) throws(SystemError)

  /// Gives a file a second name on the same file system. Both names lead to the same content.
  ///
  /// - Throws: also where the file system, or the way between the two names, knows no such thing:
  ///   copy the file then.
  func link(_ path: String, to other: String) throws(SystemError)

  func removeFile(_ path: String) throws(SystemError)

  /// Removes a directory, which must be empty.
  func removeDirectory(_ path: String) throws(SystemError)

  /// On return, the names in the directory are durable.
  func synchronizeDirectory(_ path: String) throws(SystemError)

  /// On return, everything written so far to the file system that holds `path` is durable.
  ///
  /// - Complexity: grows with what everybody on the machine has written there.
  func synchronizeFileSystem(_ path: String) throws(SystemError)

  /// What has this name (a symbolic link itself, not its target); nil if nothing has.
  func status(_ path: String) throws(SystemError) -> FileStatus?
}

extension FileSystem {
  package func link(_ path: String, to other: String) throws(SystemError) {
    throw SystemError("link", path, code: EOPNOTSUPP)
  }

  /// Opens a file; a new one can be read and written by this user only.
  package func open(_ path: String, _ mode: OpenMode) throws(SystemError) -> any File {
    try open(path, mode, permissions: 0o600)
  }

  /// Makes a directory, and those above it, for this user only.
  package func createDirectory(_ path: String) throws(SystemError) {
    try createDirectory(path, permissions: 0o700)
  }
}
