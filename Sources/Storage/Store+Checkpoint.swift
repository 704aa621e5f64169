import Documents
import Platform
import Synchronization

extension Store {
  /// Writes every changed document into its file, makes all durable together, writes the index, then
  /// drops the log that they cover. Commits go on meanwhile.
  ///
  /// Where the disk is full, the reserve is given up for it; it is made again once there is room.
  ///
  /// - Returns: the number of files written.
  /// - Throws: `system`: log and files together still hold everything. `corrupt` if a document that
  ///   must be written cannot be read.
  package func checkpoint() throws(StorageError) -> Int {
    try checkpointing.withLock { (_) throws(StorageError) in
      let reserve = Reserve(layout: layout, environment: environment)
      let count: Int
      do throws(StorageError) { count = try makeCheckpoint() } catch {
        guard error.underlying?.isNoSpace == true, reserve.giveUp() else { throw error }
        count = try makeCheckpoint()
      }
      reserve.make()
      return count
    }
  }

  private func makeCheckpoint() throws(StorageError) -> Int {
    if let poison = log.withLock({ $0.poison }) { throw poison }
    segments.prepare()
    let plan = try beginCheckpoint()
    let checkpointer = Checkpointer(layout: layout, environment: environment)
    let files = try checkpointer.writeFiles(plan.tables)
    let manifest = try checkpointer.writeTables(plan.tables, files: files, plan.position)
    let index = try IndexSnapshot(layout.index(plan.position.segment), environment)
    try state.withLock { (state) throws(StorageError) in
      try state.tables.adopt(index, manifest.journal, before: plan.position.segment)
    }
    log.withLock { $0.forget(plan.byteCount) }
    reader.release(before: plan.position.segment)
    try segments.release(before: plan.position.segment)
    try checkpointer.removeTables(
      exceptOf: plan.position.segment, feed: index.directory.feedFiles, manifest.journal)
    return files.count
  }

  /// Begins a new segment: what is in the tables now is all in earlier ones.
  private func beginCheckpoint() throws(StorageError) -> CheckpointPlan {
    try log.withLock { (log) throws(StorageError) in
      let byteCount = log.byteCount
      let position = try log.rotate()
      let tables = state.withLock { $0.tables }
      return CheckpointPlan(position: position, byteCount: byteCount, tables: tables)
    }
  }
}

/// What a checkpoint brings to the disk.
struct CheckpointPlan {
  /// Where recovery will begin.
  let position: WriteAheadLog.Position
  /// The log before that, in bytes.
  let byteCount: Int
  /// The tables as they were at that position.
  let tables: Tables
}
