import Causality
import Clinic
import Documents
import JSON
import Replica
import Storage
import TestSupport
import Testing

/// Two laptops of one clinic that edit apart and then meet.
@Suite struct ReviewTests {
  let fixture: VisitFixture
  let here: TestClinic
  let there: TestClinic

  init() throws {
    fixture = try VisitFixture()
    here = fixture.clinic
    there = try TestClinic()
    try here.meet(there)
  }

  private func items(_ clinic: TestClinic) throws -> [String] {
    try clinic.replica.reviewItems().map {
      String(decoding: JSONValue.object($0.value).bytes, as: UTF8.self)
    }
  }

  /// Lets both meet and gives the items, which must be the same on both.
  private func meet() throws -> [ReviewItem] {
    try here.meet(there)
    #expect(try items(here) == items(there))
    return try here.replica.reviewItems()
  }

  private func conflictOfPhones() throws -> ReviewItem {
    try here.update("patient", fixture.patient, ["phone": "555-0101"])
    there.clock.advance(minutes: 1)
    try there.update("patient", fixture.patient, ["phone": "555-0102"])
    let items = try meet()
    #expect(items.count == 1)
    return try #require(items.first)
  }

  @Test func `a clean store has no items`() throws {
    #expect(try meet().isEmpty)
  }

