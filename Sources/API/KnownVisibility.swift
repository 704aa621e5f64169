import Replica
import Synchronization

/// What was found out about callers: good as long as nothing was written to their replica.
package final class KnownVisibility: Sendable {
  private struct Entry: Sendable {
    let head: UInt64
    let replica: ObjectIdentifier
    let visibility: Visibility
  }

  private static let mostCount = 10_000
  private let entries = Mutex<[Caller: Entry]>([:])

  func visibility(
    of caller: Caller, _ replica: Replica, orRead read: () throws(APIError) -> Visibility
  ) throws(APIError) -> Visibility {
    let (head, id) = (replica.feedHead, ObjectIdentifier(replica))
    if let known = entries.withLock({ $0[caller] }), known.head == head, known.replica == id {
      return known.visibility
    }
    let visibility = try read()
    entries.withLock { entries in
      if entries.count >= Self.mostCount { entries = [:] }
      entries[caller] = Entry(head: head, replica: id, visibility: visibility)
    }
    return visibility
  }
}
