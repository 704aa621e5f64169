/// Names a transaction: the `number`-th that `replica` committed, counted from 1 without gaps.
package struct Dot: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let replica: ReplicaID
  package let number: UInt64

  package init(_ replica: ReplicaID, _ number: UInt64) {
    self.replica = replica
    self.number = number
  }

  package static func < (a: Dot, b: Dot) -> Bool {
    a.replica != b.replica ? a.replica < b.replica : a.number < b.number
  }

  /// Reads what `description` prints; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let replica = UniqueID(String(parts[0])), let number = UInt64(parts[1]),
      number > 0
    else { return nil }
    self.init(replica, number)
  }

  package var description: String { "\(replica):\(number)" }
}
