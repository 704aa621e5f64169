package import Causality
import Documents
package import JSON

/// How documents of a type are found and ordered by something else than their id; given to the store
/// as data. One whose values are made in another way needs another name.
package struct StoreIndex: Sendable {
  package let type: String
  package let name: String
  /// The visible value of a field; nil if it has none.
  package typealias FieldValue = (String) -> JSONValue?
  /// The value by which a document is found; nil if it has none. Values are compared as UTF-8 bytes.
  package let value: @Sendable (FieldValue) -> String?

  package init(type: String, name: String, value: @escaping @Sendable (FieldValue) -> String?) {
    self.type = type
    self.name = name
    self.value = value
  }

  /// The key of a document; nil if it has none.
  func key(of document: Document, _ rules: TypeRules) -> [UInt8]? {
    value { document.visibleValue(of: $0, rules) }
      .map { IndexKey.key($0, created: document.origin.stamp) }
  }
}

/// The indexes of a store, by type: a document's keys stand in their order.
struct IndexSet: Sendable {
  let all: [StoreIndex]
  private let byType: [String: [StoreIndex]]

  init(_ all: [StoreIndex]) {
    self.all = all
    byType = Dictionary(grouping: all, by: \.type)
  }

  func indexes(ofType type: String) -> [StoreIndex] { byType[type] ?? [] }

  /// The place of an index among those of its type.
  func place(ofType type: String, _ name: String) -> Int? {
    byType[type]?.firstIndex { $0.name == name }
  }

  /// The keys of a document; nil where it has none.
  func keys(of document: Document, _ rules: MergeRules) -> [[UInt8]?] {
    guard let indexes = byType[document.key.type] else { return [] }
    let typeRules = rules.type(document.key.type)
    return indexes.map { $0.key(of: document, typeRules) }
  }
}

/// A key of an index: the value's UTF-8 bytes, a zero byte, and the stamp of the document's creation,
/// 8 bytes, the highest first. So documents of one value stand in the order of their creation.
enum IndexKey {
  private static let suffixByteCount = 9

  static func key(_ value: String, created: Stamp) -> [UInt8] {
    prefix(value) + created.rawValue.bigEndianBytes
  }

  /// What the keys of a value begin with.
  static func prefix(_ value: String) -> [UInt8] { Array(value.utf8) + [0] }

  static func value(of key: [UInt8]) -> ArraySlice<UInt8> { key.dropLast(suffixByteCount) }

  static func has(_ key: [UInt8], _ value: String) -> Bool {
    Self.value(of: key).elementsEqual(value.utf8)
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
  private var entries: [ArraySlice<UInt8>: Set<IndexedKey>] = [:]

  init(_ index: StoreIndex) { self.index = index }

  /// The documents that have a value, in no order.
  func ids(_ value: String) -> [UniqueID] { found(value).map(\.id) }

  private func found(_ value: String) -> Set<IndexedKey> { entries[Array(value.utf8)[...]] ?? [] }

  /// What comes behind a place, of one value or of all, in order. O(n log n).
  func sorted(_ value: String?, after place: IndexedKey?) -> [IndexedKey] {
    let keys = value.map { Array(found($0)) } ?? entries.values.flatMap { Array($0) }
    guard let place else { return keys.sorted() }
    return keys.filter { place < $0 }.sorted()
  }

  mutating func replace(_ id: UniqueID, old: [UInt8]??, new: [UInt8]?) {
    let before = old ?? nil
    guard before != new else { return }
    if let before {
      let value = IndexKey.value(of: before)
      entries[value]?.remove(IndexedKey(key: before, id: id))
      if entries[value]?.isEmpty == true { entries[value] = nil }
    }
    if let new {
      entries[IndexKey.value(of: new), default: []].insert(IndexedKey(key: new, id: id))
    }
  }
}
