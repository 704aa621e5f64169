package import Platform

/// The second key of a sealed store, for the day on which the passphrase is forgotten: 160 random bits, told to a
/// person once, as 32 letters and digits in groups of four. Letters that look like digits are left out, and
/// understood as the digits.
package struct RecoveryKey: Sendable, CustomStringConvertible {
  private static let byteCount = 20
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  private let bytes: [UInt8]

  package init(random: any RandomSource) { bytes = random.bytes(Self.byteCount) }

  /// What a person typed: case, spaces and hyphens do not matter.
  /// - Returns: nil if it is no recovery key.
  package init?(_ text: String) {
    var digits: [UInt8] = []
    for byte in text.uppercased().utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ")
    {
      guard let digit = Self.digit(byte) else { return nil }
      digits.append(digit)
    }
    guard digits.count == Self.byteCount * 8 / 5 else { return nil }
    bytes = Self.regrouped(digits, from: 5, to: 8)
  }

  /// `0QPX-7KMA-…`
  package var description: String {
    let digits = Self.regrouped(bytes, from: 8, to: 5).map { Self.alphabet[Int($0)] }
    return stride(from: 0, to: digits.count, by: 4)
      .map { String(decoding: digits[$0..<$0 + 4], as: UTF8.self) }.joined(separator: "-")
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "O"): 0
    case UInt8(ascii: "I"), UInt8(ascii: "L"): 1
    default: alphabet.firstIndex(of: byte).map { UInt8($0) }
    }
  }

  /// The same bits in groups of another size; the most significant come first.
  private static func regrouped(_ values: [UInt8], from size: Int, to other: Int) -> [UInt8] {
    var result: [UInt8] = []
    var (bits, count) = (0, 0)
    for value in values {
      (bits, count) = (bits << size | Int(value), count + size)
      while count >= other {
        count -= other
        result.append(UInt8(bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return result
  }

  /// The key that it stands for: it is random, and needs no slow hash.
  func sealingKey(_ cryptography: Cryptography, random: any RandomSource) -> SealingKey {
    let key = cryptography.hmacSHA256(key: bytes, Array("satchel recovery 1".utf8))
    return SealingKey(SecretBytes(key), cryptography, random: random)
  }
}
