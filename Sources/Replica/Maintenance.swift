package import JSON
package import Storage

extension Replica {
  /// How many living documents there are of each type, by the bytes of its name. O(documents).
  package var documentCounts: [(type: String, count: Int)] {
    read { tables in
      var counts: [(type: String, count: Int)] = []
      for type in tables.typeNames {
        let count = tables.documents(ofType: type).reduce(0) {
          $0 + (tables.isDeleted($1) ? 0 : 1)
        }
        if count > 0 { counts.append((type, count)) }
      }
      return counts
    }
  }

  /// Brings every changed document into its file.
  /// - Returns: how many files were written.
  package func checkpoint() throws(ReplicaError) -> Int {
    try stored { () throws(StorageError) in try store.checkpoint() }
  }

  /// When the log has grown to this many bytes, a program that ends makes a checkpoint.
  private static let checkpointByteCount = 4 << 20

  package func checkpointIfDue() throws(ReplicaError) {
    if store.logByteCount >= Self.checkpointByteCount { _ = try checkpoint() }
  }

  /// Checks every file and log record of the store. Writers wait meanwhile.
  package func verify() -> VerificationReport { store.verify() }
}

extension VerificationProblem {
  /// `{file, offset, what}`.
  package var object: JSONObject {
    [
      "file": .string(file), "offset": offset.map(JSONValue.int) ?? .null, "what": .string(what),
    ]
  }
}
