import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

@Suite struct PatientMergeTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let here: TestReplica
  let there: TestReplica

  init() throws {
    server = try TestReplica(clock: clock)
    here = try TestReplica(of: server, clock: clock)
    there = try TestReplica(of: server, clock: clock)
    try here.put((1...4).map(patient))
    try meet()
  }

  private func meet() throws {
    for laptop in [here, there, here] { try laptop.sync(with: server) }
  }

  private func key(_ number: UInt64) -> DocumentKey {
    DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | number))
  }

  private func patient(_ number: UInt64) -> JSONObject {
    [
      "type": "patient", "id": .string(key(number).id.description),
      "first_name": .string("First\(number)"), "last_name": .string("Last\(number)"),
      "status": "active", "phone": .string("555-010\(number)"),
    ]
  }

  private func survivor(_ number: UInt64, _ replica: TestReplica) throws -> DocumentKey {
    try replica.replica.looking { (clinic) throws(ReplicaError) in clinic.survivor(of: key(number))
    }
  }

  private func setPhone(_ replica: TestReplica, _ number: UInt64, _ phone: String) throws {
    try replica.replica.transact { (tx) throws(ReplicaError) in
      _ = try replica.replica.update(
        key(number), patch: ["phone": .string(phone)], in: &tx)
    }
  }

  @Test func `merges are followed to their end, and can be taken back`() throws {
    try here.replica.merge(key(1), into: key(2))
    try here.replica.merge(key(2), into: key(3))
    try meet()
    for replica in [here, there, server] {
      #expect(try survivor(1, replica) == key(3) && survivor(2, replica) == key(3))
    }
    try there.replica.unmerge(key(2))
    try meet()
    #expect(try survivor(1, here) == key(2) && survivor(2, here) == key(2))
  }

  @Test func `patients that are one cannot be merged again, and one alone cannot be unmerged`()
    throws
  {
    try here.replica.merge(key(1), into: key(2))
    #expect(throws: ReplicaError.self) { try here.replica.merge(key(1), into: key(2)) }
    #expect(throws: ReplicaError.self) { try here.replica.merge(key(2), into: key(1)) }
    #expect(throws: ReplicaError.self) { try here.replica.merge(key(3), into: key(3)) }
    #expect(throws: ReplicaError.self) { try here.replica.unmerge(key(2)) }
    let nobody = DocumentKey(type: "patient", id: UniqueID(high: 1, low: 9))
    #expect(throws: ReplicaError.self) { try here.replica.merge(key(1), into: nobody) }
  }

  @Test func `what belongs to a merged patient is listed with the one that stands for it`() throws {
    let invites = (1...2).map {
      DocumentKey(type: "invite", id: UniqueID(high: 0x4100, low: 1 << 63 | $0))
    }
    try here.put(
      zip(invites, [UInt64(1), 2]).map { invite, number in
        [
          "type": "invite", "id": .string(invite.id.description), "status": "revoked",
          "patient_id": .string(key(number).id.description), "email": "a@example.org",
          "expires_at": "2026-09-01T00:00:00.000Z",
        ]
      })
    try here.replica.merge(key(1), into: key(2))
    try meet()
    for replica in [here, there, server] {
      for number in [UInt64(1), 2] {
        var query = ListQuery(type: "invite")
        query.filters = [("patient_id", key(number).id.description)]
        let listed = try replica.replica.list(query).compactMap { $0["id"]?.stringValue }
        #expect(Set(listed) == Set(invites.map(\.id.description)) && listed.count == 2)
      }
    }
  }

  @Test func `a circle of merges has one survivor, the same everywhere`() throws {
    try here.replica.merge(key(1), into: key(2))
    try there.replica.merge(key(2), into: key(3))
    try meet()
    try here.replica.merge(key(3), into: key(4))
    try there.replica.transact { (tx) throws(ReplicaError) in
      _ = try tx.set(
        key(3),
        to: tx.document(key(3)).map(tx.fields).map { fields in
          var fields = fields
          fields["merged_into"] = .string(key(1).id.description)
          return fields
        } ?? [:])
    }
    try meet()
    let all = try [here, there, server].map { replica in
      try (1...4).map { try survivor($0, replica) }
    }
    #expect(all[0] == all[1] && all[1] == all[2])
    #expect(Set(all[0]).count <= 2)
  }

  @Test func `an edit that did not know of the merge is settled on the survivor`() throws {
    try here.replica.merge(key(1), into: key(2))
    clock.set("2026-03-01T09:00:00Z")
    try setPhone(there, 1, "555-0199")
    try meet()
    let item = try #require(try there.replica.reviewItems().first)
    #expect(item.rule == "P2" && item.documents == [key(2), key(1)].sorted())
    #expect(item.sides.map(\.value.stringValue) == ["555-0199", "555-0102"])
    try there.replica.resolve(item: item.id, keep: 1)
    try meet()
    for replica in [here, there, server] {
      #expect(try replica.review().isEmpty)
      #expect(try replica.shown(key(2))["phone"]?.stringValue == "555-0199")
      #expect(try replica.shown(key(2))["effective_phone"] == nil)
    }
  }

  @Test func `what was edited without knowledge of a merge is told unit by unit, by name`() throws {
    try here.replica.merge(key(1), into: key(2))
    clock.set("2026-03-01T09:00:00Z")
    try there.replica.transact { (tx) throws(ReplicaError) in
      _ = try there.replica.update(
        key(1),
        patch: [
          "phone": "555-0199", "last_name": "Late", "external_id": "K-9", "email": "l@example.org",
          "first_name": "Ina",
        ], in: &tx)
    }
    try meet()
    for replica in [here, there, server] {
      let told = try replica.shown(key(2)).members.map(\.key).filter {
        $0.hasPrefix("effective_")
      }
      #expect(
        told == [
          "effective_email", "effective_external_id", "effective_first_name",
          "effective_last_name", "effective_phone",
        ])
    }
  }

  @Test func `every reference of the catalogue to a patient is redirected`() throws {
    try here.replica.merge(key(1), into: key(2))
    let references = Catalogue.standard.references(to: "patient")
      .filter { $0.field.name != "merged_into" }
    #expect(references.count >= 8)
    for (number, reference) in references.enumerated() {
      let id = UniqueID(high: 0x4000, low: 1 << 63 | UInt64(100 + number))
      try here.put([
        [
          "type": .string(reference.type.name), "id": .string(id.description),
          reference.field.name: .string(key(1).id.description),
        ].asObject
      ])
      let shown = try here.shown(DocumentKey(type: reference.type.name, id: id))
      #expect(
        shown["effective_\(reference.field.name)"]?.stringValue == key(2).id.description,
        "\(reference.type.name)")
    }
  }
}

extension [String: JSONValue] {
  fileprivate var asObject: JSONObject { JSONObject(map { ($0.key, $0.value) }) }
}
