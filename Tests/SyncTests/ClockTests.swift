import Causality
import Documents
import JSON
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// No wrong clock delays, loses or wins anything for long (DESIGN, rule 19).
@Suite struct ClockTests: TwoLaptopSuite {
  let wrong = TestClock("2026-03-01T08:00:00Z")
  let all: TwoLaptops
  private let key = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 1))

  init() throws {
    all = try TwoLaptops(wrong: wrong)
    try here.carryOut(1, ["first_name": "Ana", "last_name": "Lima", "status": "active"], key)
    try meet()
  }

  @Test(arguments: [60, -60, 525_600, -525_600])
  func `a clock that is wrong by minutes wins nothing`(minutes: Int) throws {
    wrong.advance(minutes: minutes)
    try here.carryOut(1, ["phone": "first"], key)
    try meet()
    try expectEqual()
    let limit = clock.now() + Replica.maximumSkew
    let last = server.replica.read { $0.history.lastStamp }
    #expect(last.milliseconds <= limit)
    // A minute later somebody with a right clock writes: his write wins at once.
    clock.advance(minutes: 6)
    wrong.advance(minutes: 6)
    try there.carryOut(1, ["phone": "second"], key)
    try there.sync(with: server)
    try here.carryOut(1, ["notes": "third"], key)
    try meet()
    try expectEqual()
    #expect(try here.shown(key)["phone"]?.stringValue == "second")
    #expect(try there.shown(key)["notes"]?.stringValue == "third")
    #expect(abs(here.replica.clockOffset + minutes * 60_000) < 5_000)
  }

  @Test func `only what is ahead of the limit and not sent is stamped anew`() throws {
    let before = here.replica.read { $0.history.record(Dot(here.replica.id, 1)) }
    try here.carryOut(1, ["phone": "in time"], key)
    let stamped = here.replica.read { $0.history.record(Dot(here.replica.id, 2)) }
    wrong.advance(minutes: 600)
    try here.carryOut(1, ["phone": "ahead"], key)
    let id = here.replica.id
    try meet()
    let history = server.replica.read { $0.history }
    #expect(history.record(Dot(id, 1)) == before && history.record(Dot(id, 2)) == stamped)
    let anew = try #require(history.record(Dot(id, 3)))
    #expect(anew.stamp.milliseconds <= clock.now() + 1)
    #expect(try there.shown(key)["phone"]?.stringValue == "ahead")
    try expectEqual()
  }
}
