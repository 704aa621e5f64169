package import Documents
import Platform
import Synchronization

extension Store {
  /// The versions that a document held once and holds no longer, the oldest first, each as a document
  /// that holds nothing else. None of a document that lost its content. Waits for a checkpoint that is
  /// under way. O(journal).
  ///
  /// - Throws: `corrupt` if the journal is damaged: the documents themselves can still be read.
  package func replacedVersions(of key: DocumentKey) throws(StorageError) -> [Document] {
    try checkpointing.withLock { (_) throws(StorageError) in
      let tables = state.withLock { $0.tables }
      let reader = JournalReader(layout: layout, environment: environment)
      var found =
        try tables.journal.map { (journal) throws(StorageError) in
          try reader.records(journal, of: key)
        } ?? []
      let codec = RecordCodec(rules: environment.rules)
      for entry in tables.replaced where entry.key == key {
        let content = try tables.reader.bytes(key, .log(entry.place))
        do { found.append(try codec.document(content)) } catch {
          throw StorageError(
            .corrupt, path: layout.segment(entry.place.segment), offset: entry.place.offset,
            problem: "a record cannot be read: \(error)")
        }
      }
      return found
    }
  }
}
