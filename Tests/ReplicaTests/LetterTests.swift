import Causality
import Clinic
import Documents
import JSON
import Replica
import Testing

/// Which invites the server tells patients of.
@Suite struct LetterTests {
  let fixture: VisitFixture
  var clinic: TestClinic { fixture.clinic }
  var replica: Replica { clinic.replica }
  let invite: IssuedInvite

  init() throws {
    fixture = try VisitFixture()
    invite = try fixture.clinic.replica.createInvite(patient: fixture.patient, message: "Welcome")
  }

  private func waiting() throws -> [UniqueID] { try replica.lettersToSend().map(\.invite.id) }

  @Test func `a letter is noted once, with a token that opens the same door`() throws {
    let letter = try #require(try replica.lettersToSend().first)
    #expect(letter.email == "ana@example.org" && letter.firstName == "Ana")
    #expect(letter.message == "Welcome" && letter.inviter == nil)
    let (token, hash) = replica.newInviteToken()
    #expect(try !replica.knowsInviteToken(hash: hash))
    #expect(try replica.noteSending(letter, tokenHash: hash))
    #expect(try replica.knowsInviteToken(hash: hash))
    #expect(try waiting().isEmpty)
    #expect(try !replica.noteSending(letter, tokenHash: replica.newInviteToken().hash))
    for token in [token, invite.token] {
      guard case .open(let open) = try replica.door(token: token) else {
        Issue.record("a token opens nothing")
        continue
      }
      #expect(open.invite == invite.invite)
    }
  }

  @Test func `a letter waits while the patient has another address`() throws {
    try clinic.update("patient", fixture.patient, ["email": "new@example.org"])
    #expect(try waiting().isEmpty)
    try clinic.update("patient", fixture.patient, ["email": "ANA@example.org"])
    #expect(try waiting() == [invite.invite.id])
  }

  @Test func `nobody is told of an invite that is over`() throws {
    try clinic.update("patient", fixture.patient, ["status": "inactive"])
    #expect(try waiting().isEmpty)
    try clinic.update("patient", fixture.patient, ["status": "active"])
    #expect(try waiting() == [invite.invite.id])
    clinic.clock.set("2026-05-01T00:00:00Z")
    #expect(try waiting().isEmpty)
    clinic.clock.set("2026-03-02T12:00:00Z")
    try replica.revokeInvite(invite.invite.id)
    #expect(try waiting().isEmpty)
  }

  @Test func `a resend is another letter, and keeps the wish for none`() throws {
    let second = try replica.resendInvite(invite.invite.id)
    #expect(try waiting() == [second.invite.id])
    try replica.revokeInvite(second.invite.id)
    var terms = InviteTerms()
    terms.sendsEmail = false
    let silent = try replica.createInvite(patient: fixture.patient, terms)
    #expect(try waiting().isEmpty)
    _ = try replica.resendInvite(silent.invite.id)
    #expect(try waiting().isEmpty)
  }
}
