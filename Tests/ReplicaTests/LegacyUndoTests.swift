import Causality
import Clinic
import Documents
import JSON
import Testing

@testable import Replica

@Suite struct LegacyUndoTests {
  private let fixture: LegacyFixture
  private var clinic: TestClinic { fixture.clinic }

  init() throws { fixture = try LegacyFixture() }

  private var rows: String {
    fixture.row("1", "ana@example.org", "Ana", "Lima", created: 2)
      + fixture.row("2", "ana@example.org", "Ana", "Lima")
      + fixture.row("3", "bo@example.org", "Bo", "Ek", status: "completed")
  }
  private let chats = "id,invite_id\nc1,1\nc2,3\n"

  private func counts(_ report: UndoReport) -> [Int] { report.removed.map(\.count) }

  @Test func `an import is taken back whole, and brought back by importing it again`() throws {
    let run = try fixture.run(rows, chats: chats).run
    let undone = try clinic.replica.undoLegacyImport("\(run)")
    #expect(counts(undone) == [2, 3, 2] && undone.kept.isEmpty)
    for type in ["patient", "invite", "chat_session"] { #expect(clinic.all(type).isEmpty) }
    let before = clinic.knowledge
    #expect(counts(try clinic.replica.undoLegacyImport("\(run)")) == [0, 0, 0])
    #expect(clinic.knowledge == before)
    let again = try fixture.run(rows, chats: chats)
    #expect(again.run == run && again.invites.created == 3 && again.chats?.created == 2)
    #expect(again.patientsCreated == 2)
    #expect(fixture.invite("1").text("status") == "pending")
    #expect(fixture.invite("2").text("revoke_reason") == "superseded")
    #expect(counts(try clinic.replica.undoLegacyImport("\(run)")) == [2, 3, 2])
  }

  @Test func `what was edited since stays, with what it needs`() throws {
    let run = try fixture.run(rows, chats: chats).run
    let edited = try #require(LegacyInvite.id(sourceID: "3", fixture.ids))
    try clinic.update("invite", edited, ["custom_message": "hello"])
    let report = try clinic.replica.undoLegacyImport("\(run)")
    #expect(counts(report) == [2, 2, 1])
    let bo = try #require(fixture.invite("3").reference("patient_id"))
    #expect(report.kept.map(\.document.id) == [edited, bo])
    #expect(
      report.kept.map(\.reason) == [
        "it was edited since", "\(DocumentKey(type: "invite", id: edited)) refers to it",
      ])
    #expect(clinic.all("patient").count == 1)
  }

  @Test func `a patient who got an intake form since stays`() throws {
    let run = try fixture.run(rows).run
    let place = try clinic.create("clinic", ["name": "Riverside", "timezone": "UTC"])
    let ana = try #require(fixture.invite("1").reference("patient_id"))
    let form = try clinic.create(
      "intake_form",
      ["clinic_id": .string("\(place)"), "patient_id": .string("\(ana)"), "raw_answers": [:]])
    let report = try clinic.replica.undoLegacyImport("\(run)")
    #expect(counts(report) == [0, 3, 1])
    #expect(
      report.kept.map(\.reason) == [
        "\(DocumentKey(type: "intake_form", id: form)) refers to it"
      ])
  }

  @Test func `a patient who was here stays, and is as before`() throws {
    let ana = try clinic.create(
      "patient",
      [
        "first_name": "Ana", "last_name": "Lima", "email": "ana@example.org", "status": "pending",
      ])
    let own = try clinic.replica.createInvite(patient: ana).invite.id
    let accepted = fixture.row(
      "1", "ana@example.org", "Ana", "Lima", status: "completed",
      user: fixture.user.description)
    let run = try fixture.run(accepted).run
    #expect(clinic.fields("patient", ana).reference("user_id") == fixture.user)
    #expect(clinic.fields("invite", own).text("revoke_reason") == "already_registered")
    let report = try clinic.replica.undoLegacyImport("\(run)")
    #expect(counts(report) == [0, 1, 0] && report.restored == 2 && report.kept.isEmpty)
    let patient = clinic.fields("patient", ana)
    #expect(patient["user_id"] == nil && patient.text("status") == "pending")
    #expect(clinic.fields("invite", own).text("status") == "pending")
    #expect(clinic.fields("invite", own)["revoke_reason"] == nil)
  }

  @Test func `another laptop takes back what both have imported`() throws {
    let other = try LegacyFixture()
    let run = try fixture.run(rows, chats: chats).run
    other.clinic.clock.advance(minutes: 5)
    #expect(try other.run(rows, chats: chats).run == run)
    try clinic.meet(other.clinic)
    let report = try other.clinic.replica.undoLegacyImport(String("\(run)".prefix(6)))
    #expect(counts(report) == [2, 3, 2] && report.kept.isEmpty)
    try clinic.meet(other.clinic)
    #expect(clinic.all("patient").isEmpty && clinic.all("invite").isEmpty)
  }

  @Test func `an invite that expired between two imports stands in the way of nothing`() throws {
    let other = try LegacyFixture()
    let run = try fixture.run(rows).run
    other.clinic.clock.set("2026-03-20T12:00:00Z")
    try other.run(rows)
    try clinic.meet(other.clinic)
    #expect(clinic.all("patient").map { $0.text("status") } == ["active", "active"])
    let report = try clinic.replica.undoLegacyImport("\(run)")
    #expect(report.kept.map(\.reason) == [] && counts(report) == [0, 3, 2])
  }

  @Test func `of two imports that made one thing the other keeps it`() throws {
    let first = try fixture.run(rows).run
    let other = try LegacyFixture()
    let second = try other.run(rows, fixture.row("4", "cy@example.org", "Cy", "Ek")).run
    try clinic.meet(other.clinic)
    let report = try clinic.replica.undoLegacyImport("\(first)")
    #expect(counts(report) == [0, 0, 0] && report.kept.count == 5)
    #expect(report.kept.allSatisfy { $0.reason == "another import made or changed it too" })
    #expect(counts(try clinic.replica.undoLegacyImport("\(second)")) == [0, 1, 1])
  }

  @Test func `what somebody deleted is not brought back by importing again`() throws {
    try fixture.run(rows)
    let invite = try #require(LegacyInvite.id(sourceID: "3", fixture.ids))
    try clinic.replica.delete(DocumentKey(type: "invite", id: invite), reason: .mistake)
    #expect(try fixture.run(rows).invites.deletedLines == [4])
  }

  @Test func `an unknown import is refused`() {
    let error = #expect(throws: ReplicaError.self) {
      try clinic.replica.undoLegacyImport("abcd")
    }
    #expect(error.map { "\($0)" } == "no import of invites abcd")
  }
}

