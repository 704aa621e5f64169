/// The statuses of an invite: pending, then accepted, revoked or expired for good.
package enum InviteLifeCycle {
  /// How many days an invite may be valid.
  package static let expiryDays = 1...90
  package static let defaultExpiryDays = 14
  package static let millisecondsPerDay: UInt64 = 86_400_000
  /// Why an invite ends with which nothing is wrong: another one counts in its place.
  package static let consequences = ["superseded", "already_registered"]

  /// From each status, those that may follow. Only the server accepts an invite or writes `expired`.
  package static let transitions: [String: [String]] = [
    "pending": ["accepted", "revoked", "expired"],
    "accepted": [], "revoked": [], "expired": [],
  ]

  /// The status that counts: an invite that is pending after its time is expired.
  /// - Parameters: times in milliseconds since 1970; an invite without a readable `expiresAt` does
  ///   not expire.
  package static func effectiveStatus(status: String, expiresAt: UInt64?, now: UInt64) -> String {
    guard status == "pending", let expiresAt, now > expiresAt else { return status }
    return "expired"
  }

  /// Why a change of status is refused; nil if it is allowed, or no change.
  /// - Parameter from: the effective status.
  package static func refusal(from: String, to: String) -> String? {
    if from == to || transitions[from]?.contains(to) == true { return nil }
    guard transitions[to] != nil else { return "\(to) is not a status of an invite" }
    return ended(from) ?? "the invite has the status \(from), which this version does not know"
  }

  /// Why an invite cannot be sent again or get another expiry; nil if it can. A new invite is always
  /// possible.
  /// - Parameter status: the effective status.
  package static func refusalToResend(status: String) -> String? {
    status == "pending"
      ? nil : (ended(status) ?? "the invite is \(status)") + "; make a new invite"
  }

  private static func ended(_ status: String) -> String? {
    switch status {
    case "accepted": "the invite has been accepted"
    case "revoked": "the invite has been revoked"
    case "expired": "the invite has expired"
    default: nil
    }
  }
}
