import Clinic
import Storage

/// The indexes by which lists are made: those of the catalogue, and one a type in which all its
/// documents stand in the order of their creation.
enum ListIndex {
  /// The index of all documents of a type.
  static let all = "all"

  static func indexes(of catalogue: Catalogue) -> [StoreIndex] {
    catalogue.types.flatMap { type in
      [StoreIndex(type: type.name, name: all, fields: []) { _ in "" }]
        + type.indexes.map { index in
          StoreIndex(type: type.name, name: index.name, fields: index.fields) {
            IndexDefinition.key($0)
          }
        }
    }
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
    return (best.name, IndexDefinition.key(best.fields.compactMap(value)))
  }
}
