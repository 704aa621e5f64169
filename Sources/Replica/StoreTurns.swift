import Synchronization

/// Keeps what must not run beside anything else apart from syncs and imports of the same store. The store is
/// one process's, so that is enough.
final class StoreTurns: Sendable {
  /// Held while something runs alone; for a moment while a sync or an import begins.
  private let alone = Mutex(())
  /// Syncs and imports that are under way.
  private let sharedCount = Mutex(0)

  /// Runs a sync or an import, beside others; waits for the end of what runs alone.
  func share<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    alone.withLock { _ in sharedCount.withLock { $0 += 1 } }
    defer { sharedCount.withLock { $0 -= 1 } }
    return try body()
  }

  /// Runs something while no sync and no import does.
  /// - Returns: nil if one is under way: nothing was run.
  func takeAlone<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let result = try alone.withLockIfAvailable { (_) throws(Failure) -> Result? in
      guard sharedCount.withLock({ $0 }) == 0 else { return nil }
      return try body()
    }
    return result ?? nil
  }
}

extension Replica {
  /// Runs something that no sync and no other import may run beside; those that begin meanwhile wait.
  /// - Parameter waits: called while one is under way; false ends the waiting.
  /// - Throws: `conflict` if one is under way still: nothing was run, and trying again later helps.
  package func alone<Result>(
    while waits: () -> Bool = { false }, _ body: () throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    var result: Result?
    repeat {
      result = try turns.takeAlone { () throws(ReplicaError) in try body() }
    } while result == nil && waits()
    guard let result else {
      throw .conflict(
        "a sync or another import is under way on this store: try again when it has ended, or stop "
          + "satchel-syncd first")
    }
    return result
  }
}
