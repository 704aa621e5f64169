import JSON

extension Validator {
  /// A value that people give by itself, to look for it or to explain something, in the spelling in which
  /// documents hold it. What stands for no value is an empty text.
  /// - Throws: what is wrong, for a value that no document can have in the field.
  package func normalText(
    _ text: String, of field: FieldDefinition
  ) throws(ValidationFailure) -> String {
    do throws(ValueProblem) {
      let checker = ValueChecker(functions: functions)
      let value = try checker.normalise(Self.value(text, field.kind), field.kind)
      return value.isNull ? "" : plainText(value)
    } catch {
      throw ValidationFailure([FieldProblem(field.name, error.text)])
    }
  }

  private static func value(_ text: String, _ kind: FieldKind) -> JSONValue {
    switch kind {
    case .integer: Int(text).map { .int($0) } ?? .string(text)
    case .boolean: text == "true" || text == "false" ? .bool(text == "true") : .string(text)
    default: .string(text)
    }
  }
}

extension FieldKind {
  /// Whether documents are found by a field of this kind: its values are single and short.
  package var isFilter: Bool {
    switch self {
    case .object, .json, .stringSet, .array, .documentKey, .text: false
    default: true
    }
  }
}
