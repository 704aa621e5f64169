import Clinic
import JSON
import Storage

/// The indexes by which lists are made: those of the catalogue, and one a type in which all its
/// documents stand in the order of their creation.
enum ListIndex {
  /// The index of all documents of a type.
  static let all = "all"

  private static let separator = "\u{1F}"

  static func indexes(of catalogue: Catalogue) -> [StoreIndex] {
    catalogue.types.flatMap { type in
      [StoreIndex(type: type.name, name: all, fields: []) { _ in "" }]
        + type.indexes.map { index in
          StoreIndex(type: type.name, name: name(index), fields: index.fields, value: key)
        }
    }
  }

  /// Nil if a field is missing or empty.
  @Sendable private static func key(_ values: [JSONValue?]) -> String? {
    var key: String?
    for value in values {
      guard let value else { return nil }
      let text = Replica.plainText(value)
      if text.isEmpty { return nil }
      key = key.map { $0 + separator + text } ?? text
    }
    return key
  }

  private static func name(_ index: IndexDefinition) -> String {
    index.fields.joined(separator: ",")
  }

  /// The index that narrows a list most, and the value in it.
  /// - Parameter filters: fields and the values that they must have, as text.
  static func choice(
    _ type: TypeDefinition, _ filters: [(field: String, value: String)]
  ) -> (name: String, value: String) {
    func value(_ field: String) -> String? {
      filters.first { $0.field == field && !$0.value.isEmpty }?.value
    }
    let usable = type.indexes.filter { $0.fields.allSatisfy { value($0) != nil } }
    guard let best = usable.max(by: { $0.fields.count < $1.fields.count }) else { return (all, "") }
    return (name(best), best.fields.compactMap(value).joined(separator: separator))
  }
}
