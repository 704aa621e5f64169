package import Causality

/// The eight characters by which a patient names an appointment on the telephone.
///
/// They are Crockford's base 32: no I, L, O or U, so that what is read out can be typed.
package struct ConfirmationCode: Hashable, Sendable, CustomStringConvertible {
  package static let characterCount = 8

  /// Upper case, `characterCount` characters.
  package let text: String

  /// The code of an appointment, the same wherever it is worked out.
  /// - Parameter attempt: 0; more for a new code after two appointments got the same one.
  package init(id: UniqueID, attempt: Int = 0, sha256: ([UInt8]) -> [UInt8]) {
    let digest = sha256(Array("\(id)\n\(attempt)".utf8))
    precondition(digest.count >= 5, "a SHA-256 digest has 32 bytes")
    let number = digest.prefix(5).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let characters = (0..<Self.characterCount).map { place in
      Self.alphabet[Int(number >> UInt64(5 * (Self.characterCount - 1 - place)) & 31)]
    }
    text = String(decoding: characters, as: UTF8.self)
  }

  /// Reads a code as people type it: either case, hyphens and spaces anywhere, I and L for 1, O for
  /// 0. Nil for anything else.
  package init?(_ typed: String) {
    var characters: [UInt8] = []
    for byte in typed.utf8 where byte != UInt8(ascii: "-") && byte != UInt8(ascii: " ") {
      guard let character = Self.canonical(byte) else { return nil }
      characters.append(character)
    }
    guard characters.count == Self.characterCount else { return nil }
    text = String(decoding: characters, as: UTF8.self)
  }

  package var description: String { text }

  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  private static func canonical(_ byte: UInt8) -> UInt8? {
    let isLowerCase = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    switch isLowerCase ? byte - 0x20 : byte {
    case UInt8(ascii: "I"), UInt8(ascii: "L"): return UInt8(ascii: "1")
    case UInt8(ascii: "O"): return UInt8(ascii: "0")
    case let upper: return alphabet.contains(upper) ? upper : nil
    }
  }
}
