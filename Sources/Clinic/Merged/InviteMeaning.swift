import Causality
import Documents
import JSON

/// What an invite is worth after all (MERGE, rules I1 to I16).
struct InviteMeaning {
  typealias Subject = MergedClinic.Subject

  /// pending, accepted, expired or revoked.
  private(set) var status: String
  private(set) var reason: String?
  /// Another invite that counts in its place (I6).
  private(set) var supersededBy: Subject?
  /// Whether access waits for a decision: accepted by one, revoked by another (I1).
  private(set) var isAccessHeld = false
  /// Whether it went to another address than the patient's (I9).
  private(set) var isStale = false

  init(_ subject: Subject, _ clinic: MergedClinic) {
    status = Self.ownStatus(subject, now: clinic.now)
    let said = subject.document.versions(of: "lifecycle").filter { version in
      version.value["revoke_reason"]?.stringValue
        .map { !InviteLifeCycle.consequences.contains($0) } ?? true
    }.compactMap { $0.value["status"]?.stringValue }
    isAccessHeld =
      subject.fields["access_hold"]?.boolValue == true
      || said.contains("accepted") && said.contains("revoked")
    guard status == "pending" || status == "accepted" else { return }
    if clinic.sharesToken(subject) {
      (status, reason) = ("revoked", "copied_token")
    } else if status == "pending" {
      weigh(subject, clinic)
    }
  }

  private mutating func weigh(_ subject: Subject, _ clinic: MergedClinic) {
    guard let patient = clinic.living("patient", subject.text("patient_id")) else {
      (status, reason) = ("revoked", "patient_deleted")
      return
    }
    let others = clinic.otherInvites(of: subject)
    if others.contains(where: { Self.ownStatus($0, now: clinic.now) == "accepted" }) {
      (status, reason) = ("revoked", "already_registered")
    } else if let first = others.filter({ Self.ownStatus($0, now: clinic.now) == "pending" })
      .filter({ $0.document.comesBefore(subject.document) })
      .min(by: { $0.document.comesBefore($1.document) })
    {
      (status, reason) = ("revoked", "superseded")
      supersededBy = first
    } else {
      let forms = clinic.functions.forms
      isStale =
        subject.text("email").map(forms.email) != patient.text("email").map(forms.email)
    }
  }

  /// The status by the invite alone: one that is pending after its time is expired; one that the
  /// server found expired before it knew of a longer time is pending (I5).
  private static func ownStatus(_ subject: Subject, now: UInt64) -> String {
    let stored = subject.text("status") ?? "pending"
    let end = subject.text("expires_at").flatMap { Timestamp.milliseconds($0) }
    var status = stored
    if stored == "expired", let expiry = subject.shown("expiry"),
      let lifecycle = subject.shown("lifecycle"), expiry.isConcurrent(with: lifecycle),
      let before = expiry.details?.replaced?["expires_at"]?.stringValue
        .flatMap({ Timestamp.milliseconds($0) }),
      expiry.write.stamp.milliseconds <= before
    {
      status = "pending"
    }
    return InviteLifeCycle.effectiveStatus(status: status, expiresAt: end, now: now)
  }
}

extension MergedClinic {
  /// Whether another invite has one of the same tokens (I15).
  func sharesToken(_ invite: Subject) -> Bool {
    !others(sharingTokenOf: invite).isEmpty
  }
}
