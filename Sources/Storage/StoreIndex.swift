import Causality
import Documents
package import JSON

/// How documents of a type are found by something else than their id; given to the store as data.
package struct StoreIndex: Sendable {
  package let type: String
  package let name: String
  /// The visible value of a field; nil if it has none.
  package typealias FieldValue = (String) -> JSONValue?
  /// The key of a document; nil if it has none.
  package let key: @Sendable (FieldValue) -> String?

  package init(type: String, name: String, key: @escaping @Sendable (FieldValue) -> String?) {
    self.type = type
    self.name = name
    self.key = key
  }
}

/// An index and what it holds. Deleted documents are in it too.
struct IndexTable: Sendable {
  let index: StoreIndex
  private var ids: [String: Set<UniqueID>] = [:]

  init(_ index: StoreIndex) { self.index = index }

  /// The documents that have a key, sorted by id.
  func ids(_ key: String) -> [UniqueID] { (ids[key] ?? []).sorted() }

  mutating func replace(_ id: UniqueID, old: Document?, new: Document, _ rules: TypeRules) {
    let before = old.flatMap { old in index.key { old.visibleValue(of: $0, rules) } }
    let after = index.key { new.visibleValue(of: $0, rules) }
    guard before != after else { return }
    if let before {
      ids[before]?.remove(id)
      if ids[before]?.isEmpty == true { ids[before] = nil }
    }
    if let after { ids[after, default: []].insert(id) }
  }
}
