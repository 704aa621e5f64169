import Clinic
package import JSON

/// What a value of JSON may be: a JSON Schema (2020-12), with the few keywords that the API needs.
package struct Schema: Sendable {
  package private(set) var keywords: JSONObject

  package init(_ keywords: JSONObject) { self.keywords = keywords }

  package var value: JSONValue { .object(keywords) }

  // MARK: - Text

  /// - Parameter maximum: characters (code points).
  package static func string(
    pattern: String? = nil, format: String? = nil, maximum: Int? = nil
  ) -> Schema {
    var keywords: JSONObject = ["type": "string"]
    keywords["pattern"] = pattern.map { .string($0) }
    keywords["format"] = format.map { .string($0) }
    keywords["maxLength"] = maximum.map { .int($0) }
    return Schema(keywords)
  }

  package static let string = Schema.string()
  package static let uuid = Schema.string(format: "uuid")
  package static let date = Schema.string(format: "date")
  package static let time = Schema.string(format: "date-time")

  package static func oneOf(_ values: [String]) -> Schema {
    Schema(["enum": .array(values.map { .string($0) })])
  }

  // MARK: - Other values

  package static let anything = Schema(JSONObject())
  package static let boolean = Schema(["type": "boolean"])
  package static let number = Schema(["type": "number"])
  package static let null = Schema(["type": "null"])

  package static func integer(_ range: ClosedRange<Int>) -> Schema {
    Schema([
      "type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound),
    ])
  }

  /// How many of something there are.
  package static let count = Schema(["type": "integer", "minimum": 0])

  package static func list(_ element: Schema, most: Int? = nil) -> Schema {
    var keywords: JSONObject = ["type": "array", "items": element.value]
    keywords["maxItems"] = most.map { .int($0) }
    return Schema(keywords)
  }

  /// An object with members that it must have, and others that it may have; of further ones nothing is said.
  package static func object(
    _ required: KeyValuePairs<String, Schema> = [:],
    optional: KeyValuePairs<String, Schema> = [:]
  ) -> Schema {
    object(
      (Array(required) + Array(optional)).map { ($0.key, $0.value) }, required: required.map(\.key))
  }

  static func object(_ members: [(name: String, schema: Schema)], required: [String]) -> Schema {
    var keywords: JSONObject = ["type": "object"]
    if !members.isEmpty {
      keywords["properties"] = .object(JSONObject(members.map { ($0.name, $0.schema.value) }))
    }
    if !required.isEmpty { keywords["required"] = .array(required.map { .string($0) }) }
    return Schema(keywords)
  }

  // MARK: - Named ones

  package static func named(_ name: String) -> Schema {
    Schema(["$ref": .string("#/components/schemas/\(name)")])
  }

  /// A document of a type as the API shows it.
  package static func document(_ type: String) -> Schema { named(type) }

  /// What `{"error": …}` holds.
  package static let problem = Schema.object([
    "code": .string, "message": .string,
    "fields": .list(.object(["field": .string, "problem": .string])),
  ])

  /// A part of a list, as all lists are answered.
  package static func page(_ element: Schema) -> Schema {
    .object(["items": .list(element), "total": .count, "next": .string.orNull])
  }

  // MARK: - Put together

  package static func all(_ schemas: Schema...) -> Schema {
    Schema(["allOf": .array(schemas.map(\.value))])
  }

  static func any(_ schemas: [Schema]) -> Schema {
    Schema(["anyOf": .array(schemas.map(\.value))])
  }

  /// Takes null too.
  package var orNull: Schema {
    switch (keywords["type"], keywords["enum"]) {
    case (.string(let type), nil): with("type", [.string(type), "null"])
    case (nil, .array(let values)): with("enum", .array(values + [.null]))
    default: .any([self, .null])
    }
  }

  /// Takes what counts as absent too: null and, where no text is meant, an empty text.
  package var orBlank: Schema {
    if case .array(let values) = keywords["enum"] {
      return with("enum", .array(values + ["", .null]))
    }
    return .any([self, Schema(["enum": ["", .null]])])
  }

  package func with(_ keyword: String, _ value: JSONValue) -> Schema {
    var schema = self
    schema.keywords[keyword] = value
    return schema
  }

  package func saying(_ text: String) -> Schema { with("description", .string(text)) }
}
