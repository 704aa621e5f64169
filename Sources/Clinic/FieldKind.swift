/// What a field may hold.
package indirect enum FieldKind: Sendable {
  /// One line of at most so many characters (code points).
  case string(maximum: Int, format: StringFormat = .plain)
  /// Lines of text, at most so many bytes of UTF-8.
  case text(maximumBytes: Int)
  case uuid
  /// The id of a document of the same account.
  case reference(type: String, onDelete: ReferenceAction)
  /// A date without a time or a zone, `YYYY-MM-DD`.
  case civilDate
  /// `HH:MM`.
  case timeOfDay
  /// RFC 3339 in UTC, to the millisecond.
  case timestamp
  case integer(ClosedRange<Int>)
  case boolean
  case choice(Choice)
  /// Any keys and values; each key is merged alone.
  case object
  /// Any JSON value, merged as a whole.
  case json
  /// Strings without order or repetition, kept sorted; each is merged alone.
  case stringSet(maximum: Int, format: StringFormat = .plain)
  case array(of: FieldKind)
  /// An object of `type` and `id`, which names a document.
  case documentKey
}

/// What a string must look like.
package enum StringFormat: Sendable {
  case plain, email, httpsURL
  /// `#RRGGBB`.
  case color
  /// A name in the IANA data base.
  case timeZone
  /// A SHA-256 digest: 64 hexadecimal digits.
  case digest
  /// What is printed as a confirmation code; see `ConfirmationCode`.
  case confirmationCode
}

/// A value out of a list.
package final class Choice: Sendable {
  package let values: [String]
  /// Other spellings on input, and the value that each stands for.
  package let aliases: [String: String]
  /// The field that keeps the spelling of an alias.
  package let originalField: String?
  /// Whether other values are kept too, up to `maximumOpenCharacterCount`.
  package let isOpen: Bool

  package static let maximumOpenCharacterCount = 50

  package init(
    _ values: [String], aliases: [String: String] = [:], originalField: String? = nil,
    isOpen: Bool = false
  ) {
    self.values = values
    self.aliases = aliases
    self.originalField = originalField
    self.isOpen = isOpen
  }
}

/// What happens to a reference when the document that it names is deleted.
package enum ReferenceAction: Sendable, Equatable {
  /// The delete is refused.
  case restrict
  /// The document that refers is deleted too.
  case cascade
  /// The reference is cleared.
  case setNull
}
