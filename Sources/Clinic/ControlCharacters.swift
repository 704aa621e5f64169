/// Characters that are no text: U+0000 to U+001F and U+007F to U+009F.
enum ControlCharacters {
  /// O(length).
  static func areIn(_ text: String) -> Bool {
    let utf8 = text.utf8
    // The first byte of those from U+0080 on is C2, which also begins other characters.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != 0xc2 }) { return false }
    return text.unicodeScalars.contains(where: isOne)
  }

  /// A text of several lines: its lines end in one line feed each, whatever they ended in. Nil if it
  /// holds control characters besides line ends and tabs. O(length).
  static func withPlainLineEnds(_ text: String) -> String? {
    if !areIn(text) { return text }
    var scalars = String.UnicodeScalarView()
    var isAfterReturn = false
    for scalar in text.unicodeScalars {
      if isAfterReturn, scalar != "\n" { return nil }
      isAfterReturn = scalar == "\r"
      if isAfterReturn { continue }
      guard scalar == "\n" || scalar == "\t" || !isOne(scalar) else { return nil }
      scalars.append(scalar)
    }
    return isAfterReturn ? nil : String(scalars)
  }

  private static func isOne(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
  }
}
