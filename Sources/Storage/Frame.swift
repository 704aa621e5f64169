import Platform

/// A record of the log, as bytes:
///
///     offset  size
///          0     4  payload length, little-endian
///          4     1  kind
///          5     3  zero
///          8     8  log sequence number, little-endian: 1 more than that of the frame before
///         16     4  CRC-32C of the payload, seeded with the segment's salt
///         20     4  CRC-32C of the bytes 0 to 19, seeded with the segment's salt
///         24        payload
///
/// A frame is valid if and only if both checksums hold, the kind is known, the three bytes are zero
/// and the sequence number is the expected one.
package struct Frame: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    /// A document with all its versions, as in its file.
    case document = 1
    /// Transactions that became known.
    case transactions = 2
    /// A named value of the replica.
    case register = 3
    /// The end of a batch: all frames since the last one count from here on, together. The payload
    /// is their number, 8 bytes, little-endian.
    case commit = 4
  }

  static let headerByteCount = 24
  /// No payload is longer than this many bytes.
  package static let maximumPayloadByteCount = 64 << 20

  package let kind: Kind
  package let sequence: UInt64
  package let payload: [UInt8]

  func append(to bytes: inout [UInt8], salt: UInt32) {
    let start = bytes.count
    bytes.appendLittleEndian(UInt32(payload.count))
    bytes.append(kind.rawValue)
    bytes.append(contentsOf: [0, 0, 0])
    bytes.appendLittleEndian(sequence)
    bytes.appendLittleEndian(crc32c(payload, seed: salt))
    bytes.appendLittleEndian(crc32c(Array(bytes[start...]), seed: salt))
    bytes.append(contentsOf: payload)
  }
}

/// What stands at one place of a segment.
enum FrameReading {
  case frame(Frame, end: Int)
  /// The header is whole, its payload is not: the next frame begins at `end`.
  case damagedPayload(end: Int)
  /// No frame begins here.
  case none
}

/// Reads frames out of a segment's bytes.
struct FrameReader {
  let bytes: [UInt8]
  let salt: UInt32

  func read(at offset: Int) -> FrameReading {
    guard offset + Frame.headerByteCount <= bytes.count else { return .none }
    let header = Array(bytes[offset..<offset + 20])
    let sum = bytes.littleEndian(UInt32.self, at: offset + 20)
    guard crc32c(header, seed: salt) == sum, header[5] == 0, header[6] == 0, header[7] == 0,
      let kind = Frame.Kind(rawValue: header[4])
    else { return .none }
    let count = Int(bytes.littleEndian(UInt32.self, at: offset))
    guard count <= Frame.maximumPayloadByteCount else { return .none }
    let begin = offset + Frame.headerByteCount
    guard begin + count <= bytes.count else { return .damagedPayload(end: bytes.count) }
    let payload = Array(bytes[begin..<begin + count])
    guard crc32c(payload, seed: salt) == bytes.littleEndian(UInt32.self, at: offset + 16) else {
      return .damagedPayload(end: begin + count)
    }
    let sequence = bytes.littleEndian(UInt64.self, at: offset + 8)
    return .frame(Frame(kind: kind, sequence: sequence, payload: payload), end: begin + count)
  }

  /// Where a valid frame begins beyond a place; nil if nowhere. O(bytes).
  func nextFrame(after offset: Int) -> Int? {
    var place = offset + 1
    while place + Frame.headerByteCount <= bytes.count {
      if case .frame = read(at: place) { return place }
      place += 1
    }
    return nil
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  func littleEndian<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
    var value: Value = 0
    for index in (0..<MemoryLayout<Value>.size).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: self[offset + index])
    }
    return value
  }
}
