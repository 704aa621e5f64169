import Causality
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// A document that lives again but lacks content is fetched from whoever has it (DESIGN, rule 11).
@Suite struct WantedTests: TwoLaptopSuite {
  let all: TwoLaptops
  private let key = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 1))

  init() throws {
    all = try TwoLaptops()
    try here.carryOut(
      1,
      [
        "first_name": "Ana", "last_name": "Lima", "status": "active", "phone": "555",
        "notes": "prefers mornings",
      ], key)
    for laptop in [here, there, here, there] { try laptop.sync(with: server) }
  }

  @Test func `an edit from beyond the end of the trash brings the whole document back`() throws {
    // `there` stays away, is retired, and edits what the others delete and forget.
    try there.carryOut(1, ["phone": "777"], key)
    try server.replica.retire(there.replica.id)
    try here.replica.delete(key, reason: .mistake)
    for _ in 0..<2 { try here.sync(with: server) }
    clock.set("2026-04-05T08:00:00Z")
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    #expect(try server.replica.document(key)?.hasContent == false)
    for laptop in [there, here, there, here] { try laptop.sync(with: server) }
    for replica in [here, there, server] {
      let shown = try replica.shown(key)
      #expect(shown["phone"]?.stringValue == "777")
      #expect(shown["notes"]?.stringValue == "prefers mornings")
      #expect(try replica.replica.wanted().isEmpty)
    }
    #expect(try here.state() == server.state() && there.state() == server.state())
  }

  @Test func `a document that lives and lacks content is asked for and supplied`() throws {
    // A visit shows that the patient is needed, although it was deleted and dropped elsewhere.
    let visit = DocumentKey(type: "appointment", id: UniqueID(high: 0x4000, low: 1 << 63 | 2))
    try there.carryOut(
      2,
      [
        "patient_id": .string(key.id.description), "date": "2026-04-10", "start_time": "10:30",
        "end_time": "11:00", "duration": 30, "status": "unconfirmed",
      ], visit)
    try server.replica.retire(there.replica.id)
    try here.replica.delete(key, reason: .mistake)
    for _ in 0..<2 { try here.sync(with: server) }
    clock.set("2026-04-05T08:00:00Z")
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try there.sync(with: server)
    for laptop in [there, here, there, here] { try laptop.sync(with: server) }
    for replica in [here, there, server] {
      #expect(try replica.shown(key)["notes"]?.stringValue == "prefers mornings")
      #expect(try replica.replica.wanted().isEmpty)
    }
  }

  @Test func `a laptop that has dropped what the server still has gets it back`() throws {
    try there.carryOut(1, ["phone": "777"], key)
    try server.replica.retire(there.replica.id)
    try here.replica.delete(key, reason: .mistake)
    for _ in 0..<2 { try here.sync(with: server) }
    clock.set("2026-04-05T08:00:00Z")
    #expect(try here.replica.emptyTrash() == 1)
    // The server has the content still: it writes nothing anew, and only the edit travels.
    try there.sync(with: server)
    try here.sync(with: server)
    #expect(try here.replica.wanted() == [key])
    #expect(throws: ReplicaError.self) { try here.carryOut(9, ["notes": "typed blindly"], key) }
    #expect(throws: ReplicaError.self) {
      try here.replica.transact { (transaction) throws(ReplicaError) in
        try here.replica.update(key, patch: ["phone": "999"], in: &transaction)
      }
    }
    for _ in 0..<2 { try here.sync(with: server) }
    #expect(try here.replica.wanted().isEmpty)
    let shown = try here.shown(key)
    #expect(shown["notes"]?.stringValue == "prefers mornings")
    #expect(shown["phone"]?.stringValue == "777")
  }

  @Test func `what nothing happens to is not looked at again`() throws {
    try here.replica.delete(key, reason: .mistake)
    for _ in 0..<2 {
      for laptop in [here, there, here, there] { try laptop.sync(with: server) }
    }
    clock.set("2026-04-05T08:00:00Z")
    #expect(try here.replica.emptyTrash() == 1)
    #expect(try here.replica.wanted().isEmpty)
    #expect(here.replica.wantedDocuments.lacking == [key])
    #expect(here.replica.wantedDocuments.wanted == [])
    let other = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 9))
    try here.carryOut(9, ["first_name": "Bo", "last_name": "L", "status": "active"], other)
    #expect(here.replica.wantedDocuments.wanted == [])
    try here.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.undelete(key)
    }
    #expect(here.replica.wantedDocuments.wanted == nil)
    #expect(try here.replica.wanted() == [key])
  }
}
