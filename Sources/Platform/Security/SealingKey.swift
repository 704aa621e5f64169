internal import Glibc
internal import Synchronization

/// A key that seals pieces of data: nobody without it can read them, change them, or pass one off as another.
///
/// Each piece has a key of its own, made from this one by HMAC-SHA-256 of a fresh salt, so that no key of
/// AES-256-GCM ever seals twice. The nonce can stay the same then.
///
///     offset  size
///          0    24  salt: 16 bytes of the random source, and how many pieces this process has sealed with
///                   this key, so that two salts differ even if the random source repeats itself
///         24     n  the content, sealed
///     24 + n    16  tag
///
/// Safe to use from any thread.
package final class SealingKey: Sendable {
  package static let byteCount = 32
  /// By how much a sealed piece is longer than its content.
  package static let overhead = saltByteCount + AuthenticatedCipher.tagByteCount

  private static let saltByteCount = 24
  private static let nonce = [UInt8](repeating: 0, count: AuthenticatedCipher.nonceByteCount)
  private static let purpose = Array("satchel piece 1".utf8)

  private let cryptography: Cryptography
  private let random: any RandomSource
  /// Nil once it is forgotten.
  private let key: Mutex<SecretBytes?>
  private let sealedCount = Atomic<UInt64>(0)

  /// - Parameter key: 32 bytes.
  package init(_ key: SecretBytes, _ cryptography: Cryptography, random: any RandomSource) {
    precondition(key.count == Self.byteCount, "a sealing key has 32 bytes")
    self.cryptography = cryptography
    self.random = random
    self.key = Mutex(key)
  }

  /// A new key.
  package convenience init(_ cryptography: Cryptography, random: any RandomSource) {
    let key = SecretBytes(count: Self.byteCount) {
      $0.copyBytes(from: random.bytes(Self.byteCount))
    }
    self.init(key, cryptography, random: random)
  }

  /// Overwrites the key in memory once the pieces that are being sealed or opened are done. From then on
  /// nothing can be sealed or opened.
  package func forget() {
    key.withLock { $0 = nil }
    cryptography.dropIdleContexts()
  }

  package var isForgotten: Bool { key.withLock { $0 == nil } }

  /// - Parameter companion: says what the piece is; only with the same one can it be opened.
  /// - Returns: nil if the key is forgotten, or libcrypto lacks memory.
  package func sealed(_ content: [UInt8], companion: [UInt8]) -> [UInt8]? {
    guard let key = key.withLock({ $0 }) else { return nil }
    var bytes = newSalt()
    bytes.reserveCapacity(content.count + Self.overhead)
    let isDone = withPieceKey(key, salt: bytes[...]) { pieceKey in
      cryptography.cipher.seal(
        content, key: pieceKey, nonce: Self.nonce, companion: companion, appendingTo: &bytes)
    }
    return isDone ? bytes : nil
  }

  /// - Returns: nil if the piece is damaged, was sealed as something else or with another key, or if the key
  ///   is forgotten.
  package func opened(_ bytes: [UInt8], companion: [UInt8]) -> [UInt8]? {
    guard bytes.count >= Self.overhead, let key = key.withLock({ $0 }) else { return nil }
    return withPieceKey(key, salt: bytes[..<Self.saltByteCount]) { pieceKey in
      cryptography.cipher.open(
        bytes[Self.saltByteCount...], key: pieceKey, nonce: Self.nonce, companion: companion)
    }
  }

  /// Another secret that follows from the key: 32 bytes, for names and the like.
  /// - Parameter purpose: another one for each use, of any length but 39 bytes.
  /// - Returns: nil if the key is forgotten.
  package func derived(_ purpose: [UInt8]) -> [UInt8]? {
    precondition(purpose.count != Self.purpose.count + Self.saltByteCount)
    return key.withLock { $0 }.map { key in
      key.withBytes { cryptography.hmacSHA256(key: $0, purpose) }
    }
  }

  /// This key, sealed with another one.
  /// - Returns: nil if one of them is forgotten.
  package func wrapped(by other: SealingKey, companion: [UInt8]) -> [UInt8]? {
    guard let key = key.withLock({ $0 }) else { return nil }
    var bytes = key.withBytes { Array($0) }
    defer { bytes.withUnsafeMutableBytes { explicit_bzero($0.baseAddress!, $0.count) } }
    return other.sealed(bytes, companion: companion)
  }

  /// The key that was sealed with this one.
  package func unwrapped(_ bytes: [UInt8], companion: [UInt8]) -> SealingKey? {
    guard var content = opened(bytes, companion: companion), content.count == Self.byteCount else {
      return nil
    }
    defer { content.withUnsafeMutableBytes { explicit_bzero($0.baseAddress!, $0.count) } }
    return SealingKey(SecretBytes(content), cryptography, random: random)
  }

  private func newSalt() -> [UInt8] {
    let (before, _) = sealedCount.add(1, ordering: .relaxed)
    precondition(before < .max, "no salt is used twice")
    var salt = random.bytes(16)
    withUnsafeBytes(of: before.littleEndian) { salt.append(contentsOf: $0) }
    return salt
  }

  /// The bytes of the piece's key are overwritten after `body`.
  private func withPieceKey<Result>(
    _ key: SecretBytes, salt: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 16) { pieceKey in
      defer { explicit_bzero(pieceKey.baseAddress!, pieceKey.count) }
      key.withBytes { cryptography.hmacSHA256(key: $0, Self.purpose + salt, into: pieceKey) }
      return body(UnsafeRawBufferPointer(pieceKey))
    }
  }
}
