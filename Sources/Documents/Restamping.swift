package import Causality

/// Other stamps for some transactions: their clock was wrong (DESIGN, rule 19).
package struct Restamping: Sendable {
  package let stamps: [Dot: Stamp]

  package init(_ stamps: [Dot: Stamp]) { self.stamps = stamps }

  /// The stamps that a server has for transactions that both know, where they differ from mine.
  /// O(transactions).
  package init(from mine: History, to theirs: History) {
    var stamps: [Dot: Stamp] = [:]
    for entry in mine.knowledge.entries {
      let common = min(entry.number, theirs.knowledge[entry.replica])
      for number in stride(from: 1, through: common, by: 1) {
        let dot = Dot(entry.replica, number)
        guard let stamp = theirs.record(dot)?.stamp, stamp != mine.record(dot)?.stamp else {
          continue
        }
        stamps[dot] = stamp
      }
    }
    self.stamps = stamps
  }

  /// New stamps for those transactions that are ahead of a limit and that a server does not take: in
  /// their order, at the server's time, behind all others that are known. O(transactions).
  ///
  /// - Parameters:
  ///   - known: the server's knowledge.
  ///   - now: the server's time, milliseconds since 1970 UTC.
  package init(
    of history: History, unknownAt known: VersionVector, aheadOf limit: UInt64, now: UInt64
  ) {
    var ahead: [(stamp: Stamp, dot: Dot)] = []
    for entry in history.knowledge.entries {
      let first = known[entry.replica] + 1
      for number in stride(from: first, through: entry.number, by: 1) {
        let dot = Dot(entry.replica, number)
        if let stamp = history.record(dot)?.stamp, stamp.milliseconds > limit {
          ahead.append((stamp, dot))
        }
      }
    }
    ahead.sort { $0.stamp != $1.stamp ? $0.stamp < $1.stamp : $0.dot < $1.dot }
    var clock = HybridClock(last: history.lastStamp(without: Set(ahead.map(\.dot))))
    stamps = ahead.reduce(into: [:]) { $0[$1.dot] = clock.tick(now: now) }
  }

  package var isEmpty: Bool { stamps.isEmpty }

  /// Whether a document holds a version, or comes from a transaction, that gets another stamp.
  package func concerns(_ document: Document) -> Bool {
    stamps[document.origin.dot] != nil
      || document.units.contains { unit in
        unit.versions.contains { stamps[$0.write.first] != nil }
      }
  }
}

extension Document {
  /// The same document with the other stamps. O(versions).
  package func restamped(_ restamping: Restamping) -> Document {
    let stamps = restamping.stamps
    let units = units.map { unit in
      Unit(
        name: unit.name,
        versions: unit.versions.map { version in
          let write = version.write
          guard let stamp = stamps[write.first] else { return version }
          return Version(
            write: Write(dot: write.dot, first: write.first, stamp: stamp, author: write.author),
            value: version.value, details: version.details)
        })
    }
    return Document(
      key: key, clock: clock,
      origin: Origin(
        dot: origin.dot, stamp: stamps[origin.dot] ?? origin.stamp, author: origin.author),
      schemaVersion: schemaVersion, units: units, dropped: dropped)
  }
}

extension History {
  /// The same transactions with the other stamps. O(transactions of the replicas concerned).
  package func restamped(_ restamping: Restamping) -> History {
    var result = self
    for (replica, first) in restamping.firstNumbers.sorted(by: { $0.key < $1.key }) {
      result.cut(replica, to: first - 1)
      for number in first...knowledge[replica] {
        let dot = Dot(replica, number)
        guard let record = record(dot) else { continue }
        let stamp = restamping.stamps[dot] ?? record.stamp
        result.append(TransactionRecord(nonce: record.nonce, stamp: stamp), of: replica)
      }
    }
    return result
  }

  /// The latest stamp of all transactions but some.
  func lastStamp(without left: Set<Dot>) -> Stamp {
    var last = Stamp(rawValue: 0)
    for entry in knowledge.entries {
      for number in 1...entry.number where !left.contains(Dot(entry.replica, number)) {
        if let stamp = record(Dot(entry.replica, number))?.stamp { last = max(last, stamp) }
      }
    }
    return last
  }
}

extension Restamping {
  /// Of each replica concerned, the first transaction that gets another stamp.
  fileprivate var firstNumbers: [ReplicaID: UInt64] {
    stamps.keys.reduce(into: [:]) { numbers, dot in
      numbers[dot.replica] = min(numbers[dot.replica] ?? dot.number, dot.number)
    }
  }
}
