package import Documents
import JSON

/// The documents of a replica as merged so far: what cross-document functions and review rules look
/// at. Asking costs what the replica's indexes cost.
package protocol MergedState: AnyObject {
  /// A document, deleted or not.
  func document(_ key: DocumentKey) -> Document?
  /// The documents, deleted or not, that have a key in an index of their type.
  func documents(ofType type: String, index: String, key: String) -> [Document]
  /// Their keys, in no order, found without reading a document; nil where that is not possible.
  func keys(ofType type: String, index: String, key: String) -> [DocumentKey]?
}

extension MergedState {
  package func keys(ofType type: String, index: String, key: String) -> [DocumentKey]? { nil }
}

/// A merged state in memory, of any documents. For tests, tools and lists that are made from nothing.
package final class DocumentCollection: MergedState {
  private struct Place: Hashable {
    let type: String
    let index: String
    let key: String
  }

  private let documents: [DocumentKey: Document]
  private var places: [Place: [Document]] = [:]
  package let keys: [DocumentKey]

  /// O(documents × indexes of their types).
  package init(
    _ all: [Document], _ catalogue: Catalogue, _ rules: MergeRules, _ forms: TextForms
  ) {
    documents = Dictionary(all.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
    keys = documents.keys.sorted()
    for key in keys {
      guard let document = documents[key] else { continue }
      let fields = document.visibleFields(rules.type(key.type))
      for index in catalogue.type(named: key.type)?.indexes ?? [] {
        guard let value = IndexDefinition.key(index.fields.map { fields[$0] }) else { continue }
        places[Place(type: key.type, index: index.name, key: value), default: []].append(document)
      }
      for index in ClinicIndex.indexes(ofType: key.type) {
        guard let value = index.key(fields, forms) else { continue }
        places[Place(type: key.type, index: index.rawValue, key: value), default: []]
          .append(document)
      }
    }
  }

  package func document(_ key: DocumentKey) -> Document? { documents[key] }

  package func documents(ofType type: String, index: String, key: String) -> [Document] {
    places[Place(type: type, index: index, key: key)] ?? []
  }
}
