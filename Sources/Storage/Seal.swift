package import Causality

/// A piece of a store on the disk, as a seal knows it: what is sealed as one piece cannot be read as
/// another.
package enum SealedPiece: Sendable {
  /// The payload of a log record.
  case frame(segment: UInt64, salt: UInt32, sequence: UInt64)
  /// A document in the feed.
  case arrival(UInt64, file: UInt32)
  /// A record of the journal, by its place in bytes.
  case journal(Int, file: UInt32)
  /// A page of a file.
  case page(Int, file: String)
  /// A whole file, by its place in the store: a document's, too.
  case file(String)
}

/// The one place through which every log record and every file of a store passes on its way to the disk
/// and back. What stays outside says nothing of anybody: most of `store.json`, which must be read to know
/// the seal, `LOCK`, the reserve and the heads of segments and pages.
///
/// Checksums are made of what is sealed, so damage is found without opening it.
package protocol Seal: Sendable {
  /// By how many bytes a sealed piece is longer than its content.
  var overhead: Int { get }

  /// - Throws: `system` if it cannot be done: nothing may be written then.
  func sealed(_ content: [UInt8], as piece: SealedPiece) throws(StorageError) -> [UInt8]

  /// The id under which a document's file stands, instead of its own.
  /// - Returns: nil if the seal cannot tell any more.
  func hidden(_ id: UniqueID) -> UniqueID?

  /// The document's id behind a hidden one.
  func shown(_ id: UniqueID) -> UniqueID?

  /// The end of the names of documents' files.
  var fileSuffix: String { get }

  /// Whether what is written can be read by nobody else.
  var isSecret: Bool { get }

  /// The content of a sealed piece; nil if it was sealed as another piece, or by another seal.
  func opened(_ bytes: [UInt8], as piece: SealedPiece) -> [UInt8]?
}

extension Seal {
  package func hidden(_ id: UniqueID) -> UniqueID? { id }
  package func shown(_ id: UniqueID) -> UniqueID? { id }
  package var fileSuffix: String { Self.plainSuffix }
  package var isSecret: Bool { false }

  static var plainSuffix: String { ".json" }
}

/// Keeps everything as it is.
package struct NoSeal: Seal {
  package init() {}

  package var overhead: Int { 0 }
  package func sealed(_ content: [UInt8], as _: SealedPiece) -> [UInt8] { content }
  package func opened(_ bytes: [UInt8], as _: SealedPiece) -> [UInt8]? { bytes }
}

extension Seal {
  /// - Parameters:
  ///   - path: of the file in which the piece stands, for errors.
  ///   - offset: where it stands there.
  /// - Throws: `corrupt`.
  func content(
    of bytes: [UInt8], as piece: SealedPiece, path: String, offset: Int? = nil
  ) throws(StorageError) -> [UInt8] {
    if let content = opened(bytes, as: piece) { return content }
    throw StorageError(
      .corrupt, path: path, offset: offset, problem: "was sealed as something else")
  }
}
