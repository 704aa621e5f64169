import Platform

/// A record of the log, as bytes:
///
///     offset  size
///          0     4  payload length, little-endian
///          4     1  kind
///          5     3  zero
///          8     8  sequence number, little-endian: 1 more than that of the frame before
///         16     4  place in its write, little-endian, counted from 0
///         20     4  CRC-32C of the payload, seeded with the segment's salt
///         24     4  CRC-32C of the bytes 0 to 23, seeded with the segment's salt
///         28        payload
///
/// A frame is valid if and only if both checksums hold, the kind is known, the three bytes are zero
/// and the length is within its limit. A write holds one batch or several, and begins only after the
/// write before it is durable; the place says with which frame it began, even where that is damaged.
package enum Frame {
  package enum Kind: UInt8, Sendable {
    /// A document with all its versions, as in its file.
    case document = 1
    /// Transactions that became known.
    case transactions = 2
    /// A named value of the replica.
    case register = 3
    /// The end of a batch: its frames count from here on, together. See `BatchEnd`.
    case commit = 4
    /// Versions of a document that this batch replaces, for the journal: a document that holds nothing
    /// else.
    case replaced = 5
    /// Transactions of a replica that are called otherwise from here on: those behind a number.
    case cut = 6
  }

  static let headerByteCount = 28
  /// No payload is longer than this many bytes.
  package static let maximumPayloadByteCount = 64 << 20

  /// Appends a frame to bytes that will be written together.
  /// - Returns: the CRC-32C of the payload, as it stands in the frame.
  @discardableResult
  static func append(
    _ kind: Kind, _ payload: [UInt8], sequence: UInt64, place: UInt32, salt: UInt32,
    to bytes: inout [UInt8]
  ) -> UInt32 {
    let start = bytes.count
    let checksum = crc32c(payload, seed: salt)
    bytes.appendLittleEndian(UInt32(payload.count))
    bytes.append(kind.rawValue)
    bytes.append(contentsOf: [0, 0, 0])
    bytes.appendLittleEndian(sequence)
    bytes.appendLittleEndian(place)
    bytes.appendLittleEndian(checksum)
    bytes.appendLittleEndian(crc32c(bytes[start...], seed: salt))
    bytes.append(contentsOf: payload)
    return checksum
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _: Value.Type, at offset: Int
  ) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count)
    return Value(
      littleEndian: withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) })
  }
}
