import Platform

/// The head of a segment file:
///
///     offset  size
///          0     8  "SATCHEL1"
///          8     8  number of the segment, little-endian
///         16     8  sequence number of its first frame, little-endian
///         24    16  chain before its first batch
///         40     4  salt, random: seeds every checksum in the segment, so that bytes of an earlier use
///                   of the file never look valid
///         44     4  CRC-32C of the bytes 0 to 43
struct SegmentHeader: Equatable {
  static let byteCount = 48
  static let magic = Array("SATCHEL1".utf8)

  let number: UInt64
  let firstSequence: UInt64
  let chain: LogChain
  let salt: UInt32

  var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.appendLittleEndian(number)
    bytes.appendLittleEndian(firstSequence)
    bytes += chain.bytes
    bytes.appendLittleEndian(salt)
    bytes.appendLittleEndian(crc32c(bytes, seed: 0))
    return bytes
  }

  init(number: UInt64, firstSequence: UInt64, chain: LogChain, salt: UInt32) {
    self.number = number
    self.firstSequence = firstSequence
    self.chain = chain
    self.salt = salt
  }

  /// Nil if the bytes do not begin with a valid head.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.byteCount, Array(bytes[0..<8]) == Self.magic,
      crc32c(bytes[0..<44], seed: 0) == bytes.littleEndian(UInt32.self, at: 44)
    else { return nil }
    number = bytes.littleEndian(UInt64.self, at: 8)
    firstSequence = bytes.littleEndian(UInt64.self, at: 16)
    chain = LogChain(bytes: Array(bytes[24..<40]))
    salt = bytes.littleEndian(UInt32.self, at: 40)
  }
}
