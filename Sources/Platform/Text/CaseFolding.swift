/// Full case folding of Unicode (the statuses C and F of its CaseFolding.txt), from the case
/// mappings that the standard library carries.
///
/// Lower case, then upper case, then lower case again is the folding of nearly every character:
/// "ẞ" → "ß" → "SS" → "ss". The exceptions are here.
enum CaseFolding {
  /// Appends the folding of one character to `result`.
  static func fold(_ scalar: Unicode.Scalar, into result: inout String.UnicodeScalarView) {
    if scalar == dotlessI {
      result.append(scalar)
    } else if isCherokee(scalar) {
      result.append(contentsOf: scalar.properties.uppercaseMapping.unicodeScalars)
    } else {
      for lower in scalar.properties.lowercaseMapping.unicodeScalars {
        for upper in lower.properties.uppercaseMapping.unicodeScalars {
          result.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
        }
      }
    }
  }

  /// "ı" is another letter than "i", although both are "I" in upper case.
  private static let dotlessI: Unicode.Scalar = "\u{131}"

  /// Cherokee got its small letters late, so it folds to the capital ones.
  private static func isCherokee(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x13A0...0x13FD, 0xAB70...0xABBF: true
    default: false
    }
  }
}
