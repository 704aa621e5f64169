import Clinic
import JSON

/// A schema in a few words.
struct SchemaText {
  private let schema: JSONObject

  init(_ schema: Schema) { self.schema = schema.keywords }

  private init(_ value: JSONValue?) { schema = value?.objectValue ?? JSONObject() }

  /// The text, which leads to the type if it is about one.
  var html: HTML {
    guard schema["$ref"] != nil else { return HTML(text) }
    let type = TypeSchemas.prefixes.first { text.hasPrefix($0) }
      .map { String(text.dropFirst($0.count)) }
    return .link(
      text.replacing("_", with: " "), to: TypeSection.anchor(type ?? text))
  }

  var text: String {
    if let name = schema["$ref"]?.stringValue {
      return String(name.split(separator: "/").last ?? "")
    }
    if let values = schema["enum"]?.arrayValue {
      return values.map(Self.spelled).joined(separator: ", ")
    }
    for (keyword, word) in [("allOf", " with "), ("anyOf", " or ")] where schema["type"] == nil {
      guard let parts = schema[keyword]?.arrayValue else { continue }
      return parts.map { SchemaText($0).text }.joined(separator: word)
    }
    let types = schema["type"]?.arrayValue ?? [schema["type"] ?? .null]
    let names = types.map { $0.stringValue.map(words) ?? "any value" }
    return names.joined(separator: " or ")
  }

  private static func spelled(_ value: JSONValue) -> String {
    switch value {
    case .string(""): "empty"
    case .string(let text): text
    default: plainText(value)
    }
  }

  private func words(_ type: String) -> String {
    switch type {
    case "string":
      (schema["format"]?.stringValue ?? "text")
        + (schema["maxLength"].map { ", at most \(plainText($0))" } ?? "")
    case "integer":
      "whole number"
        + (schema["maximum"].map { " \(plainText(schema["minimum"] ?? 0)) to \(plainText($0))" }
          ?? "")
    case "array": "list of \(SchemaText(schema["items"]).text)"
    case "object": object
    default: type
    }
  }

  private var object: String {
    guard let members = schema["properties"]?.objectValue?.members else { return "object" }
    let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let parts = members.map { member in
      "\(member.key)\(required.contains(member.key) ? "" : "?"): \(SchemaText(member.value).text)"
    }
    return "{" + parts.joined(separator: "; ") + "}"
  }
}
