/// For each replica, the number of its last transaction that is included; 0 where none is.
///
/// Kept as an array sorted by replica: a clinic has few replicas, and comparing two short sorted
/// arrays touches no hash table.
package struct VersionVector: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package let replica: ReplicaID
    package var number: UInt64

    package init(replica: ReplicaID, number: UInt64) {
      self.replica = replica
      self.number = number
    }
  }

  /// Invariant: sorted by replica, no replica twice, no number 0.
  package private(set) var entries: [Entry] = []

  package init() {}

  /// The vector with these numbers; of a replica named twice the larger counts.
  package init(_ numbers: some Sequence<(ReplicaID, UInt64)>) {
    for (replica, number) in numbers { include(Dot(replica, number)) }
  }

  package init(_ dot: Dot) {
    include(dot)
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// The number of the last included transaction of a replica. O(log replicas).
  package subscript(replica: ReplicaID) -> UInt64 {
    let index = firstIndex(notBefore: replica)
    return index < entries.count && entries[index].replica == replica ? entries[index].number : 0
  }

  package func covers(_ dot: Dot) -> Bool { self[dot.replica] >= dot.number }

  /// Whether every transaction included here is included there. O(replicas).
  package func isCovered(by other: VersionVector) -> Bool {
    var theirs = 0
    for entry in entries {
      while theirs < other.entries.count, other.entries[theirs].replica < entry.replica {
        theirs += 1
      }
      guard theirs < other.entries.count, other.entries[theirs].replica == entry.replica,
        other.entries[theirs].number >= entry.number
      else { return false }
    }
    return true
  }

  /// Includes a transaction and all that its replica committed before it.
  package mutating func include(_ dot: Dot) {
    guard dot.number > 0 else { return }
    let index = firstIndex(notBefore: dot.replica)
    if index < entries.count, entries[index].replica == dot.replica {
      entries[index].number = max(entries[index].number, dot.number)
    } else {
      entries.insert(Entry(replica: dot.replica, number: dot.number), at: index)
    }
  }

  /// Includes all that the other vector includes: the smallest vector that covers both.
  package mutating func formUnion(_ other: VersionVector) {
    if other.isCovered(by: self) { return }
    for entry in other.entries { include(Dot(entry.replica, entry.number)) }
  }

  package func union(_ other: VersionVector) -> VersionVector {
    var result = self
    result.formUnion(other)
    return result
  }

  /// This vector without the transactions of a replica behind a number.
  package func limited(_ replica: ReplicaID, to number: UInt64) -> VersionVector {
    var result = self
    let index = firstIndex(notBefore: replica)
    guard index < entries.count, entries[index].replica == replica,
      entries[index].number > number
    else { return result }
    if number == 0 {
      result.entries.remove(at: index)
    } else {
      result.entries[index].number = number
    }
    return result
  }

  /// The entries that differ from a base; `applying` them to the base gives this vector again.
  ///
  /// A replica of the base that is missing here is given with the number 0.
  package func difference(from base: VersionVector) -> [Entry] {
    let changed = entries.filter { base[$0.replica] != $0.number }
    let missing = base.entries.filter { self[$0.replica] == 0 }
    return (changed + missing.map { Entry(replica: $0.replica, number: 0) })
      .sorted { $0.replica < $1.replica }
  }

  /// This vector with some entries set to other numbers: the inverse of `difference(from:)`.
  package func applying(_ difference: [Entry]) -> VersionVector {
    var numbers = Dictionary(entries.map { ($0.replica, $0.number) }, uniquingKeysWith: max)
    for entry in difference { numbers[entry.replica] = entry.number }
    // any order: a vector sorts its entries
    return VersionVector(numbers.map { ($0.key, $0.value) })
  }

  private func firstIndex(notBefore replica: ReplicaID) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].replica < replica { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
