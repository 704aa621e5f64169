import Causality
package import Documents
import JSON

/// What the token of an invite opens.
package enum InviteDoor: Sendable {
  /// Nobody was given such a token.
  case unknown
  case used
  /// The invite has expired or was revoked, or the patient is not invited any more; in plain words.
  case closed(String)
  /// A person must decide something first.
  case held(String)
  case open(OpenInvite)
}

/// An invite that can be accepted.
package struct OpenInvite: Sendable {
  package let invite: DocumentKey
  package let patient: DocumentKey
  package let email: String
  /// Whether the invite went to another address than the patient has now (MERGE, rule I9).
  package let needsDateOfBirth: Bool
}

extension MergedClinic {
  /// What a token opens now.
  /// - Parameter hash: of the token, as invites keep it.
  package func door(tokenHash hash: String) -> InviteDoor {
    let holders = self.holders(ofTokenHash: hash)
    let living = holders.compactMap { self.living($0) }
    guard let invite = living.first else {
      return holders.isEmpty ? .unknown : .closed("the invite was withdrawn")
    }
    return living.count > 1 ? .closed("the token was copied") : door(of: invite)
  }

  func door(of invite: Subject) -> InviteDoor {
    let meaning = InviteMeaning(invite, self)
    if let first = meaning.supersededBy ?? noted(earlierThan: invite),
      first.text("email") == invite.text("email"), isInTime(invite)
    {
      // Paper or mail may carry either link (I6).
      return door(of: first)
    }
    switch meaning.status {
    case "pending": break
    case "accepted": return .used
    case "expired": return .closed("the invite has expired")
    default: return .closed("the invite was revoked")
    }
    guard let patient = living("patient", invite.text("patient_id")),
      let email = invite.text("email")
    else { return .closed("the patient is not here any more") }
    let status = patient.text("status") ?? "active"
    guard status == "active" || status == "pending" else {
      return .closed("the patient is \(status)")
    }
    if isFrozen(invite) { return .held("another patient has the same address; the clinic decides") }
    if patient.fields["user_id"] != nil { return .used }
    return .open(
      OpenInvite(
        invite: invite.key, patient: patient.key, email: email,
        needsDateOfBirth: meaning.isStale))
  }

  /// The invite that was pending already when another was made, as the server has noted it. Who sends an
  /// invite again supersedes the older one: its token is over.
  func noted(earlierThan invite: Subject) -> Subject? {
    guard invite.text("revoke_reason") == "superseded",
      let first = living("invite", invite.text("superseded_by")),
      first.document.comesBefore(invite.document)
    else { return nil }
    return first
  }

  func isInTime(_ invite: Subject) -> Bool {
    guard let end = invite.text("expires_at").flatMap({ Timestamp.milliseconds($0) }) else {
      return true
    }
    return now <= end
  }
}
