import Causality
package import Documents
import JSON

/// The merged state that the review rules look at, and what they need besides it.
package struct ReviewSubject: Sendable {
  let rules: MergeRules
  let catalogue: Catalogue
  let validator: Validator
  let functions: ClinicFunctions
  let ids: StableID
  /// All documents, deleted ones too.
  private let documents: [DocumentKey: Document]
  /// Those that live, with what is visible of them, sorted by key.
  let living: [Subject]

  /// A document that lives.
  struct Subject: Sendable {
    let document: Document
    let fields: JSONObject
    let rules: TypeRules

    var key: DocumentKey { document.key }
  }

  /// O(documents log documents).
  package init(
    _ all: [Document], rules: MergeRules, catalogue: Catalogue, validator: Validator,
    functions: ClinicFunctions, ids: StableID
  ) {
    self.ids = ids
    self.rules = rules
    self.catalogue = catalogue
    self.validator = validator
    self.functions = functions
    let documents = Dictionary(all.map { ($0.key, $0) }, uniquingKeysWith: { _, last in last })
    self.documents = documents
    living = all.filter { !Self.isDeleted($0, among: documents) }.map { document in
      let typeRules = rules.type(document.key.type)
      return Subject(
        document: document, fields: document.visibleFields(typeRules), rules: typeRules)
    }.sorted { $0.key < $1.key }
  }

  /// All items that nobody has decided, in the order of the list.
  package func items() -> [ReviewItem] {
    var items = overlaps()
    for subject in living {
      items += unitConflicts(subject)
      items += broughtBack(subject)
      items += invalid(subject)
      items += danglingReferences(subject)
    }
    return items.filter { !isDecided($0) }.sorted(by: ReviewItem.comesBefore)
  }

  func isLiving(_ key: DocumentKey) -> Bool {
    documents[key].map { !Self.isDeleted($0, among: documents) } ?? false
  }

  func isDeleted(_ document: Document) -> Bool { Self.isDeleted(document, among: documents) }

  func causeStands(_ cause: DeleteCause) -> Bool {
    documents[cause.document].map(isDeleted) ?? true
  }

  private static func isDeleted(
    _ document: Document, among documents: [DocumentKey: Document]
  ) -> Bool {
    document.isDeleted { cause in
      documents[cause.document].map { isDeleted($0, among: documents) } ?? true
    }
  }

  /// The visible fields of a document, deleted or not.
  func fields(_ key: DocumentKey) -> JSONObject? {
    documents[key].map { $0.visibleFields(rules.type(key.type)) }
  }

  // MARK: - Decisions

  /// Whether somebody has decided an item as it is now. Two people may have decided at once: each
  /// decision counts for what its author saw.
  private func isDecided(_ item: ReviewItem) -> Bool {
    guard let decision = documents[ReviewDecision.key(of: item, ids: ids)],
      !isDeleted(decision)
    else { return false }
    return decision.contentUnits.contains { unit in
      unit.versions.contains { version in
        version.value["dots"]?.arrayValue?.compactMap(\.stringValue) == item.dots
      }
    }
  }
}
