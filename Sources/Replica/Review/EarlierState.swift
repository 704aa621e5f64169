import Clinic
import Documents
import JSON

/// A merged state as it was before some documents were written.
final class EarlierState: MergedState {
  private let now: any MergedState
  private let before: [DocumentKey: Document?]
  private let rules: MergeRules

  /// - Parameter before: the documents that were written, as they were; nil of new ones.
  init(_ now: any MergedState, _ before: [DocumentKey: Document?], _ rules: MergeRules) {
    self.now = now
    self.before = before
    self.rules = rules
  }

  func document(_ key: DocumentKey) -> Document? {
    before[key] ?? now.document(key)
  }

  func documents(ofType type: String, index: String, key: String) -> [Document] {
    let same = now.documents(ofType: type, index: index, key: key).filter { before[$0.key] == nil }
    let old = before.values.compactMap { $0 }.filter { document in
      document.key.type == type
        && IndexDefinition.key(named: index, document.visibleFields(rules.type(type)), .system)
          == key
    }.sorted { $0.key < $1.key }
    return same + old
  }
}