  @Test func `different values of one unit are an item with both sides, the shown one first`()
    throws
  {
    let item = try conflictOfPhones()
    #expect(item.rule == "P2" && item.severity == .normal && item.unit == "phone")
    #expect(item.documents == [DocumentKey(type: "patient", id: fixture.patient)])
    #expect(item.sides.map(\.value.stringValue) == ["555-0102", "555-0101"])
    #expect(item.sides.map(\.device) == [there, here].map(\.replica.store.identity.device))
    #expect(
      item.summary == "The phone of patient Ana Lima was recorded differently at the same time: "
        + "\"555-0102\" (shown) and \"555-0101\".")
    #expect(item.actions.map(\.name) == ["keep-1", "keep-2", "dismiss"])
    #expect(item.id.utf8.count == 16)
  }

  @Test func `an item has the shape of the interface`() throws {
    let value = try conflictOfPhones().value
    #expect(
      value.keys == ["id", "rule", "severity", "documents", "sides", "summary", "actions"])
    let side = try #require(value["sides"]?.arrayValue?.first?.objectValue)
    #expect(side.keys == ["value", "author", "device", "at"])
    #expect(side.text("at") == "2026-03-02T12:01:00.000Z" && side["author"]?.isNull == true)
    let action = try #require(value["actions"]?.arrayValue?.first?.objectValue)
    #expect(action.keys == ["name", "effect"])
  }

  @Test func `an author is named where the user is known`() throws {
    let user = DocumentKey(type: "user", id: UniqueID(high: 9, low: 9))
    _ = try here.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.set(
        user,
        to: [
          "name": "Dr. Ek", "email": "ek@example.org", "role": "clinician", "status": "active",
        ])
    }
    try here.meet(there)
    let author = Author(user: user.id, device: UniqueID(high: 1, low: 2))
    let stranger = Author(user: UniqueID(high: 3, low: 4), device: UniqueID(high: 1, low: 3))
    for (clinic, author, phone) in [(here, author, "1"), (there, stranger, "2")] {
      let key = DocumentKey(type: "patient", id: fixture.patient)
      let validator = clinic.replica.validator()
      try clinic.replica.transact(by: author) { (transaction) throws(ReplicaError) in
        _ = try clinic.replica.update(
          key, patch: ["phone": .string(phone)], in: &transaction, validator: validator)
      }
    }
    let item = try #require(try meet().first)
    #expect(Set(item.sides.map(\.author)) == ["Dr. Ek", stranger.user?.description])
  }

  @Test func `equal values and automatic rules make no item`() throws {
    for clinic in [here, there] {
      try clinic.update("patient", fixture.patient, ["phone": "555-0101"])
    }
    try here.update("patient", fixture.patient, ["notes": "allergic to nuts"])
    try there.update("patient", fixture.patient, ["notes": "prefers mornings"])
    #expect(try meet().isEmpty)
  }

  @Test func `keeping a side settles the item on both laptops`() throws {
    let item = try conflictOfPhones()
    try here.replica.resolve(item: item.id, keep: 2, reason: "called her")
    #expect(try meet().isEmpty)
    #expect(there.fields("patient", fixture.patient).text("phone") == "555-0101")
    let unit = try #require(there.document("patient", fixture.patient)).versions(of: "phone")
    #expect(unit.count == 1)
    let decision = try #require(there.all("review_decision").first)
    #expect(decision.text("action") == "keep-2" && decision.text("reason") == "called her")
    #expect(decision.text("rule") == "P2")
  }

  @Test func `a side that came after the decision stays beside it`() throws {
    let item = try conflictOfPhones()
    try here.replica.resolve(item: String(item.id.prefix(6)), keep: 1)
    there.clock.advance(minutes: 5)
    try there.update("patient", fixture.patient, ["phone": "555-0103"])
    let next = try #require(try meet().first)
    #expect(next.id == item.id)
    #expect(next.sides.map(\.value.stringValue) == ["555-0103", "555-0102"])
  }

  @Test func `another value is checked, then replaces both`() throws {
    try here.update("patient", fixture.patient, ["first_name": "Anna"])
    try there.update("patient", fixture.patient, ["date_of_birth": "1990-01-02"])
    let item = try #require(try meet().first)
    #expect(item.rule == "P3" && item.sides.count == 2)
    #expect(throws: ReplicaError.self) {
      try here.replica.resolve(
        item: item.id, value: ["first_name": "Anna", "last_name": "Lima", "date_of_birth": "soon"])
    }
    #expect(throws: ReplicaError.self) {
      try here.replica.resolve(item: item.id, value: ["first_name": "Anna", "phone": "1"])
    }
    try here.replica.resolve(
      item: item.id,
      value: ["first_name": "Anna", "last_name": "Lima", "date_of_birth": "1990-01-02"])
    #expect(try meet().isEmpty)
    let patient = there.fields("patient", fixture.patient)
    #expect(patient.text("first_name") == "Anna" && patient.text("date_of_birth") == "1990-01-02")
  }

  @Test(arguments: [0, 3]) func `a side that is not there is refused`(side: Int) throws {
    let item = try conflictOfPhones()
    let before = here.knowledge
    #expect(throws: ReplicaError.self) { try here.replica.resolve(item: item.id, keep: side) }
    #expect(throws: ReplicaError.self) { try here.replica.resolve(item: "0000", keep: 1) }
    #expect(throws: ReplicaError.self) { try here.replica.resolve(item: item.id, action: "sleep") }
    #expect(here.knowledge == before)
  }

  @Test func `a dismissed item comes back when something changes`() throws {
    let item = try conflictOfPhones()
    try here.replica.resolve(item: item.id, action: "dismiss", reason: "both are true")
    #expect(try meet().isEmpty)
    try there.update("patient", fixture.patient, ["notes": "something else"])
    #expect(try meet().isEmpty)
    try there.update("patient", fixture.patient, ["phone": "555-0109"])
    #expect(try meet().map(\.id) == [item.id])
  }

  @Test(arguments: [("patient", "P9"), ("clinic", "X1")])
  func `an edit that the delete had not seen brings the document back`(
    type: String, rule: String
  ) throws {
    let id = try here.create(
      type, type == "patient" ? ["first_name": "Bo", "last_name": "Ek"] : ["name": "Annex"])
    try here.meet(there)
    try here.delete(type, id)
    try there.update(type, id, [type == "patient" ? "phone" : "clinic_size": "solo"])
    let item = try #require(try meet().first)
    #expect(item.rule == rule && item.actions.map(\.name) == ["keep-document", "delete-again"])
    #expect(item.sides.count == 2)
    #expect(item.sides[1].value.objectValue?.text("deleted") == "mistake")

    try here.replica.resolve(item: item.id, action: "keep-document")
    #expect(try meet().isEmpty)
    let life = try #require(there.document(type, id)).versions(of: Unit.life)
    #expect(life.map { $0.value["alive"]?.boolValue } == [true])
    #expect(there.all(type).contains { $0.documentID == id })
  }

  @Test func `a document that was brought back can be deleted again`() throws {
    let id = try here.create("patient", ["first_name": "Bo", "last_name": "Ek"])
    try here.meet(there)
    try here.delete("patient", id, reason: .duplicate)
    try there.update("patient", id, ["phone": "1"])
    let item = try #require(try meet().first)
    try there.replica.resolve(item: item.id, action: "delete-again", reason: "it is a duplicate")
    #expect(try meet().isEmpty)
    #expect(!here.all("patient").contains { $0.documentID == id })
    let deleted = try #require(here.document("patient", id))
    #expect(deleted.deleteReason { _ in true } == .duplicate)
  }

  private func book(_ clinic: TestClinic, _ time: String, overbook: String? = nil) throws {
    _ = try clinic.replica.book(
      patient: fixture.patient, doctor: fixture.doctor, date: "2026-03-03", time: time,
      overbookReason: overbook)
  }

  @Test func `two desks that book the same time make an item`() throws {
    try book(here, "10:00")
    try book(there, "10:15")
    try book(there, "11:00")
    let item = try #require(try meet().first)
    #expect(try here.replica.reviewItems().count == 1)
    #expect(item.rule == "A16" && item.documents.count == 2 && item.sides.count == 2)
    #expect(item.summary.hasPrefix("Doctor Dr. Okafor has two appointments at the same time: "))
    #expect(item.summary.contains("appointment of patient Ana Lima on 2026-03-03 at 10:15"))
    let id = item.documents[0].id
    _ = try there.replica.cancel(id, type: "clinic-cancelled")
    #expect(try meet().isEmpty)
  }

  @Test func `a dismissed overlap comes back when one of them moves`() throws {
    try book(here, "10:00")
    try book(there, "10:15")
    let item = try #require(try meet().first)
    try here.replica.resolve(item: item.id, action: "dismiss")
    #expect(try meet().isEmpty)
    try there.update("appointment", item.documents[0].id, ["visit_type": "virtual"])
    #expect(try meet().isEmpty)
    try there.update("appointment", item.documents[0].id, ["start_time": "10:05"])
    #expect(try meet().map(\.id) == [item.id])
  }

  @Test func `an overbooked appointment is no overlap, and ends that touch are none`() throws {
    try book(here, "10:00", overbook: "emergency")
    try book(there, "10:15")
    try book(there, "10:45")
    #expect(try meet().isEmpty)
  }

  @Test func `what is invalid or names nothing is listed, and can be dismissed`() throws {
    let key = DocumentKey(type: "patient", id: UniqueID(high: 5, low: 5))
    let nobody = UniqueID(high: 6, low: 6)
    _ = try there.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.set(
        key, to: ["last_name": "Ek", "status": "active", "user_id": .string(nobody.description)])
    }
    let items = try meet()
    #expect(Set(items.map(\.rule)) == ["invalid", "reference"])
    let summaries = Set(items.map(\.summary))
    #expect(summaries.contains("Patient Ek needs a correction: first name is required."))
    #expect(summaries.contains("Patient Ek names user \(nobody), which is not here."))
    for item in items { try here.replica.resolve(item: item.id, action: "dismiss") }
    #expect(try meet().isEmpty)
  }

  @Test func `items are listed by urgency, then by id`() throws {
    let user = { (low: UInt64) in UniqueID(high: 8, low: low).description }
    for (clinic, number) in [(here, UInt64(1)), (there, 2)] {
      let key = DocumentKey(type: "user", id: UniqueID(high: 8, low: number))
      _ = try clinic.replica.transact { (transaction) throws(ReplicaError) in
        try transaction.set(
          key,
          to: [
            "name": "Ana", "email": .string("u\(number)@example.org"), "role": "patient",
            "status": "active",
          ])
      }
      try clinic.update(
        "patient", fixture.patient,
        [
          "phone": .string("\(number)"), "user_id": .string(user(number)),
          "ward": .string("\(number)"), "email": .string("a\(number)@example.org"),
        ])
    }
    let items = try meet()
    #expect(items.map(\.severity) == [.urgent, .normal, .normal, .low])
    #expect(items[0].rule == "P7" && items[3].rule == "-")
    #expect(items[1].id < items[2].id)
  }

  /// Skipped where the folder of real files is absent; see `TestData`.
  @Test(.enabled(if: TestData.folder != nil, "no SATCHEL_TEST_DATA"))
  func `real files leave nothing to review`() throws {
    _ = try here.replica.importPatients(try TestData.bytes("derived/patients_import.csv"))
    _ = try here.replica.importAppointments(
      try TestData.bytes("medscheduler/appointments.csv"), clinic: fixture.place,
      doctor: fixture.doctor)
    #expect(try here.replica.reviewItems().isEmpty)
  }
}
