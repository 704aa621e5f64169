package import Causality
import Documents
package import JSON

/// How documents of a type are found and ordered by something else than their id; given to the store
/// as data. One whose keys are made in another way needs another name.
package struct StoreIndex: Sendable {
  package let type: String
  package let name: String
  /// The visible value of a field; nil if it has none.
  package typealias FieldValue = (String) -> JSONValue?
  /// The key of a document; nil if it has none. Keys are compared as UTF-8 bytes.
  package let key: @Sendable (FieldValue) -> String?

  package init(type: String, name: String, key: @escaping @Sendable (FieldValue) -> String?) {
    self.type = type
    self.name = name
    self.key = key
  }
}

/// A document's place in the order of an index.
package struct IndexPlace: Sendable, Equatable {
  /// UTF-8.
  package let key: [UInt8]
  package let id: UniqueID

  package init(key: [UInt8], id: UniqueID) {
    self.key = key
    self.id = id
  }
}

/// An index over what was written since the last checkpoint. Deleted documents are in it too.
struct RecentIndex: Sendable {
  let index: StoreIndex
  private var ids: [[UInt8]: Set<UniqueID>] = [:]

  init(_ index: StoreIndex) { self.index = index }

  /// The documents that have a key, in no order.
  func ids(_ key: [UInt8]) -> [UniqueID] { Array(ids[key] ?? []) }

  /// What comes behind a place, in order. O(n log n).
  func sorted(after place: IndexedKey? = nil) -> [IndexedKey] {
    var keys: [IndexedKey] = []
    for (key, ids) in ids {
      for id in ids {
        let entry = IndexedKey(key: key, id: id)
        if place.map({ $0 < entry }) ?? true { keys.append(entry) }
      }
    }
    return keys.sorted()
  }

  mutating func replace(_ id: UniqueID, old: [UInt8]??, new: [UInt8]?) {
    let before = old ?? nil
    guard before != new else { return }
    if let before {
      ids[before]?.remove(id)
      if ids[before]?.isEmpty == true { ids[before] = nil }
    }
    if let new { ids[new, default: []].insert(id) }
  }
}
