import Causality
package import Documents
package import JSON
package import Testing

/// A server and two laptops of one account, all at one time of day.
package struct TwoLaptops {
  package let clock: TestClock
  package let server: TestReplica
  package let here: TestReplica
  package let there: TestReplica

  /// - Parameters:
  ///   - wrong: the clock of the laptop here, if it is not right.
  ///   - pieces: how many documents they take in at once.
  package init(
    at time: String = "2026-03-01T08:00:00Z", wrong: TestClock? = nil, pieces: Int? = nil
  ) throws {
    let clock = TestClock(time)
    self.clock = clock
    (server, here, there) = try TestReplica.$pieces.withValue(pieces) {
      let server = try TestReplica(clock: clock)
      return (
        server, try TestReplica(of: server, clock: wrong ?? clock),
        try TestReplica(of: server, clock: clock)
      )
    }
  }
}

/// A suite whose every test has a server and two laptops.
package protocol TwoLaptopSuite {
  var all: TwoLaptops { get }
}

extension TwoLaptopSuite {
  package var clock: TestClock { all.clock }
  package var server: TestReplica { all.server }
  package var here: TestReplica { all.here }
  package var there: TestReplica { all.there }

  /// A patient by number.
  package func key(_ number: UInt64) -> DocumentKey {
    DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | number))
  }

  /// Changes fields of a patient, or makes one.
  package func edit(_ replica: TestReplica, _ number: UInt64, _ fields: JSONObject) throws {
    try replica.carryOut(number, fields, key(number))
  }

  /// All that are named sync twice: then they have everything.
  package func meet(_ laptops: [TestReplica]? = nil, isJudged: Bool = false) throws {
    let laptops = laptops ?? [here, there]
    for laptop in laptops + laptops { try laptop.sync(with: server, isJudged: isJudged) }
  }

  /// They hold the same: knowledge, histories and documents.
  package func expectEqual(
    _ replicas: [TestReplica]? = nil, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let states = try (replicas ?? [server, here, there]).map { try $0.state() }
    for state in states.dropFirst() { #expect(state == states[0], sourceLocation: location) }
  }
}
