import Platform

/// A file of the feed, as an index names it. The documents of a server stand there in the order of their
/// arrival, so that whoever fetches all of them reads from one end to the other. All numbers
/// little-endian.
///
///     offset  size
///          0     8  "SATCHELF"
///          8     8  random, drawn when the file was begun
///         16        for each document:
///                   4  byte count of what follows the head of 16 bytes
///                   4  its CRC-32C
///                   8  arrival number
///                      the document, as in its file
///
/// A file is appended to at checkpoints, never changed. The feed can be made anew from the documents'
/// files: where it is damaged or missing, they are read instead.
struct FeedFile: Equatable, Sendable {
  static let headByteCount = 16
  static let recordHeadByteCount = 16
  static let magic = Array("SATCHELF".utf8)
  /// A file that is as long is not appended to.
  static let fullByteCount = 64 << 20

  /// Counted from 1 on, never used again.
  let number: UInt32
  /// What stands in its head: a file of the same number that belongs to another feed has another one.
  let mark: UInt64
  /// Where its last document ends.
  var byteCount: Int

  static func head(mark: UInt64) -> [UInt8] {
    var bytes = magic
    bytes.appendLittleEndian(mark)
    return bytes
  }

  /// Whether a file is this one, with all its documents.
  func isWhole(_ file: any File) throws(SystemError) -> Bool {
    guard try file.size() >= byteCount else { return false }
    return try file.read(at: 0, count: Self.headByteCount) == Self.head(mark: mark)
  }
}

/// Where a document stands in the feed.
struct FeedPlace: Equatable, Sendable {
  /// The number of the file.
  let file: UInt32
  /// Of the document's head, in bytes.
  let offset: UInt32
  /// Without its head.
  let byteCount: UInt32

  /// What it takes in the file.
  var wholeByteCount: Int { FeedFile.recordHeadByteCount + Int(byteCount) }
}
