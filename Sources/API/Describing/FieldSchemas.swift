import Clinic
import JSON

/// Control characters, which no text holds, as a part of a pattern.
private let controls = #"\u0000-\u001f\u007f-\u009f"#

extension FieldKind {
  /// What documents hold.
  var schema: Schema {
    switch self {
    case .string(let maximum, let format):
      .string(pattern: format.shownPattern, maximum: maximum)
    case .text(let bytes): .string(maximum: bytes)
    case .uuid, .reference: .uuid
    case .civilDate: .date
    case .timeOfDay: .string(pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$")
    case .timestamp: .time
    case .integer(let range): .integer(range)
    case .boolean: .boolean
    case .choice(let choice): choice.schema(choice.values, mustSay: false)
    case .object: .object()
    case .json: .anything
    case .stringSet(let maximum, let format):
      .list(FieldKind.string(maximum: maximum, format: format).schema)
    case .array(let element): .list(element.schema)
    case .documentKey: .documentKey
    }
  }

  /// What is taken from people: also other spellings.
  /// - Parameter mustSay: whether a text must hold more than white space.
  func inputSchema(mustSay: Bool = false) -> Schema {
    switch self {
    case .string(let maximum, let format):
      .string(pattern: format.pattern(mustSay), maximum: maximum)
    // A line end of two characters is kept as one.
    case .text(let bytes):
      .string(pattern: Self.textPattern(mustSay), maximum: 2 * bytes)
        .saying("at most \(bytes) bytes as it is kept")
    case .timeOfDay: .string(pattern: "^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$")
    // Times before 1970 are not taken.
    case .timestamp: Schema.time.with("pattern", "^(19[7-9][0-9]|[2-9][0-9]{3})-")
    case .choice(let choice):
      choice.schema(choice.values + choice.aliases.keys.sorted(), mustSay: mustSay)
    case .stringSet(let maximum, let format):
      Self.list(of: .string(maximum: maximum, format: format))
    case .array(let element): Self.list(of: element)
    default: schema
    }
  }

  private static func list(of element: FieldKind) -> Schema {
    var schema = element.inputSchema()
    if case .string = element { schema = schema.with("minLength", 1) }
    return .list(schema, most: Catalogue.maximumElementCount)
  }

  /// Lines that end in a line feed, after a carriage return or not; tabs.
  private static func textPattern(_ mustSay: Bool) -> String {
    let other = #"\u0000-\u0008\u000b-\u001f\u007f-\u009f"#
    let line = #"([^\#(other)]|\r\n)*"#
    return mustSay ? #"^\#(line)[^\s\#(other)]\#(line)$"# : "^\(line)$"
  }

  /// Whether an empty text is a value, not the lack of one.
  var holdsEmptyText: Bool {
    switch self {
    case .string(_, .plain), .text: true
    default: false
    }
  }
}

extension Schema {
  /// What is taken for a field of a type, where a call names it by itself.
  package static func input(_ type: String, _ field: String) -> Schema {
    let field = Catalogue.standard.type(named: type)?.field(named: field)
    return field?.kind.inputSchema(mustSay: field?.isRequired == true) ?? .anything
  }

  static let documentKey = Schema.object([
    "type": Schema.string.with("minLength", 1), "id": .uuid,
  ]).with("additionalProperties", false)
}

extension Choice {
  fileprivate func schema(_ values: [String], mustSay: Bool) -> Schema {
    guard isOpen else { return .oneOf(values) }
    return .string(
      pattern: StringFormat.plain.pattern(mustSay), maximum: Self.maximumOpenCharacterCount
    ).saying("usually one of \(values.joined(separator: ", "))")
  }
}

extension StringFormat {
  /// Of what documents hold.
  fileprivate var shownPattern: String? {
    switch self {
    case .email, .httpsURL, .color, .digest: pattern(true)
    case .plain, .timeZone, .confirmationCode: nil
    }
  }

  /// - Parameter mustSay: whether a text must hold more than white space.
  fileprivate func pattern(_ mustSay: Bool) -> String {
    switch self {
    case .plain where mustSay, .timeZone where mustSay:
      "^[^\(controls)]*[^\\s\(controls)][^\(controls)]*$"
    case .plain, .timeZone: "^[^\(controls)]*$"
    // Also addresses beyond ASCII (RFC 6531), and such as a clinic has in its own network.
    case .email: "^[^@\\s\(controls)]+@[^@\\s\(controls)]+$"
    case .httpsURL: #"^[Hh][Tt][Tt][Pp][Ss]://[^/?#\s\#(controls)][^\s\#(controls)]*$"#
    case .color: "^#[0-9A-Fa-f]{6}$"
    case .digest: "^[0-9A-Fa-f]{64}$"
    // Our own may be typed with hyphens and spaces, and without U; codes of others are letters and digits.
    case .confirmationCode: "^([0-9A-Za-z]{4,10}|[- ]*([0-9A-TV-Za-tv-z][- ]*){8})$"
    }
  }
}
