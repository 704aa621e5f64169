import Causality
import Platform

/// The journal: the versions that documents held once and hold no longer, in the order in which they
/// were replaced. Together with the documents it tells what each transaction changed. All numbers
/// little-endian.
///
///     offset  size
///          0     8  "SATCHELJ"
///          8     8  random, drawn when the file was begun
///         16        for each record:
///                   4  byte count of what follows the record's head of 28 bytes
///                  16  id of the document, as the store's seal hides it
///                   4  CRC-32C of what follows the head
///                   4  CRC-32C of the 24 bytes before
///                      the document as in its file, with nothing but the versions that were replaced
///
/// The file is appended to at checkpoints. It is written anew, under the next number, without the
/// records of documents whose content was dropped or erased.
struct JournalFile: Equatable, Sendable {
  static let headByteCount = 16
  static let magic = Array("SATCHELJ".utf8)

  /// Counted from 1 on.
  let number: UInt32
  /// What stands in its head.
  let mark: UInt64
  /// Where its last record ends.
  var byteCount: Int

  var head: [UInt8] {
    var bytes = Self.magic
    bytes.appendLittleEndian(mark)
    return bytes
  }
}

/// The head of a record of the journal.
struct JournalRecordHead {
  static let byteCount = 28

  let payloadByteCount: Int
  let hiddenID: UniqueID
  let checksum: UInt32

  init(hiddenID: UniqueID, payload: [UInt8]) {
    self.hiddenID = hiddenID
    payloadByteCount = payload.count
    checksum = crc32c(payload, seed: 0)
  }

  /// Nil if the bytes are damaged.
  init?(_ bytes: [UInt8], at offset: Int) {
    guard bytes.count - offset >= Self.byteCount,
      crc32c(bytes[offset..<offset + 24], seed: 0)
        == bytes.littleEndian(UInt32.self, at: offset + 24)
    else { return nil }
    payloadByteCount = Int(bytes.littleEndian(UInt32.self, at: offset))
    hiddenID = UniqueID(
      high: bytes.littleEndian(UInt64.self, at: offset + 4),
      low: bytes.littleEndian(UInt64.self, at: offset + 12))
    checksum = bytes.littleEndian(UInt32.self, at: offset + 20)
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    bytes.appendLittleEndian(UInt32(payloadByteCount))
    bytes.appendLittleEndian(hiddenID.high)
    bytes.appendLittleEndian(hiddenID.low)
    bytes.appendLittleEndian(checksum)
    bytes.appendLittleEndian(crc32c(bytes, seed: 0))
    return bytes
  }
}
