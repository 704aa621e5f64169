import Clinic
package import JSON
package import Storage

extension Replica {
  /// How many living documents there are of each type, by the bytes of its name. O(documents), of
  /// which those are read that somebody deleted once.
  package func documentCounts() throws(ReplicaError) -> [(type: String, count: Int)] {
    try read { (tables) throws(ReplicaError) in
      var counts: [(type: String, count: Int)] = []
      let all = copy tables
      return try looking(at: tables) { (clinic) throws(ReplicaError) in
        for type in all.typeNames {
          let (count, keys) = try stored { () throws(StorageError) in
            (try all.count(ofType: type), try all.keysWithLife(ofType: type))
          }
          let living = count - keys.count { !clinic.isLiving($0) }
          if living > 0 { counts.append((type, living)) }
        }
        return counts
      }
    }
  }

  /// Drops what has been in the trash for long enough and pages that nobody will ask for, ends the part of
  /// laptops that are silent for good, and brings documents into their files. Durable on return.
  /// - Returns: how many documents were written into files.
  package func tidy() throws(ReplicaError) -> Int {
    _ = try emptyTrash()
    try dropAbandonedPushes()
    try retireSilent()
    return try checkpoint()
  }

  /// Brings every changed document into its file, and notes which documents are to be reviewed.
  /// - Returns: how many files were written.
  package func checkpoint() throws(ReplicaError) -> Int {
    try stored { () throws(StorageError) in
      try forgetErasedParked()
      return try store.checkpoint { (take) throws(StorageError) in
        try reviewList.notes(of: self, take)
      }
    }
  }

  /// Makes a checkpoint if the log has grown, or a review list was made that took long: for a program
  /// that ends.
  package func checkpointIfDue() throws(ReplicaError) {
    if store.logByteCount >= store.checkpointByteCount || reviewList.isWorthSaving {
      _ = try checkpoint()
    }
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
