internal import Foundation

/// Forms of text in which two spellings of the same thing have the same bytes. To be compared by
/// `utf8`: Swift's own `==` on strings does not tell composed from decomposed characters anyway.
///
/// All of them are O(*n*), and much faster on text in ASCII.
package enum Text {
  /// Normalization Form C: letters and their accents are joined where Unicode has a character for
  /// it.
  package static func nfc(_ s: String) -> String {
    // Every character below U+0300 is composed, and a byte below 0xCC starts only those.
    let isComposed = s.utf8.allSatisfy { $0 < 0xCC }
    return isComposed ? s : s.precomposedStringWithCanonicalMapping
  }

  /// Full Unicode case folding: "Straße" and "STRASSE" become "strasse". It does not depend on a
  /// language, and the result need not be in Normalization Form C, even if `s` was.
  package static func caseFolded(_ s: String) -> String {
    if let ascii = asciiLowercased(s) { return ascii }
    var folded = String.UnicodeScalarView()
    for scalar in s.unicodeScalars {
      CaseFolding.fold(scalar, into: &folded)
    }
    return String(folded)
  }

  /// Case folded and without accents, for searching: "Łódź" becomes "lodz", "Ægir" "aegir". In
  /// Normalization Form C.
  package static func folded(_ s: String) -> String {
    if let ascii = asciiLowercased(s) { return ascii }
    var plain = String.UnicodeScalarView()
    for scalar in caseFolded(s).decomposedStringWithCanonicalMapping.unicodeScalars {
      if let letters = plainLetters[scalar] {
        plain.append(contentsOf: letters.unicodeScalars)
      } else if !isAccent(scalar) {
        plain.append(scalar)
      }
    }
    return nfc(String(plain))
  }

  /// Letters of the Latin script, in lower case, whose accent is part of the letter, and the
  /// letters that people type who do not have them on their keyboard.
  private static let plainLetters: [Unicode.Scalar: String] = [
    "æ": "ae", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "œ": "oe", "ŧ": "t",
    "þ": "th",
  ]

  /// Marks that may be left out in writing: strokes, Hebrew and Arabic points, and what stands
  /// above or below a letter. Others, such as the vowels of Indian scripts, make another word.
  private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.canonicalCombiningClass.rawValue {
    case 1, 10...36, 200...: true
    default: false
    }
  }

  /// The text in lower case if all of it is ASCII, else nil.
  private static func asciiLowercased(_ s: String) -> String? {
    guard s.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let bytes = s.utf8.map { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
