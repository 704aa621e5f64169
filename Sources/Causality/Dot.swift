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

  package var description: String { "\(replica):\(number)" }
}
