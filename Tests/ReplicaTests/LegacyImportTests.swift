import Causality
import Clinic
import Documents
import JSON
import TestSupport
import Testing

@testable import Replica

@Suite struct LegacyImportTests {
  private let fixture: LegacyFixture
  private var clinic: TestClinic { fixture.clinic }

  init() throws { fixture = try LegacyFixture() }

  @Test func `each person of the file becomes a patient with the invites`() throws {
    let report = try fixture.run(
      fixture.row(
        "1", "ana@example.org", "Ana", "Lima", status: "completed",
        user: fixture.user.description, completed: "2026-03-01 09:00:00"),
      fixture.row("2", "lima@example.org", "Bo", "Lima"),
      fixture.row("3", "lima@example.org", "Cy", "Lima", status: "expired"),
      fixture.row("4", "LIMA@example.org", "bo", "LIMA", status: "expired"))
    #expect(report.patientsCreated == 3 && report.invites.created == 4)
    #expect(report.invites.errors.isEmpty)
    let ana = fixture.patient(of: "1")
    #expect(ana.text("status") == "active" && ana.reference("user_id") == fixture.user)
    #expect(ana.reference("clinician_id") == fixture.clinician)
    #expect(fixture.patient(of: "2").text("status") == "pending")
    #expect(fixture.patient(of: "3").text("status") == "active")
    #expect(fixture.invite("2").text("patient_id") == fixture.invite("4").text("patient_id"))
    let invite = fixture.invite("1")
    #expect(invite.text("status") == "accepted" && invite["token"] == nil)
    #expect(invite.text("accepted_at") == "2026-03-01T09:00:00.000Z")
    #expect(invite.text("email") == "ana@example.org" && invite.text("first_name") == "Ana")
    #expect(invite.reference("clinician_id") == fixture.clinician)
  }

  @Test func `a second import is no transaction`() throws {
    let rows =
      fixture.row("1", "ana@example.org", "Ana", "Lima")
      + fixture.row("2", "ana@example.org", "Ana", "Lima", created: 2)
    let chats = "id,invite_id\nc1,1\n"
    let first = try fixture.run(rows, chats: chats)
    let before = clinic.knowledge
    let second = try fixture.run(rows, chats: chats)
    #expect(second.run == first.run && !second.hasWritten)
    #expect(second.invites.unchanged == 2 && second.chats?.unchanged == 1)
    #expect(second.patientsLinked == 1 && second.patientsCreated == 0)
    #expect(clinic.knowledge == before)
  }

  @Test func `the newest pending invite stays and supersedes the others`() throws {
    let report = try fixture.run(
      fixture.row("1", "ana@example.org", "Ana", "Lima", created: 2),
      fixture.row("2", "ana@example.org", "Ana", "Lima", created: 1),
      fixture.row("3", "ana@example.org", "Ana", "Lima", created: 1, expires: 1))
    #expect(report.ended == 1)
    #expect(fixture.invite("1").text("status") == "pending")
    let second = fixture.invite("2")
    #expect(second.text("status") == "revoked" && second.text("revoke_reason") == "superseded")
    #expect(second.reference("superseded_by") == LegacyInvite.id(sourceID: "1", fixture.ids))
    #expect(second.text("revoked_at") == "2026-03-02T08:00:00.000Z")
    #expect(fixture.invite("3").text("status") == "pending", "it has expired by itself")
    #expect(try clinic.replica.checkLegacy().findings.isEmpty)
    let items = try clinic.replica.reviewItems().map(\.summary)
    #expect(items == [])
  }

  @Test func `the token of an imported invite opens it`() throws {
    try fixture.run(fixture.row("1", "ana@example.org", "Ana", "Lima"))
    guard case .open(let invite) = try clinic.replica.door(token: "token-1") else {
      return #expect(Bool(false), "the door is open")
    }
    #expect(invite.email == "ana@example.org")
  }

