import JSON

/// The names that belong to the engine: no field of a document, no merge unit, never edited.
package enum Envelope {
  package static let leadingNames = ["id", "type", "schema_version", "account_id"]
  package static let trailingNames = ["created_at", "created_by", "updated_at", "updated_by"]

  /// Whether a name is the engine's: one of the list, or any that begins with `_`.
  package static func contains(_ name: String) -> Bool {
    name.utf8.first == UInt8(ascii: "_") || leadingNames.contains(name)
      || trailingNames.contains(name)
  }

  /// Names that are worked out for answers, of whatever type.
  package static func isComputed(_ name: String) -> Bool { name.hasPrefix("effective_") }

  /// What is wrong with an engine's value on input; nil if it equals the one that is there.
  static func problem(of value: JSONValue, named name: String, in envelope: JSONObject) -> String? {
    let current = envelope[name] ?? .null
    if value.isIdentical(to: current) || isSameID(value, current) { return nil }
    return name == "account_id" ? "belongs to another account" : "cannot be edited"
  }

  private static func isSameID(_ a: JSONValue, _ b: JSONValue) -> Bool {
    guard let a = a.stringValue, let b = b.stringValue else { return false }
    return utf8Equal(a.lowercased(), b)
  }
}
