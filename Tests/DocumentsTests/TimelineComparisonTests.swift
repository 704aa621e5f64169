import Causality
import Documents
import TestSupport
import Testing

/// What a laptop must call otherwise, compared with a server (DESIGN, rule 16).
struct TimelineComparisonTests {
  /// Transactions by their nonces, of some replicas.
  private func history(_ nonces: [Int: [UInt64]]) -> History {
    var history = History(digest: sampleDigest)
    for (replica, nonces) in nonces.sorted(by: { $0.key < $1.key }) {
      for nonce in nonces {
        history.append(
          TransactionRecord(nonce: nonce, stamp: Stamp(milliseconds: nonce)), of: .sample(replica))
      }
    }
    return history
  }

  /// What is left after all renamings: the nonces of each replica.
  private func agreed(_ mine: History, _ theirs: History) throws -> [ReplicaID: [UInt64]] {
    var mine = mine
    var count = 0
    while let names = Relabelling.difference(of: mine, from: theirs) {
      mine = try #require(mine.relabelled(names))
      count += 1
      try #require(count < 20, "renames for ever")
    }
    var result: [ReplicaID: [UInt64]] = [:]
    for entry in mine.knowledge.entries {
      result[entry.replica] = (1...entry.number).compactMap {
        mine.record(Dot(entry.replica, $0))?.nonce
      }
    }
    return result
  }

  private func branch(_ replica: Int, _ nonce: UInt64) throws -> ReplicaID {
    try #require(Relabelling.branch(of: .sample(replica), nonce: nonce, digest: sampleDigest))
  }

  @Test(
    arguments: [
      ([1: [1, 2, 3]], [1: [1, 2, 3]]), ([1: [1, 2, 3, 4]], [1: [1, 2]]),
      ([1: [1, 2]], [1: [1, 2, 3]]),
      ([1: [1], 2: [2]], [3: [4]]), ([:], [1: [1]]), ([1: [1]], [:]),
    ] as [([Int: [UInt64]], [Int: [UInt64]])])
  func `one timeline, known to different ends, needs no other name`(
    mine: [Int: [UInt64]], theirs: [Int: [UInt64]]
  ) {
    #expect(Relabelling.difference(of: history(mine), from: history(theirs)) == nil)
  }

  @Test func `a timeline that parted takes a name that everybody computes`() throws {
    let mine = history([1: [1, 2, 30, 31]])
    let names = try #require(Relabelling.difference(of: mine, from: history([1: [1, 2, 40]])))
    #expect(names.replica == .sample(1) && names.shared == 2 && names.earlier == 0)
    #expect(names.branch == (try branch(1, 30)))
    #expect(
      try agreed(mine, history([1: [1, 2, 40]])) == [
        .sample(1): [1, 2], try branch(1, 30): [30, 31],
      ])
  }

  @Test func `where the server has a name for it, the timeline takes that`() throws {
    // Somebody on the same timeline has been at the server, under a name of its own.
    let theirs = history([1: [1, 2, 40], 7: [30, 31]])
    let mine = history([1: [1, 2, 30, 31, 32]])
    let names = try #require(Relabelling.difference(of: mine, from: theirs))
    #expect(names.branch == .sample(7) && names.earlier == 0 && names.shared == 2)
    #expect(
      try agreed(mine, theirs) == [.sample(1): [1, 2], .sample(7): [30, 31, 32]])
  }

  @Test func `a run that begins in the middle of the server's name goes on there`() throws {
    let theirs = history([1: [1, 40], 7: [20, 21, 30]])
    let mine = history([1: [1, 30, 31], 7: [20, 21]])
    let names = try #require(Relabelling.difference(of: mine, from: theirs))
    #expect(names.branch == .sample(7) && names.earlier == 2 && names.shared == 1)
    #expect(try agreed(mine, theirs) == [.sample(1): [1], .sample(7): [20, 21, 30, 31]])
  }

  @Test func `the last run moves first`() throws {
    // The server calls 30 its own name, and knows 50 under a third one.
    let theirs = history([1: [1, 2, 40, 41], 7: [30], 8: [50]])
    let mine = history([1: [1, 2, 30, 50, 51]])
    let names = try #require(Relabelling.difference(of: mine, from: theirs))
    #expect(names.branch == .sample(8) && names.shared == 3)
    #expect(
      try agreed(mine, theirs) == [.sample(1): [1, 2], .sample(7): [30], .sample(8): [50, 51]])
  }

  @Test func `a run whose name is taken by another of its own waits until that one has moved`()
    throws
  {
    // The server went back twice: a transaction has its first name there again, which 40
    // has here.
    let back = try #require(try (50...500).first { try branch(9, $0) < .sample(9) })
    let theirs = history([9: [1, back]])
    var mine = history([9: [1, 40]])
    for nonce in [back, 900] {
      let record = TransactionRecord(nonce: nonce, stamp: Stamp(milliseconds: nonce))
      mine.append(record, of: try branch(9, back))
    }
    #expect(
      try agreed(mine, theirs) == [.sample(9): [1, back, 900], try branch(9, 40): [40]])
  }
}