  @Test func `patients who are here are linked, by e-mail and name or by chart`() throws {
    let ana = try clinic.create(
      "patient", ["first_name": "ANA", "last_name": "Lima", "email": "Ana@example.org"])
    let bo = try clinic.create(
      "patient", ["first_name": "Bo", "last_name": "Ek", "external_id": "X-1", "status": "pending"])
    let header = Self.header(with: "external_id")
    let rows = [
      fixture.row("1", "ana@example.org", "Ana", "Lima").dropLast() + ",\n",
      fixture.row("2", "bo@example.org", "Bo", "Ek", status: "completed").dropLast() + ",X-1\n",
    ]
    let report = try clinic.replica.importLegacyInvites(Array((header + rows.joined()).utf8))
    #expect(report.patientsLinked == 2 && report.patientsCreated == 0)
    #expect(fixture.invite("1").reference("patient_id") == ana)
    #expect(fixture.invite("2").reference("patient_id") == bo)
    #expect(fixture.patient(of: "1").text("status") == "active")
    #expect(fixture.patient(of: "2").text("status") == "active", "the invite was accepted")
  }

  private static func header(with column: String) -> String {
    LegacyFixture.header.dropLast() + ",\(column)\n"
  }

  @Test func `an invite that is here already counts among those of its patient`() throws {
    let ana = try clinic.create(
      "patient", ["first_name": "Ana", "last_name": "Lima", "email": "ana@example.org"])
    let own = try clinic.replica.createInvite(patient: ana)
    let report = try fixture.run(fixture.row("1", "ana@example.org", "Ana", "Lima"))
    #expect(report.ended == 1)
    #expect(fixture.invite("1").text("status") == "revoked")
    #expect(fixture.invite("1").reference("superseded_by") == own.invite.id)
    #expect(clinic.fields("invite", own.invite.id).text("status") == "pending")
  }

  @Test func `what has happened in the earlier system since is taken over, nothing is taken back`()
    throws
  {
    try fixture.run(
      fixture.row("1", "ana@example.org", "Ana", "Lima"),
      fixture.row("2", "bo@example.org", "Bo", "Ek"))
    let bo = try #require(LegacyInvite.id(sourceID: "2", fixture.ids))
    try clinic.replica.revokeInvite(bo, reason: "wrong person")
    let report = try fixture.run(
      fixture.row(
        "1", "ana@example.org", "Ana", "Lima", status: "completed",
        user: fixture.user.description),
      fixture.row("2", "bo@example.org", "Bo", "Ek", status: "completed"))
    #expect(report.invites.updated == 1 && report.invites.unchanged == 1)
    #expect(fixture.patient(of: "1").text("status") == "active")
    #expect(fixture.patient(of: "1").reference("user_id") == fixture.user)
    #expect(fixture.invite("2").text("status") == "revoked")
  }

  @Test(arguments: [
    ("1,,x,A,B,,PROVIDER,pending,2026-03-01,,,", "email", "is not an e-mail address"),
    (
      "1,,a@b.cd,,B,,PROVIDER,pending,2026-03-01,,,", "first_name",
      "is required: a patient has a name"
    ),
    (
      "1,,a@b.cd,A,B,,,pending,2026-03-01,,,", "provider_id",
      "is required: whoever invites says which account an invite is of"
    ),
    (
      "1,,a@b.cd,A,B,,x9,pending,2026-03-01,,,", "provider_id",
      "there is no user x9 in this account"
    ),
    (
      "1,,a@b.cd,A,B,,PROVIDER,lost,2026-03-01,,,", "status",
      "is not one of pending, accepted, expired, revoked"
    ),
    ("1,,a@b.cd,A,B,,PROVIDER,pending,,,,", "expires_at", "is required, or created_at"),
    (
      "1,,a@b.cd,A,B,,PROVIDER,pending,,soon,,", "expires_at",
      "is not a time since 1970 in RFC 3339 (YYYY-MM-DDTHH:MM:SSZ)"
    ),
    ("8,,a@b.cd,A,B,,PROVIDER,pending,2026-03-01,,,", "id", "names the same invite as line 2"),
    ("1,,a@b.cd", nil, "3 fields instead of 12"),
  ])
  func `a bad line is reported and does not stop the others`(
    line: String, field: String?, problem: String
  ) throws {
    let line = line.replacing("PROVIDER", with: fixture.clinician.description)
    let report = try fixture.run(
      fixture.row("8", "ana@example.org", "Ana", "Lima"), line + "\n",
      fixture.row("9", "bo@example.org", "Bo", "Ek"))
    #expect(report.invites.created == 2)
    #expect(report.invites.errors == [ImportProblem(line: 3, field: field, problem: problem)])
  }

