import JSON

@testable import API

/// Says where a value is not as a schema has it. Knows the keywords that the API's description uses, and reports
/// any other.
struct SchemaChecker {
  let schemas: JSONObject

  /// Annotations, which allow and forbid nothing.
  private static let annotations = ["description", "default", "readOnly"]

  func problems(of value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
    guard let schema = schema.objectValue else { return ["\(place): no schema"] }
    return schema.members.flatMap { member in
      problems(of: value, member.key, member.value, in: schema, at: place)
    }
  }

  private func problems(
    of value: JSONValue, _ keyword: String, _ wanted: JSONValue, in schema: JSONObject,
    at place: String
  ) -> [String] {
    let text = value.stringValue
    func expect(_ isRight: Bool) -> [String] {
      isRight ? [] : ["\(place): \(value) is against \(keyword) \(wanted)"]
    }
    func count(_ other: Int?, _ isRight: (Int, Int) -> Bool) -> [String] {
      guard let other, let limit = wanted.intValue else { return [] }
      return expect(isRight(other, limit))
    }
    switch keyword {
    case "$ref": return problems(of: value, target(wanted), at: place)
    case "type":
      let types = wanted.arrayValue ?? [wanted]
      return expect(types.contains { $0.stringValue.map { isOf($0, value) } ?? false })
    case "enum": return expect(wanted.arrayValue?.contains { $0.isIdentical(to: value) } ?? false)
    case "pattern": return expect(text.map { matches($0, wanted.stringValue ?? "") } ?? true)
    case "format": return expect(text.map { hasFormat($0, wanted.stringValue ?? "") } ?? true)
    case "minLength": return count(text?.unicodeScalars.count, >=)
    case "maxLength": return count(text?.unicodeScalars.count, <=)
    case "minimum": return count(value.intValue, >=)
    case "maximum": return count(value.intValue, <=)
    case "maxItems": return count(value.arrayValue?.count, <=)
    case "items":
      return (value.arrayValue ?? []).enumerated().flatMap { index, element in
        problems(of: element, wanted, at: "\(place)[\(index)]")
      }
    case "properties":
      return (value.objectValue?.members ?? []).flatMap { member in
        wanted.objectValue?[member.key].map {
          problems(of: member.value, $0, at: "\(place).\(member.key)")
        } ?? []
      }
    case "propertyNames":
      return (value.objectValue?.keys ?? []).flatMap {
        problems(of: .string($0), wanted, at: "name of \(place).\($0)")
      }
    case "required":
      guard let object = value.objectValue else { return [] }
      return expect(
        wanted.arrayValue?.allSatisfy { object[$0.stringValue ?? ""] != nil } ?? false)
    case "additionalProperties":
      let known = schema["properties"]?.objectValue?.keys ?? []
      let others = (value.objectValue?.members ?? []).filter { !known.contains($0.key) }
      guard wanted.objectValue != nil else { return expect(others.isEmpty) }
      return others.flatMap { problems(of: $0.value, wanted, at: "\(place).\($0.key)") }
    case "allOf": return (wanted.arrayValue ?? []).flatMap { problems(of: value, $0, at: place) }
    case "anyOf": return expect(fitting(value, wanted) > 0)
    case "oneOf": return expect(fitting(value, wanted) == 1)
    default: return Self.annotations.contains(keyword) ? [] : ["\(place): unknown \(keyword)"]
    }
  }

  private func fitting(_ value: JSONValue, _ schemas: JSONValue) -> Int {
    (schemas.arrayValue ?? []).count { problems(of: value, $0).isEmpty }
  }

  private func target(_ reference: JSONValue) -> JSONValue {
    let name = reference.stringValue?.split(separator: "/").last.map(String.init) ?? ""
    return schemas[name] ?? .null
  }

  private func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch type {
    case "null": value.isNull
    case "boolean": value.boolValue != nil
    case "integer": value.intValue != nil
    case "number": value.numberValue != nil
    case "string": value.stringValue != nil
    case "array": value.arrayValue != nil
    case "object": value.objectValue != nil
    default: false
    }
  }

  private func hasFormat(_ text: String, _ format: String) -> Bool {
    switch format {
    case "uuid": matches(text, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    case "date": matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    case "date-time":
      matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,}(Z|[+-][0-9]{2}:[0-9]{2})$")
    default: false
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return false }
    return text.firstMatch(of: expression) != nil
  }
}
