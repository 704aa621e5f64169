import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// What was decided of a document counts for what was seen of it, on every replica alike (DESIGN, rule 23).
@Suite struct DecidedItemTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws { all = try TwoLaptops() }

  private func appointment(_ number: UInt64, at hour: String) -> JSONObject {
    [
      "type": "appointment", "id": .string(key(number).id.description), "date": "2026-03-10",
      "start_time": .string("\(hour):00"), "end_time": .string("\(hour):30"), "duration": 30,
      "time_zone": "America/New_York", "status": "unconfirmed", "intake_status": "missing",
      "arrived": false, "confirmation_code": "7KQ2M4NA",
    ]
  }

  private func newCodes(_ replica: TestReplica) throws -> [ReviewItem] {
    try replica.replica.reviewItems().filter { $0.rule == "A19" && $0.documents.count == 1 }
  }

  /// Found by the simulator: the list that was kept up to date did not look at a decided item again.
  @Test func `a note opens a decided item again, also in a list that is kept up to date`() throws {
    try here.put([appointment(1, at: "10")])
    try there.put([appointment(2, at: "11")])
    try meet()
    let item = try #require(try newCodes(here).first)
    try here.replica.resolve(item: item.id, action: ReviewAction.dismiss)
    #expect(try newCodes(here).isEmpty)
    try meet()
    let subject = try #require(item.documents.first)
    try there.carryOut(0, ["notes": "called"], subject)
    try meet()
    let lists = try [here, there, server].map { try $0.replica.reviewItems().map(\.id) }
    #expect(lists[0] == lists[2] && lists[1] == lists[2])
    #expect(try newCodes(here).map(\.id) == [item.id])
  }
}
