import Clinic
import Documents
import JSON

/// A merged state as it was before some documents were written. For one thread.
final class EarlierState: MergedState {
  private let now: any MergedState
  private let before: [DocumentKey: Document?]
  private let rules: MergeRules
  /// Those that were there, by their keys.
  private let old: [Document]
  private var tables: [Name: [String: [Document]]] = [:]

  /// - Parameter before: the documents that were written, as they were; nil of new ones.
  init(_ now: any MergedState, _ before: [DocumentKey: Document?], _ rules: MergeRules) {
    self.now = now
    self.before = before
    self.rules = rules
    old = before.values.compactMap { $0 }.sorted { $0.key < $1.key }
  }

  func document(_ key: DocumentKey) -> Document? {
    before[key] ?? now.document(key)
  }

  func documents(ofType type: String, index: String, key: String) -> [Document] {
    let same = now.documents(ofType: type, index: index, key: key).filter { before[$0.key] == nil }
    return same + (table(type, index)[key] ?? [])
  }

  func keys(ofType type: String, index: String, key: String) -> [DocumentKey]? {
    now.keys(ofType: type, index: index, key: key).map { keys in
      keys.filter { before[$0] == nil } + (table(type, index)[key] ?? []).map(\.key)
    }
  }

  private struct Name: Hashable {
    let type: String
    let index: String
  }

  /// Those that were written, by their keys in an index before. O(1), but for the first question about an
  /// index: O(documents that were written).
  private func table(_ type: String, _ index: String) -> [String: [Document]] {
    let name = Name(type: type, index: index)
    if let table = tables[name] { return table }
    let rules = rules.type(type)
    var table: [String: [Document]] = [:]
    for document in old where document.key.type == type {
      let fields = document.visibleFields(rules)
      guard let key = IndexDefinition.key(named: index, fields, .system) else { continue }
      table[key, default: []].append(document)
    }
    tables[name] = table
    return table
  }
}
