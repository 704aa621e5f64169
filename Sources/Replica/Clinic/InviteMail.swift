import Causality
package import Clinic
import Documents
import JSON
import Platform

/// Letters that tell patients of their invites: sent by the server alone, once.
extension Replica {
  private var accountKey: DocumentKey { DocumentKey(type: "account", id: account) }

  /// The letters that have to be sent. None while laptops give back what a rebuilt server has lost: they
  /// may know of letters that were sent.
  package func lettersToSend() throws(ReplicaError) -> [InviteLetter] {
    if recovery.isOpen { return [] }
    return try looking { (clinic) throws(ReplicaError) in
      clinic.lettersToSend(from: accountKey)
    }
  }

  /// A token for a letter: the invite's own is known to whoever made the invite, and to nobody else.
  package func newInviteToken() -> (token: String, hash: String) {
    let token = HexText.text(world.random.bytes(Self.tokenByteCount))
    return (token, tokenHash(token))
  }

  /// Notes that a letter with a token is sent. Durable on return: nobody sends another.
  /// - Returns: false if it must not be sent any more, or another was; nothing was noted then.
  package func noteSending(
    _ letter: InviteLetter, tokenHash hash: String
  ) throws(ReplicaError) -> Bool {
    let validator = self.validator(allowsReadOnlyFields: true)
    return try transact { (transaction) throws(ReplicaError) in
      let account = accountKey
      guard try transaction.looking({ $0.letter(for: letter.invite, from: account) }) != nil else {
        return false
      }
      let invite = try transaction.required("invite", letter.invite.id)
      let hashes = transaction.fields(invite)["token_hashes"]?.arrayValue ?? []
      guard hashes.count < ClinicIndex.inviteTokens.count else { return false }
      let now = Timestamp.text(milliseconds: validator.now)
      return try update(
        invite.key,
        patch: [
          "token_hashes": .array(hashes + [.string(hash)]), "email_sent_at": .string(now),
        ], in: &transaction, validator: validator)
    }
  }

  /// Whether an invite has the hash of a token.
  package func knowsInviteToken(hash: String) throws(ReplicaError) -> Bool {
    try looking { (clinic) throws(ReplicaError) in
      if case .unknown = clinic.door(tokenHash: hash) { false } else { true }
    }
  }
}