@Suite struct LegacyCheckTests {
  private let clinic: TestClinic

  init() throws { clinic = try TestClinic() }

  private func kinds() throws -> [LegacyFinding.Kind] {
    try clinic.replica.checkLegacy().findings.map(\.kind)
  }

  @Test func `everything that does not fit together is found, and stands in the way`() throws {
    let id = { (number: UInt64) in UniqueID(high: 7, low: number) }
    let pending: JSONObject = ["status": "pending", "expires_at": "2026-04-01T00:00:00.000Z"]
    let put = { (type: String, number: UInt64, fields: JSONObject) in
      try clinic.put(type, id(number), fields)
    }
    try put("patient", 1, ["first_name": "Ana"])
    #expect(try kinds().isEmpty)
    let ofAna: JSONValue = .string(id(1).description)
    for number in [2, 3] as [UInt64] {
      var invite = pending
      invite["patient_id"] = ofAna
      try put("invite", number, invite)
    }
    try put("invite", 4, ["email": "bo@example.org", "status": "expired", "token": "abc"])
    try put("chat_session", 5, ["patient_id": .string(id(9).description)])
    try put("user", 6, ["name": "Eve"])
    for number in [7, 8] as [UInt64] {
      try put("patient", number, ["user_id": .string(id(6).description)])
    }
    try put("patient", 10, ["user_id": .string(id(11).description)])
    #expect(
      try kinds() == [
        .inviteWithoutPatient, .severalPending, .patientWithoutUser, .userOfSeveral,
        .chatWithoutPatient, .tokenInClear,
      ])
    let before = clinic.knowledge
    #expect(throws: ReplicaError.self) { try clinic.replica.finalizeLegacy() }
    #expect(clinic.knowledge == before)
  }

  @Test func `once all fits, an invite must name its patient`() throws {
    let person: JSONObject = [
      "email": "ana@example.org", "first_name": "Ana", "last_name": "Lima",
    ]
    let make = { (input: JSONObject) in
      try clinic.replica.transact { (transaction) throws(ReplicaError) in
        try clinic.replica.make(input, type: "invite", in: &transaction)
      }
    }
    #expect(try clinic.replica.inviteMode() == .both)
    let invite = try make(person)
    let patient = try #require(clinic.fields("invite", invite.id).reference("patient_id"))
    #expect(clinic.fields("patient", patient).text("status") == "pending")
    #expect(try clinic.replica.finalizeLegacy().mode == .patientFirst)
    let error = #expect(throws: ReplicaError.self) { try make(person) }
    #expect(error.map { "\($0)" } == "invite: patient_id: is required")
    #expect(try clinic.replica.inviteMode() == .patientFirst)
    #expect(clinic.all("account_settings").count == 1)
    let before = clinic.knowledge
    #expect(try clinic.replica.finalizeLegacy().findings.isEmpty)
    #expect(clinic.knowledge == before)
  }
}

@Suite struct StoreTurnsTests {
  private let clinic: TestClinic

  init() throws { clinic = try TestClinic() }

  @Test func `nothing runs alone beside an import, nor beside itself`() throws {
    let turns = StoreTurns()
    #expect(turns.share { turns.takeAlone { 1 } } == nil)
    #expect(turns.takeAlone { 1 } == 1)
    #expect(turns.takeAlone { turns.takeAlone { 1 } == nil } == true)
    let error = #expect(throws: ReplicaError.self) {
      try clinic.replica.turns.share { () throws(ReplicaError) in
        try clinic.replica.alone { () throws(ReplicaError) in }
      }
    }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("a sync or another import is under way"))
  }

  @Test func `what runs alone waits for the end of others if it is asked to`() throws {
    var turns = 3
    let rest = {
      turns -= 1
      return turns > 0
    }
    let isRun = try clinic.replica.alone(while: rest) { () throws(ReplicaError) in true }
    #expect(isRun && turns == 3)
  }
}
