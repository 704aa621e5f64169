import Documents
import JSON
import Platform
import Synchronization

extension Store {
  /// Writes every changed document into its file, makes all durable together, then drops the log
  /// that they cover. Commits go on meanwhile.
  ///
  /// - Returns: the number of files written.
  /// - Throws: `system`: log and files together still hold everything.
  package func checkpoint() throws(StorageError) -> Int {
    try checkpointing.withLock { (_) throws(StorageError) in
      var plan = try beginCheckpoint()
      let checkpointer = Checkpointer(layout: layout, environment: environment)
      let written = try checkpointer.writeFiles(plan.keys) { key in
        self.state.withLock { $0.tables.entry(key) }
      }
      for file in written { plan.files[file.key] = file.checksum }
      try checkpointer.writeManifest(plan)
      noteFiles(written)
      try log.withLock { (log) throws(StorageError) in
        try log.release(before: plan.position.segment, byteCount: plan.byteCount)
      }
      return written.count
    }
  }

  /// Begins a new segment: what is in the tables now is all in earlier ones.
  private func beginCheckpoint() throws(StorageError) -> CheckpointPlan {
    try log.withLock { (log) throws(StorageError) in
      let byteCount = log.byteCount
      let position = try log.rotate()
      return state.withLock { state in
        CheckpointPlan(
          position: position, byteCount: byteCount,
          keys: state.files.filter { $0.value == nil }.keys.sorted(), files: state.files,
          tables: state.tables.outline)
      }
    }
  }

  /// A document that changed since its file was written needs another one.
  private func noteFiles(_ written: [WrittenFile]) {
    state.withLock { state in
      for file in written where state.tables.entry(file.key)?.arrival == file.arrival {
        state.files[file.key] = file.checksum
      }
    }
  }
}

/// What a checkpoint brings to the disk.
struct CheckpointPlan {
  /// Where recovery will begin.
  let position: WriteAheadLog.Position
  /// The log before that, in bytes.
  let byteCount: Int
  /// The documents whose files are older than they are.
  let keys: [DocumentKey]
  /// The checksum of each document's file.
  var files: [DocumentKey: UInt32?]
  let tables: TablesOutline
}

/// Everything in the tables but the documents themselves.
struct TablesOutline {
  let registers: [(name: String, value: JSONValue)]
  let runs: [TransactionRun]
  let marks: [FeedMark]
  /// Every document and its arrival, in order.
  let arrivals: [(arrival: UInt64, key: DocumentKey)]
}

/// A document's file as a checkpoint wrote it.
struct WrittenFile {
  let key: DocumentKey
  let checksum: UInt32
  /// Of the document that it holds.
  let arrival: UInt64
}
