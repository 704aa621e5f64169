import Causality
import Synchronization

/// Lets the requests of one laptop be answered one after the other: one of a program that has ended may still be under
/// way when the next begins, and both would keep pages in one place.
final class SenderTurns: Sendable {
  private final class Turn: Sendable { let mutex = Mutex(()) }

  private let turns = Mutex<[ReplicaID: (turn: Turn, userCount: Int)]>([:])

  /// Runs something when nobody else runs anything for the sender.
  func take<Result: Sendable, Failure: Error>(
    _ sender: ReplicaID, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let turn = enter(sender)
    defer { leave(sender) }
    return try turn.mutex.withLock { (_) throws(Failure) in try body() }
  }

  private func enter(_ sender: ReplicaID) -> Turn {
    turns.withLock { turns in
      let (turn, count) = turns[sender] ?? (Turn(), 0)
      turns[sender] = (turn, count + 1)
      return turn
    }
  }

  private func leave(_ sender: ReplicaID) {
    turns.withLock { turns in
      guard let (turn, count) = turns[sender] else { return }
      turns[sender] = count > 1 ? (turn, count - 1) : nil
    }
  }
}
