internal import CSystem

/// The CRC-32C (Castagnoli) of some bytes, by the processor's instruction where it has one.
///
/// It finds accidents, not attacks. It can be taken piece by piece:
/// `crc32c(a + b, seed: 0) == crc32c(b, seed: crc32c(a, seed: 0))`.
///
/// - Parameter seed: the checksum of what came before; 0 at the start, or a salt.
/// - Complexity: O(*n*), several bytes a nanosecond.
package func crc32c(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
  checksum_crc32c(bytes.baseAddress, bytes.count, seed)
}

/// The CRC-32C (Castagnoli) of some bytes, continued from `seed`.
package func crc32c(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
  bytes.withUnsafeBytes { crc32c($0, seed: seed) }
}

/// The CRC-32C of a part of an array, without a copy of it.
package func crc32c(_ bytes: ArraySlice<UInt8>, seed: UInt32 = 0) -> UInt32 {
  bytes.withUnsafeBytes { crc32c($0, seed: seed) }
}
