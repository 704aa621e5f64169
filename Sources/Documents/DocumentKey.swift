package import Causality

/// Names a document: its type in the singular (`patient`) and its id.
package struct DocumentKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let type: String
  package let id: UniqueID

  package init(type: String, id: UniqueID) {
    self.type = type
    self.id = id
  }

  /// By the id alone: it is hardly ever shared by documents of two types.
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }

  /// Types are compared by their bytes: the order does not depend on Unicode tables.
  package static func < (a: DocumentKey, b: DocumentKey) -> Bool {
    a.type == b.type
      ? a.id < b.id : a.type.utf8.lexicographicallyPrecedes(b.type.utf8)
  }

  package var description: String { "\(type) \(id)" }
}
