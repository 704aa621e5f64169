import Documents
package import JSON
import Planted
import Platform
import Synchronization

extension Store {
  /// Writes every changed document into its file, makes all durable together, writes the index, then
  /// drops the log that they cover. Commits go on meanwhile.
  ///
  /// Where the disk is full, the reserve is given up for it; it is made again once there is room.
  ///
  /// - Parameter notes: is called once or twice, takes the documents that the checkpoint will cover, and
  ///   says what to note of them: it is known as long as this is the last checkpoint.
  /// - Returns: the number of files written.
  /// - Throws: `system`: log and files together still hold everything. `corrupt` if a document that
  ///   must be written cannot be read.
  package func checkpoint(
    noting notes: CheckpointNotes = { (take) throws(StorageError) in
      _ = try take()
      return []
    }
  ) throws(StorageError) -> Int {
    try checkpointing.withLock { (_) throws(StorageError) in
      let reserve = Reserve(layout: layout, environment: environment)
      let count: Int
      do throws(StorageError) { count = try makeCheckpoint(notes) } catch {
        guard error.underlying?.isNoSpace == true, reserve.giveUp() else { throw error }
        count = try makeCheckpoint(notes)
      }
      reserve.make()
      return count
    }
  }

  private func makeCheckpoint(_ notes: CheckpointNotes) throws(StorageError) -> Int {
    if let poison = log.withLock({ $0.poison }) { throw poison }
    segments.prepare()
    var begun: CheckpointPlan?
    let noted = try notes { () throws(StorageError) in
      let plan = try beginCheckpoint()
      begun = plan
      return plan.tables
    }
    guard var plan = begun else { preconditionFailure("a checkpoint takes the documents") }
    plan.tables.setNotes(noted)
    let checkpointer = Checkpointer(layout: layout, environment: environment)
    let files = try checkpointer.writeFiles(plan.tables)
    if planted(Fault.logDroppedEarly) { try segments.release(before: plan.position.segment) }
    let manifest = try checkpointer.writeTables(plan.tables, files: files, plan.position)
    let index = try IndexSnapshot(layout.index(plan.position.segment), environment)
    try state.withLock { (state) throws(StorageError) in
      try state.tables.adopt(index, manifest)
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

/// What somebody notes of the documents that a checkpoint covers, which `take` gives.
package typealias CheckpointNotes = (
  _ take: () throws(StorageError) -> Tables
) throws(StorageError) -> [(name: String, value: JSONValue)]

/// What a checkpoint brings to the disk.
struct CheckpointPlan {
  /// Where recovery will begin.
  let position: WriteAheadLog.Position
  /// The log before that, in bytes.
  let byteCount: Int
  /// The tables as they were at that position.
  var tables: Tables
}
