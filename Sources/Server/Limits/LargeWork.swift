import Causality
import Synchronization

/// Lets few large requests be worked on at once, and of each account one: in memory they take many times as much as
/// on their way.
final class LargeWork: Sendable {
  /// What is not larger, in bytes, needs no turn. A laptop's page has about a quarter of it.
  static let smallByteCount = 4 << 20
  private static let mostAtOnce = 2

  private let accounts = Mutex<Set<UniqueID>>([])

  /// Takes a turn, to be ended by `end`.
  /// - Returns: false if there is none now.
  func begin(_ account: UniqueID) -> Bool {
    accounts.withLock { accounts in
      accounts.count < Self.mostAtOnce && accounts.insert(account).inserted
    }
  }

  func end(_ account: UniqueID) { accounts.withLock { _ = $0.remove(account) } }
}
