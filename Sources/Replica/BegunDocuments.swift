import Causality
import Documents
import Storage

/// Documents of a transaction that stand in the log before its commit.
struct BegunDocuments {
  var records: BegunRecords?
  /// All that they have seen.
  private(set) var clock = VersionVector()
  private(set) var hasErased = false

  var count: Int { records?.count ?? 0 }

  mutating func note(_ document: Document) {
    clock.formUnion(document.clock)
    if document.isErased { hasErased = true }
  }
}
