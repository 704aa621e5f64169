package import Causality
import Documents
package import JSON

/// How documents of a type are found and ordered by something else than their id; given to the store
/// as data. One whose values are made in another way needs another name.
package struct StoreIndex: Sendable {
  package let type: String
  package let name: String
  /// The fields of which the value is made.
  let fields: [String]
  /// The value by which a document is found, from the visible values of the fields, in their order (nil
  /// for one that it lacks); nil if it has none. Values are compared as UTF-8 bytes.
  package typealias Value = @Sendable ([JSONValue?]) -> String?
  let value: Value

  package init(type: String, name: String, fields: [String], value: @escaping Value) {
    self.type = type
    self.name = name
    self.fields = fields
    self.value = value
  }
}

/// The indexes of a store, by type: a document's keys stand in their order.
struct IndexSet: Sendable {
  let all: [StoreIndex]
  private let byType: [String: TypeIndexes]

  init(_ all: [StoreIndex]) {
    self.all = all
    byType = Dictionary(grouping: all, by: \.type).mapValues(TypeIndexes.init)
  }

  func indexes(ofType type: String) -> [StoreIndex] { byType[type]?.all ?? [] }

  /// The place of an index among those of its type.
  func place(ofType type: String, _ name: String) -> Int? {
    byType[type]?.all.firstIndex { $0.name == name }
  }

  /// The keys of a document; nil where it has none.
  /// - Parameter fields: the document's visible fields.
  func keys(of document: Document, fields: JSONObject) -> [[UInt8]?] {
    byType[document.key.type]?.keys(fields, created: document.origin.stamp) ?? []
  }

  func keys(of document: Document, _ rules: MergeRules) -> [[UInt8]?] {
    keys(of: document, fields: document.visibleFields(rules.type(document.key.type)))
  }
}

/// The indexes of one type, with the places of the fields that they use.
private struct TypeIndexes: Sendable {
  let all: [StoreIndex]
  private let fieldNumbers: [String: Int]
  /// Of each index the numbers of its fields.
  private let inputs: [[Int]]

  init(_ all: [StoreIndex]) {
    self.all = all
    var numbers: [String: Int] = [:]
    inputs = all.map { index in
      index.fields.map { field in
        let number = numbers[field] ?? numbers.count
        numbers[field] = number
        return number
      }
    }
    fieldNumbers = numbers
  }

  func keys(_ fields: JSONObject, created: Stamp) -> [[UInt8]?] {
    var values = [JSONValue?](repeating: nil, count: fieldNumbers.count)
    for member in fields.members {
      if let number = fieldNumbers[member.key] { values[number] = member.value }
    }
    return all.indices.map { index in
      all[index].value(inputs[index].map { values[$0] })
        .map { IndexKey.key($0, created: created) }
    }
  }
}

/// A key of an index: the value's UTF-8 bytes, a zero byte, and the stamp of the document's creation,
/// 8 bytes, the highest first. So documents of one value stand in the order of their creation.
enum IndexKey {
  private static let suffixByteCount = 9

  static func key(_ value: String, created: Stamp) -> [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(value.utf8.count + suffixByteCount)
    key.append(contentsOf: value.utf8)
    key.append(0)
    Swift.withUnsafeBytes(of: created.rawValue.bigEndian) { key.append(contentsOf: $0) }
    return key
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

/// A value of an index, as bytes: a key for dictionaries.
struct IndexValue: Hashable, Sendable {
  let bytes: ArraySlice<UInt8>

  init(_ value: String) { bytes = Array(value.utf8)[...] }

  /// The value in a key.
  init(of key: [UInt8]) { bytes = IndexKey.value(of: key) }

  func hash(into hasher: inout Hasher) {
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// An index over what was written since the last checkpoint. Deleted documents are in it too.
struct RecentIndex: Sendable {
  let index: StoreIndex
  private var entries: [IndexValue: Documents] = [:]

  /// The documents of one value: nearly always one.
  private enum Documents {
    case one(IndexedKey)
    /// By id.
    case many([UniqueID: [UInt8]])
  }

  init(_ index: StoreIndex) { self.index = index }

  /// The documents that have a value, in no order.
  func ids(_ value: String) -> [UniqueID] { keys(entries[IndexValue(value)]).map(\.id) }

  private func keys(_ documents: Documents?) -> [IndexedKey] {
    switch documents {
    case nil: []
    case .one(let key): [key]
    case .many(let keys): keys.map { IndexedKey(key: $0.value, id: $0.key) }
    }
  }

  /// What comes behind a place, of one value or of all, in order. O(n log n).
  func sorted(_ value: String?, after place: IndexedKey?) -> [IndexedKey] {
    let keys =
      value.map { self.keys(entries[IndexValue($0)]) } ?? entries.values.flatMap { self.keys($0) }
    guard let place else { return keys.sorted() }
    return keys.filter { place < $0 }.sorted()
  }

  mutating func replace(_ id: UniqueID, old: [UInt8]??, new: [UInt8]?) {
    let before = old ?? nil
    guard before != new else { return }
    if let before { remove(IndexedKey(key: before, id: id)) }
    if let new { insert(IndexedKey(key: new, id: id)) }
  }

  private mutating func insert(_ new: IndexedKey) {
    let value = IndexValue(of: new.key)
    switch entries[value] {
    case nil: entries[value] = .one(new)
    case .one(let first): entries[value] = .many([first.id: first.key, new.id: new.key])
    case .many(var keys):
      entries[value] = nil
      keys[new.id] = new.key
      entries[value] = .many(keys)
    }
  }

  private mutating func remove(_ old: IndexedKey) {
    let value = IndexValue(of: old.key)
    switch entries[value] {
    case .one(old): entries[value] = nil
    case .many(var keys):
      entries[value] = nil
      keys[old.id] = nil
      if !keys.isEmpty { entries[value] = .many(keys) }
    case nil, .one: break
    }
  }
}

extension IndexedKey {
  fileprivate static func ~= (pattern: IndexedKey, key: IndexedKey) -> Bool { pattern == key }
}
