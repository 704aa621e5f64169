import Causality
import Clinic
import Documents
import JSON
import Platform
import Replica
import Testing

@Suite struct InviteTests {
  let fixture: VisitFixture
  var clinic: TestClinic { fixture.clinic }
  var replica: Replica { clinic.replica }

  init() throws { fixture = try VisitFixture() }

  private func fields(_ invite: DocumentKey) -> JSONObject { clinic.fields("invite", invite.id) }

  @Test func `an invite keeps only the hash of its token`() throws {
    let issued = try replica.createInvite(
      patient: fixture.patient, expiryDays: 7, message: "Welcome")
    #expect(issued.token.utf8.count == 64)
    let hash = HexText.text(try Cryptography.load().sha256(Array(issued.token.utf8)))
    let invite = fields(issued.invite)
    #expect(invite["token_hashes"]?.arrayValue?.compactMap(\.stringValue) == [hash])
    #expect(invite["token"] == nil)
    let expected = [
      "patient_id": fixture.patient.description, "email": "ana@example.org", "first_name": "Ana",
      "last_name": "Lima", "status": "pending", "expires_at": "2026-03-09T12:00:00.000Z",
      "custom_message": "Welcome",
    ]
    for (name, value) in expected { #expect(invite.text(name) == value, "\(name)") }
    let bytes = JSONValue.object(invite).bytes
    #expect(!String(decoding: bytes, as: UTF8.self).contains(issued.token))
  }

  @Test func `a patient has one pending invite`() throws {
    let first = try replica.createInvite(patient: fixture.patient)
    let error = #expect(throws: ReplicaError.self) {
      try replica.createInvite(patient: fixture.patient)
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains(first.invite.description))
    clinic.clock.set("2026-03-16T12:00:00.001Z")
    let second = try replica.createInvite(patient: fixture.patient)
    #expect(second.token != first.token)
  }

  @Test func `the account's settings say how long an invite holds`() throws {
    try clinic.create("account_settings", ["invite_expiry_days": 3])
    let issued = try replica.createInvite(patient: fixture.patient)
    #expect(fields(issued.invite).text("expires_at") == "2026-03-05T12:00:00.000Z")
  }

  @Test(
    arguments: [
      (["status": "archived"], "the patient is archived; only active and pending patients"),
      (["email": .null], "the patient has no e-mail address"),
    ] as [(JSONObject, String)])
  func `a patient who cannot be invited is refused`(patch: JSONObject, message: String) throws {
    try clinic.update("patient", fixture.patient, patch)
    let error = #expect(throws: ReplicaError.self) {
      try replica.createInvite(patient: fixture.patient)
    }
    #expect("\(error.map { "\($0)" } ?? "")".hasPrefix(message))
    #expect(clinic.all("invite").isEmpty)
  }

  @Test(arguments: [0, 91]) func `an expiry out of range is refused`(days: Int) {
    #expect(throws: ReplicaError.self) {
      try replica.createInvite(patient: fixture.patient, expiryDays: days)
    }
  }

  @Test func `the patient's clinician invites where nobody else does`() throws {
    let user = DocumentKey(type: "user", id: UniqueID(high: 9, low: 9))
    _ = try replica.transact { (transaction) throws(ReplicaError) in
      try transaction.set(user, to: ["name": "Dr. Ek", "role": "clinician"])
    }
    try clinic.update("patient", fixture.patient, ["clinician_id": .string(user.id.description)])
    let issued = try replica.createInvite(patient: fixture.patient)
    #expect(fields(issued.invite).text("clinician_id") == user.id.description)
  }

  @Test func `a revoked invite stays revoked, and blocks no other`() throws {
    let issued = try replica.createInvite(patient: fixture.patient)
    #expect(try replica.revokeInvite(issued.invite.id, reason: "wrong person"))
    #expect(fields(issued.invite).text("status") == "revoked")
    #expect(fields(issued.invite).text("revoke_reason") == "wrong person")
    #expect(fields(issued.invite).text("revoked_at") == "2026-03-02T12:00:00.000Z")
    let before = clinic.knowledge
    #expect(try !replica.revokeInvite(issued.invite.id))
    #expect(clinic.knowledge == before)
    #expect(throws: ReplicaError.self) { try replica.resendInvite(issued.invite.id) }
    _ = try replica.createInvite(patient: fixture.patient)
  }

  @Test func `a resend is a new invite that supersedes the old one, in one transaction`() throws {
    let first = try replica.createInvite(patient: fixture.patient, message: "Welcome")
    let before = clinic.transactionCount
    let second = try replica.resendInvite(first.invite.id, expiryDays: 30)
    #expect(clinic.transactionCount == before + 1)
    #expect(second.invite != first.invite && second.token != first.token)
    #expect(fields(first.invite).text("status") == "revoked")
    #expect(fields(first.invite).text("superseded_by") == second.invite.id.description)
    #expect(fields(second.invite).text("status") == "pending")
    #expect(fields(second.invite).text("custom_message") == "Welcome")
    #expect(fields(second.invite).text("expires_at") == "2026-04-01T12:00:00.000Z")
  }

  @Test func `an expired or accepted invite cannot be revoked`() throws {
    let issued = try replica.createInvite(patient: fixture.patient)
    clinic.clock.set("2026-05-01T00:00:00Z")
    let expired = #expect(throws: ReplicaError.self) {
      try replica.revokeInvite(issued.invite.id)
    }
    #expect(expired.map { "\($0)" } == "the invite has expired")
    try clinic.update("invite", issued.invite.id, ["status": "accepted"])
    #expect(throws: ReplicaError.self) { try replica.revokeInvite(issued.invite.id) }
  }
}
