/// How to open a file.
package enum OpenMode: Sendable {
  /// An existing file, to read.
  case read
  /// An existing file, to read and write.
  case readWrite
  /// A new file, to read and write; fails with `EEXIST` if something has that name.
  case createNew
  /// A file to read and write, made empty if there is none.
  case openOrCreate
}

/// An open file. Every method may be called from several threads at once.
///
/// Bytes that were written can be read at once, but survive a power cut only after `synchronize()`
/// has returned. After `close()` all other methods fail with `EBADF`.
package protocol File: AnyObject, Sendable {
  /// The path by which the file was opened.
  var path: String { get }

  /// The size in bytes.
  func size() throws(SystemError) -> Int

  /// The bytes from `offset` on; fewer than `count` only at the end of the file.
  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8]

  /// Writes all bytes at `offset`. A gap after the old end is filled with zeros.
  ///
  /// - Throws: after which any part of the bytes may have been written.
  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError)

  /// On return, the content and the size are durable. (The name is not: see
  /// `FileSystem.synchronizeDirectory`.)
  ///
  /// - Throws: after which nobody knows what is durable. Calling it again proves nothing: the
  ///   system may have forgotten what it could not write.
  func synchronize() throws(SystemError)

  /// Cuts the file, or extends it with zeros that take no disk space.
  func truncate(to byteCount: Int) throws(SystemError)

  /// Makes sure that the first `byteCount` bytes have room on the disk, so that writing there does
  /// not fail for want of space. A shorter file grows, filled with zeros; nothing is ever cut.
  ///
  /// - Complexity: O(1) on most file systems, else O(`byteCount`).
  func reserve(byteCount: Int) throws(SystemError)

  /// Takes the exclusive lock of the file, until it is closed or the process ends; returns false if
  /// somebody else has it. Another open file of the same process counts as somebody else.
  func tryLock() throws(SystemError) -> Bool

  /// Closes the file and gives up its lock, once calls that are under way in other threads have
  /// returned. Calling it again does nothing.
  func close()
}

extension File {
  package func reserve(byteCount: Int) throws(SystemError) {
    try growWithZeros(to: byteCount)
  }

  /// Grows the file by writing zeros: for file systems that cannot reserve room in another way.
  func growWithZeros(to byteCount: Int) throws(SystemError) {
    let chunkByteCount = 1 << 20
    var end = try size()
    while end < byteCount {
      let count = min(chunkByteCount, byteCount - end)
      try write([UInt8](repeating: 0, count: count), at: end)
      end += count
    }
  }
}
