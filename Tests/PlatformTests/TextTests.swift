import Platform
import Testing

@Suite struct TextTests {
  @Test(arguments: [
    ("Straße", "strasse"), ("STRASSE", "strasse"), ("ẞ", "ss"), ("İ", "i\u{307}"), ("ı", "ı"),
    ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), ("Σίσυφος", "σίσυφοσ"), ("ŁÓDŹ", "łódź"), ("ﬃ", "ffi"),
    ("ŉ", "\u{2BC}n"), ("ǰ", "j\u{30C}"), ("ᾳ", "αι"), ("Ω", "ω"), ("Ꭰ", "Ꭰ"), ("ꭰ", "Ꭰ"),
    ("\u{345}", "ι"), ("K", "k"), ("Hello 42 [Z]", "hello 42 [z]"), ("", ""),
  ])
  func `case folding follows Unicode`(text: String, folded: String) {
    #expect(Array(Text.caseFolded(text).utf8) == Array(folded.utf8))
  }

  /// The checksums are those of another implementation of Unicode 14.
  @Test func `every character of Unicode 14 folds and composes as it should`() {
    var folded: [UInt8] = []
    var composed: [UInt8] = []
    for scalar in assignedScalars() {
      folded += Text.caseFolded(String(scalar)).utf8
      composed += Text.nfc(String(scalar)).utf8
    }
    #expect(folded.count == 1_064_905)
    #expect(crc32c(folded) == 0x5D37_974C)
    #expect(composed.count == 1_064_551)
    #expect(crc32c(composed) == 0x4215_EF2B)
  }

  @Test(arguments: [
    ("e\u{301}", "é"), ("é", "é"), ("L\u{301}o\u{301}dz\u{301}", "Ĺódź"), ("\u{212B}", "Å"),
    ("q\u{323}\u{307}", "q\u{323}\u{307}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
    ("\u{1100}\u{1161}", "가"), ("", ""), ("plain", "plain"),
    ("a\0e\u{301}\0b", "a\0é\0b"),
  ])
  func `letters and their accents are joined`(text: String, composed: String) {
    #expect(Array(Text.nfc(text).utf8) == Array(composed.utf8))
  }

  @Test(arguments: [
    ("ŁÓDŹ", "lodz"), ("Łódz\u{301}", "lodz"), ("Müller-Straße", "muller-strasse"),
    ("Ægir Þór Ørsted Đặng", "aegir thor orsted dang"), ("İstanbul ILGIN", "istanbul ilgin"),
    ("ılgın", "ilgin"), ("Ἀθῆναι", "αθηναι"), ("Йод", "иод"), ("がぎ", "がぎ"), ("가", "가"),
    ("कि", "कि"), ("שָׁלוֹם", "שלום"), ("O'Brien 7", "o'brien 7"), ("", ""),
    ("\0É\0", "\0e\0"),
  ])
  func `text for searching has neither case nor accents`(text: String, folded: String) {
    #expect(Array(Text.folded(text).utf8) == Array(folded.utf8))
  }

  private func assignedScalars() -> some Sequence<Unicode.Scalar> {
    (UInt32(0)...0x10FFFF).lazy.compactMap { Unicode.Scalar($0) }.filter { scalar in
      guard let age = scalar.properties.age, age.major <= 14 else { return false }
      return scalar.properties.generalCategory != .unassigned
    }
  }
}
