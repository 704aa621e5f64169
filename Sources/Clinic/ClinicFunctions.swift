/// What this pure room needs of the system: digests, Unicode and time-zone tables come as functions.
package struct ClinicFunctions: Sendable {
  /// The 20 bytes of a SHA-1 digest: for name-based ids only, never for security.
  package var sha1: @Sendable ([UInt8]) -> [UInt8]
  /// The 32 bytes of a SHA-256 digest.
  package var sha256: @Sendable ([UInt8]) -> [UInt8]
  /// Unicode normalisation form C.
  package var nfc: @Sendable (String) -> String
  /// Unicode case folding (full, not Turkic).
  package var caseFolded: @Sendable (String) -> String
  /// The offset to UTC in an IANA time zone at a time in seconds since 1970; nil for an unknown zone.
  package var utcOffsetSeconds: @Sendable (_ zone: String, _ secondsSince1970: Int) -> Int?
  /// Of the tables of time zones.
  package var zoneDataVersion: String

  package init(
    sha1: @escaping @Sendable ([UInt8]) -> [UInt8],
    sha256: @escaping @Sendable ([UInt8]) -> [UInt8],
    nfc: @escaping @Sendable (String) -> String,
    caseFolded: @escaping @Sendable (String) -> String,
    utcOffsetSeconds: @escaping @Sendable (_ zone: String, _ secondsSince1970: Int) -> Int?,
    zoneDataVersion: String = ""
  ) {
    self.zoneDataVersion = zoneDataVersion
    self.sha1 = sha1
    self.sha256 = sha256
    self.nfc = nfc
    self.caseFolded = caseFolded
    self.utcOffsetSeconds = utcOffsetSeconds
  }
}

extension ClinicFunctions {
  package var forms: TextForms { TextForms(nfc: nfc, caseFolded: caseFolded) }

  /// The form in which e-mail addresses are compared: trimmed, NFC, lower case.
  package func emailNorm(_ email: String) -> String { forms.email(email) }

  /// The form in which names of people are compared: trimmed, NFC, case-folded.
  package func nameNorm(_ name: String) -> String { forms.name(name) }
}

/// The text without white space (as Unicode defines it) at its ends.
package func trimmed(_ text: String) -> String {
  // Most texts begin and end with a letter or digit: no table is needed to see that.
  if let first = text.utf8.first, let last = text.utf8.last, isPlain(first), isPlain(last) {
    return text
  }
  let scalars = text.unicodeScalars
  let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
  guard let first = scalars.firstIndex(where: { !isSpace($0) }),
    let last = scalars.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(scalars[first...last])
}

private func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }
