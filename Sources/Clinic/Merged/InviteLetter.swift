package import Documents
import JSON

/// What a patient is told of an invite.
package struct InviteLetter: Sendable {
  package let invite: DocumentKey
  package let email: String
  package let firstName: String?
  /// The patient's clinic, else the account.
  package let clinicName: String?
  /// The user who invites.
  package let inviter: String?
  package let message: String?
  /// RFC 3339 UTC.
  package let expiresAt: String?
}

extension MergedClinic {
  /// The letters that the server has to send, in the order in which the invites were made. An invite waits
  /// while a person has something to decide about it, or while the patient has another address than it:
  /// who sends it again sends it there. O(invites that are pending and not sent).
  /// - Parameter account: whose name stands where a patient has no clinic.
  package func lettersToSend(from account: DocumentKey) -> [InviteLetter] {
    living(.inviteToMail, "").sorted { $0.document.comesBefore($1.document) }
      .compactMap { letter($0, account) }
  }

  /// Nil if the invite has not to be mailed, or not now.
  package func letter(for invite: DocumentKey, from account: DocumentKey) -> InviteLetter? {
    guard let subject = living(invite),
      ClinicIndex.inviteToMail.key(subject.fields, functions.forms) != nil
    else { return nil }
    return letter(subject, account)
  }

  private func letter(_ invite: Subject, _ account: DocumentKey) -> InviteLetter? {
    guard InviteMeaning(invite, self).status == "pending", case .open(let open) = door(of: invite),
      !open.needsDateOfBirth, let patient = living(open.patient)
    else { return nil }
    let place = living("clinic", patient.text("clinic_id")) ?? living(account)
    return InviteLetter(
      invite: invite.key, email: open.email, firstName: patient.text("first_name"),
      clinicName: place?.text("name"),
      inviter: living("user", invite.text("clinician_id"))?.text("name"),
      message: invite.text("custom_message"), expiresAt: invite.text("expires_at"))
  }
}
