import JSON

/// The text of one cell as the value of a field.
enum CSVCell {
  /// Nil for a blank cell: it says nothing about the field. White space at the ends belongs to no
  /// value but a text of several lines; what keeps spreadsheets from taking it for a formula to none.
  static func value(_ text: String, of field: FieldDefinition?) -> JSONValue? {
    let text = CellGuard.plain(text)
    let trimmed = trimmed(text)
    guard !trimmed.isEmpty else { return nil }
    switch field?.kind {
    case .text: return .string(text)
    case .boolean: return boolean(trimmed) ?? .string(trimmed)
    case .integer: return Int(trimmed).map { .int($0) } ?? .string(trimmed)
    default: return .string(trimmed)
    }
  }

  private static func boolean(_ text: String) -> JSONValue? {
    switch text.lowercased() {
    case "true": true
    case "false": false
    default: nil
    }
  }

  /// Why a column cannot become a field; nil if it can.
  static func problem(ofColumn name: String) -> String? {
    let isWrong = name.unicodeScalars.contains { $0 == "/" || $0.value < 0x20 || $0.value == 0x7f }
    if isWrong { return "header: \"\(name)\" contains \"/\" or a control character: rename it" }
    return name.utf8.count > 80 ? "header: the name of a column is longer than 80 bytes" : nil
  }
}