  @Test func `a rehearsal reports the same and writes nothing`() throws {
    let rows =
      fixture.row("1", "ana@example.org", "Ana", "Lima")
      + fixture.row("2", "ana@example.org", "Ana", "Lima", created: 2)
      + fixture.row("3", "nobody", "Bo", "Ek")
    let chats = "id,invite_id,email\nc1,2,\nc2,,ana@example.org\nc3,7,\n"
    let before = clinic.knowledge
    let rehearsed = try fixture.run(rows, chats: chats, isDryRun: true)
    #expect(clinic.knowledge == before)
    #expect(try fixture.run(rows, chats: chats) == rehearsed)
    #expect(rehearsed.chats?.created == 2 && rehearsed.chats?.errors.map(\.line) == [4])
  }

  @Test func `chats get the patient of their invite, their patient or their address`() throws {
    let ana = try clinic.create("patient", ["first_name": "Ana", "last_name": "Lima"])
    let rows =
      fixture.row("1", "lima@example.org", "Bo", "Lima")
      + fixture.row("2", "lima@example.org", "Cy", "Lima")
    let chats =
      "id,invite_id,patient_id,email,first_name,last_name,status,created_at,completed_at\n"
      + "c1,1,,,,,completed,2026-03-01 08:00:00,2026-03-01 09:00:00\n"
      + "c2,,\(ana),,,,,,\nc3,,,lima@example.org,Cy,Lima,abandoned,,\n"
      + "c4,,,lima@example.org,,,,,\nc5,,,x@example.org,,,,,\nc6,,,,,,,,\n,1,,,,,,,\n"
    let report = try fixture.run(rows, chats: chats)
    #expect(report.chats?.created == 3)
    #expect(report.chats?.errors.map(\.line) == [5, 6, 7, 8])
    let sessions = clinic.all("chat_session")
    let patients = sessions.compactMap { $0.reference("patient_id") }
    let expected = [
      fixture.invite("1").reference("patient_id"), ana, fixture.invite("2").reference("patient_id"),
    ]
    #expect(Set(patients) == Set(expected.compactMap { $0 }) && sessions.count == 3)
    let first = try #require(sessions.first { $0.text("status") == "completed" })
    #expect(first.text("source") == "invite")
    #expect(first.text("completed_at") == "2026-03-01T09:00:00.000Z")
    #expect(try fixture.run(rows, chats: chats).chats?.unchanged == 3)
  }

