package import Causality
import Documents
package import JSON
import Synchronization

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

  /// Empty indexes of what is written from now on, by type.
  func recent() -> [String: [RecentIndex]] { byType.mapValues { $0.all.map(RecentIndex.init) } }

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

/// Finds what was written since the last checkpoint by its value in an index. Writes do not wait for it:
/// it takes them in when it is asked.
///
/// Copies of the tables share it: it may name documents that do not have the value, or not any more, so
/// whoever asks looks at their keys.
final class RecentIndex: Sendable {
  let index: StoreIndex
  private let state = Mutex(State())

  fileprivate struct State {
    /// The arrival number up to which documents were taken in.
    var covered: UInt64 = 0
    var found: [IndexValue: Found] = [:]
  }

  /// The documents that have had a value: nearly always one.
  fileprivate enum Found {
    case one(UniqueID)
    case many(Set<UniqueID>)
  }

  init(_ index: StoreIndex) { self.index = index }

  /// The documents that may have a value, in no order. O(what is found + what arrived since the last
  /// call).
  ///
  /// - Parameters:
  ///   - head: the arrival number of the last document.
  ///   - arrivals: the keys of the documents that arrived after a number.
  func candidates(
    _ value: String, head: UInt64, _ arrivals: (UInt64) -> [IndexedKey]
  ) -> [UniqueID] {
    state.withLock { state in
      if state.covered < head {
        for new in arrivals(state.covered) { state.insert(new.id, IndexValue(of: new.key)) }
        state.covered = head
      }
      switch state.found[IndexValue(value)] {
      case nil: return []
      case .one(let id): return [id]
      case .many(let ids): return Array(ids)  // any order: whoever asks sorts what is left
      }
    }
  }
}

extension RecentIndex.State {
  fileprivate mutating func insert(_ id: UniqueID, _ value: IndexValue) {
    switch found[value] {
    case nil: found[value] = .one(id)
    case .one(let first): if first != id { found[value] = .many([first, id]) }
    case .many(var ids):
      // So that the set is not copied.
      found[value] = .one(id)
      ids.insert(id)
      found[value] = .many(ids)
    }
  }
}
