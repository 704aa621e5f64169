internal import Glibc
import Planted

/// The end of the names of files that are being written and do not count yet. A crash may leave
/// some; the owner of the directory removes them when it starts.
package let temporaryFileSuffix = ".tmp"

/// The directory that holds `path`: "/a/b" → "/a", "/a" → "/", "a" → ".".
package func parentDirectory(of path: String) -> String {
  var bytes = Array(path.utf8)
  while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  bytes.removeSubrange(slash...)
  while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  return bytes.isEmpty ? "/" : String(decoding: bytes, as: UTF8.self)
}

extension FileSystem {
  /// All bytes of a file.
  ///
  /// - Throws: `EFBIG` if the file is larger than `maximumByteCount`.
  package func readFile(
    _ path: String, maximumByteCount: Int = 64 << 20
  ) throws(SystemError) -> [UInt8] {
    let file = try open(path, .read)
    defer { file.close() }
    let byteCount = try file.size()
    guard byteCount <= maximumByteCount else {
      throw SystemError("read", path, code: EFBIG)
    }
    return try file.read(at: 0, count: byteCount)
  }

  /// Replaces the content of a file, or makes a new one, so that after a power cut there is either
  /// the whole old or the whole new content. On return, the new content and its name are durable.
  ///
  /// The bytes go to a temporary file in the same directory (its name ends in
  /// `temporaryFileSuffix`), which then takes the name.
  ///
  /// - Throws: the temporary file has been removed, unless that failed too. If making the directory
  ///   durable failed, the new content is visible and either one may be there after a power cut.
  package func writeFileDurably(
    _ path: String, _ bytes: [UInt8], permissions: UInt16 = 0o600
  ) throws(SystemError) {
    let file = try createTemporaryFile(for: path, permissions: permissions)
    do throws(SystemError) {
      defer { file.close() }
      try file.write(bytes, at: 0)
      if !planted(Fault.smallFileNotSynced) { try file.synchronize() }
      try rename(file.path, to: path)
    } catch {
      try? removeFile(file.path)
      throw error
    }
    try synchronizeDirectory(parentDirectory(of: path))
  }

  /// A new file beside `path`. Names that another writer uses, or that a crash left, are passed by.
  func createTemporaryFile(
    for path: String, permissions: UInt16
  ) throws(SystemError) -> any File {
    let maximumAttempts = 64
    var attempt = 0
    while true {
      let number = attempt == 0 ? "" : ".\(attempt)"
      do {
        return try open(path + number + temporaryFileSuffix, .createNew, permissions: permissions)
      } catch {
        attempt += 1
        guard error.isAlreadyThere, attempt < maximumAttempts else { throw error }
      }
    }
  }

  /// Copies what a directory holds into another one, which is made if it is missing. Not durable on
  /// return.
  ///
  /// - Parameter names: what is left out at the top.
  /// - Throws: a part of it may have been copied.
  /// - Complexity: O(bytes).
  package func copyTree(
    _ path: String, to other: String, except names: Set<String> = []
  ) throws(SystemError) {
    try createDirectory(other)
    for name in try contents(ofDirectory: path) where !names.contains(name) {
      let (from, to) = ("\(path)/\(name)", "\(other)/\(name)")
      if try status(from)?.kind == .directory {
        try copyTree(from, to: to)
      } else {
        let file = try open(to, .createNew)
        defer { file.close() }
        try file.write(try readFile(from, maximumByteCount: .max), at: 0)
      }
    }
  }

  /// Removes a file, or a directory with everything in it. Symbolic links are removed, not
  /// followed. Nothing there is no error, nor is somebody who removes the same things meanwhile.
  ///
  /// - Throws: part of the tree may have been removed; calling it again goes on.
  /// - Complexity: O(*n*) for *n* names in the tree.
  package func removeTree(_ path: String) throws(SystemError) {
    guard let status = try status(path) else { return }
    do throws(SystemError) {
      guard status.kind == .directory else { return try removeFile(path) }
      for name in try contents(ofDirectory: path) {
        try removeTree("\(path)/\(name)")
      }
      try removeDirectory(path)
    } catch {
      guard error.isNotFound else { throw error }
    }
  }
}