  @Test func `a chat finds its patient through the earlier system's name of the patient`() throws {
    let row = fixture.row("1", "ana@example.org", "Ana", "Lima").replacing("1,,", with: "1,p-7,")
    let report = try fixture.run(row, chats: "id,patient_id\nc1,p-7\nc2,p-8\n")
    #expect(report.chats?.created == 1)
    #expect(
      report.chats?.errors
        == [ImportProblem(line: 3, field: "patient_id", problem: "there is no patient p-8 here")])
    let session = try #require(clinic.all("chat_session").first)
    #expect(session.reference("patient_id") == fixture.invite("1").reference("patient_id"))
    #expect(fixture.invite("1").text("legacy_patient_id") == "p-7")
  }

  /// Skipped where the folder of real files is absent; see `TestData`.
  @Test(.enabled(if: TestData.folder != nil, "no SATCHEL_TEST_DATA"))
  func `invites of 997 real patients make no second one of any`() throws {
    let file = try TestData.bytes("derived/patients_import.csv")
    #expect(try clinic.replica.importPatients(file).created == 997)
    let people = try LegacyTable(file).entries.compactMap { entry in
      if case .row(let row) = entry { row } else { nil }
    }
    let rows = people.enumerated().map { number, person in
      let names = ["email", "first_name", "last_name"].map { name in
        person.text(name).map { $0.contains(",") ? "\"\($0)\"" : $0 } ?? ""
      }
      return fixture.row("\(number)", names[0], names[1], names[2])
    }
    let invited = people.count { $0.text("email") != nil }
    let report = try fixture.run(rows.joined())
    #expect(report.invites.created == invited && report.patientsCreated == 0)
    #expect(report.invites.errors.count == 997 - invited)
    #expect(clinic.all("patient").count == 997)
    #expect(try fixture.run(rows.joined()).invites.unchanged == invited)
  }

  @Test func `an invite that stays comes after those that it supersedes, whatever its id`() throws {
    let (newest, older) = (
      "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
    )
    try fixture.run(
      fixture.row(newest, "ana@example.org", "Ana", "Lima", created: 2),
      fixture.row(older, "ana@example.org", "Ana", "Lima", created: 1))
    #expect(fixture.invite(newest).text("status") == "pending")
    let items = try clinic.replica.reviewItems().map(\.summary)
    #expect(items == [])
  }

  @Test func `a new invite of a patient who was deleted brings nobody back`() throws {
    try fixture.run(fixture.row("1", "ana@example.org", "Ana", "Lima"))
    let ana = try #require(fixture.invite("1").reference("patient_id"))
    try clinic.replica.delete(DocumentKey(type: "patient", id: ana), reason: .duplicate)
    let before = clinic.knowledge
    let report = try fixture.run(fixture.row("2", "ana@example.org", "Ana", "Lima"))
    #expect(report.invites.deletedLines == [2] && clinic.knowledge == before)
  }

  @Test func `a patient who was deleted is not made again`() throws {
    let row = fixture.row("1", "ana@example.org", "Ana", "Lima")
    try fixture.run(row)
    let ana = try #require(fixture.invite("1").reference("patient_id"))
    try clinic.replica.delete(DocumentKey(type: "patient", id: ana), reason: .mistake)
    let before = clinic.knowledge
    let report = try fixture.run(row)
    #expect(report.invites.deletedLines == [2] && clinic.knowledge == before)
  }

  @Test func `a user who is not here is remembered, and linked once he is`() throws {
    let late = UniqueID(high: 5, low: 5)
    let row = fixture.row(
      "1", "ana@example.org", "Ana", "Lima", status: "completed",
      user: late.description)
    try fixture.run(row)
    #expect(fixture.patient(of: "1")["user_id"] == nil)
    #expect(fixture.invite("1").text("legacy_user_id") == late.description)
    let kinds = try clinic.replica.checkLegacy().findings.map(\.kind)
    #expect(kinds == [.patientWithoutUser])
    try clinic.put("user", late, ["name": "Ana Lima", "role": "patient"])
    #expect(try fixture.run(row).invites.updated == 1)
    #expect(fixture.patient(of: "1").reference("user_id") == late)
    #expect(fixture.invite("1")["legacy_user_id"] == nil)
    #expect(try clinic.replica.checkLegacy().findings.isEmpty)
  }

  @Test func `two clinics that import one file apart are one after they meet`() throws {
    let other = try LegacyFixture()
    let rows =
      fixture.row("1", "ana@example.org", "Ana", "Lima")
      + fixture.row("2", "ana@example.org", "Ana", "Lima", created: 2)
      + fixture.row("3", "ana@example.org", "Bo", "Lima", status: "completed")
    try fixture.run(rows, chats: "id,invite_id\nc1,1\n")
    other.clinic.clock.advance(minutes: 60)
    try other.run(rows, chats: "id,invite_id\nc1,1\n")
    try clinic.meet(other.clinic)
    for type in ["patient", "invite", "chat_session"] {
      let all = clinic.all(type)
      #expect(all.map(canonicalText) == other.clinic.all(type).map(canonicalText))
      #expect(all.count == ["patient": 2, "invite": 3, "chat_session": 1][type])
    }
    #expect(try clinic.replica.checkLegacy().findings.isEmpty)
    let before = clinic.knowledge
    #expect(try !fixture.run(rows, chats: "id,invite_id\nc1,1\n").hasWritten)
    #expect(clinic.knowledge == before)
  }

  private func canonicalText(_ object: JSONObject) -> String {
    String(decoding: JSONValue.object(object).bytes, as: UTF8.self)
  }
}
