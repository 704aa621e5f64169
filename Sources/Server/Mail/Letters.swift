import Causality
import Clinic
import JSON
import Replica

/// What a user is told who shall set a password.
struct UserLetter: Sendable {
  var email: String
  var name: String?
  var clinicName: String?
  var token: String
  /// Milliseconds since 1970 UTC.
  var expiresAt: UInt64
}

/// How letters look.
package struct LetterStyle: Sendable {
  /// An address, with or without a name.
  package var sender = "no-reply@localhost"
  /// The page on which patients open their accounts; the token follows it. Without it a letter holds the
  /// token alone.
  package var invitePage: String?

  /// The page on which users set their passwords; the token follows it.
  package var userPage: String?

  package init() {}

  func message(_ letter: InviteLetter, token: String, date: UInt64, hash: String) -> MailMessage {
    let clinic = letter.clinicName ?? "your clinic"
    let greeting = letter.firstName.map { "Hello \($0)," } ?? "Hello,"
    let inviter = letter.inviter.map { "\($0) of \(clinic)" } ?? clinic
    var paragraphs = [greeting, "\(inviter) invites you to open your patient account."]
    if let message = letter.message { paragraphs.append(message) }
    paragraphs.append(
      invitePage.map { "Open it here:\n\($0)\(token)" } ?? "Your personal code is:\n\(token)")
    if let end = letter.expiresAt { paragraphs.append("The invitation holds until \(day(end)).") }
    paragraphs.append("If you did not expect this letter, you need not do anything.")
    return MailMessage(
      sender: sender, recipient: letter.email, subject: "Your invitation from \(clinic)",
      body: paragraphs.joined(separator: "\n\n"), date: date, id: String(hash.prefix(32)))
  }

  func message(_ letter: UserLetter, date: UInt64, hash: String) -> MailMessage {
    let clinic = letter.clinicName ?? "your clinic"
    let body = [
      letter.name.map { "Hello \($0)," } ?? "Hello,",
      "with this letter you can set your password for \(clinic).",
      userPage.map { "Set it here:\n\($0)\(letter.token)" }
        ?? "Your personal code is:\n\(letter.token)",
      "It holds until \(day(Timestamp.text(milliseconds: letter.expiresAt))).",
      "If you did not expect this letter, you need not do anything.",
    ].joined(separator: "\n\n")
    return MailMessage(
      sender: sender, recipient: letter.email, subject: "Your access to \(clinic)", body: body,
      date: date, id: String(hash.prefix(32)))
  }

  /// The day of a time: `2026-12-01`.
  private func day(_ time: String) -> String { String(time.prefix(10)) }
}
