import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// Rules that are kept where something is written, not where it is merged.
@Suite struct RefusalTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let laptop: TestReplica
  let patient = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 7))

  init() throws {
    server = try TestReplica(clock: clock)
    laptop = try TestReplica(of: server, clock: clock)
    try laptop.put([
      [
        "type": "patient", "id": .string(patient.id.description), "first_name": "Ana",
        "last_name": "Lima", "status": "active",
      ]
    ])
  }

  @Test func `P8: an account is not changed by an edit`() throws {
    #expect(throws: ReplicaError.self) {
      try laptop.replica.transact { (tx) throws(ReplicaError) in
        _ = try laptop.replica.update(
          patient, patch: ["account_id": .string(UniqueID(high: 1, low: 1).description)], in: &tx)
      }
    }
    #expect(
      laptop.replica.view(try #require(try laptop.replica.document(patient)))["account_id"]?
        .stringValue == TestReplica.account.description)
  }

  @Test func `U1: users are the server's`() throws {
    let user: JSONObject = ["email": "a@example.org", "name": "Ada", "role": "clinician"]
    #expect(throws: ReplicaError.self) {
      try laptop.replica.transact { (tx) throws(ReplicaError) in
        _ = try laptop.replica.create(user, type: "user", in: &tx)
      }
    }
    let key = try server.replica.transact { (tx) throws(ReplicaError) in
      try server.replica.create(user, type: "user", in: &tx)
    }
    try laptop.sync(with: server)
    #expect(try laptop.shown(key)["name"]?.stringValue == "Ada")
    #expect(throws: ReplicaError.self) { try laptop.replica.delete(key, reason: .mistake) }
  }
}
