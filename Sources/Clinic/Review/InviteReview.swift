import Causality
import Documents
import JSON

extension Reviewer {
  func inviteItems(_ subject: Subject) -> [ReviewItem] {
    sharedTokens(subject) + severalInvites(subject)
      + [patientGone(subject), staleEmail(subject), inviterGone(subject), emailTaken(subject)]
      .compactMap { $0 }
  }

  private func sharedTokens(_ subject: Subject) -> [ReviewItem] {
    clinic.others(sharingTokenOf: subject).map { other in
      pair(
        "I15", .urgent, subject, other, units: ["token_hashes", "lifecycle"],
        summary: "Two invites have one token, so data was copied; neither counts",
        dismiss: "both stay without effect")
    }
  }

  /// Several that are pending (I6), or were accepted (I8), for one patient.
  private func severalInvites(_ subject: Subject) -> [ReviewItem] {
    let mine = standing(subject)
    return clinic.otherInvites(of: subject).compactMap { other in
      switch (mine, standing(other)) {
      case ("pending", "pending"): return severalPending(subject, other)
      case ("accepted", "accepted"):
        return pair(
          "I8", .urgent, subject, other, units: ["lifecycle"],
          summary: "Two invites of one patient were accepted; the first counts",
          dismiss: "the first acceptance counts")
      default: return nil
      }
    }
  }

  /// Pending or accepted, were the invite alone; nil for anything else.
  private func standing(_ subject: Subject) -> String? {
    let meaning = InviteMeaning(subject, clinic)
    if isSupersededByAnEarlierOne(subject) { return "pending" }
    return meaning.reason == "superseded"
      ? "pending" : ["pending", "accepted"].contains(meaning.status) ? meaning.status : nil
  }

  /// Whether the server has ended it because another was pending already: somebody may have it in hand
  /// until its time is over. Who sends an invite again supersedes the older one.
  private func isSupersededByAnEarlierOne(_ subject: Subject) -> Bool {
    subject.text("expires_at") != nil && clinic.isInTime(subject)
      && clinic.noted(earlierThan: subject) != nil
  }

  private func severalPending(_ a: Subject, _ b: Subject) -> ReviewItem {
    let (first, second) = a.document.comesBefore(b.document) ? (a, b) : (b, a)
    var value = second.shown("lifecycle")?.value ?? JSONObject()
    value["status"] = "revoked"
    value["revoke_reason"] = "superseded"
    value["superseded_by"] = .string(first.key.id.description)
    let revoke = ReviewAction(
      "revoke-second", "only the first invite stays",
      steps: [
        .write(
          second.key, UnitValue(unit: "lifecycle", value: value),
          replacing: second.document.versions(of: "lifecycle").map(\.key))
      ])
    return pair(
      "I6", .normal, a, b, units: ["lifecycle"],
      summary: "One patient has two pending invites; the first counts",
      actions: second.text("status") == "pending" ? [revoke] : [],
      dismiss: "the first counts, and the second leads to it")
  }

  private func patientGone(_ subject: Subject) -> ReviewItem? {
    guard InviteMeaning(subject, clinic).reason == "patient_deleted" else { return nil }
    return single(
      "I10", .normal, subject, unit: "patient_id",
      "counts as revoked: its patient was deleted meanwhile",
      dismiss: "the invite stays without effect")
  }

  private func staleEmail(_ subject: Subject) -> ReviewItem? {
    let meaning = InviteMeaning(subject, clinic)
    guard meaning.status == "pending", meaning.isStale else { return nil }
    return single(
      "I9", .normal, subject, unit: "email",
      "went to another address than the patient has now; who accepts it is asked for the date of "
        + "birth",
      dismiss: "the invite stays valid")
  }

  private func inviterGone(_ subject: Subject) -> ReviewItem? {
    guard InviteMeaning(subject, clinic).status == "pending",
      let user = clinic.living("user", subject.text("clinician_id")),
      ["inactive", "suspended"].contains(user.text("status"))
    else { return nil }
    return single(
      "I13", .normal, subject, unit: "clinician_id",
      "needs another clinician: \(name(user.key)) is \(user.text("status") ?? "")",
      dismiss: "the invite stays as it is")
  }

  /// Acceptance would be refused: the address belongs to somebody else's account.
  private func emailTaken(_ subject: Subject) -> ReviewItem? {
    guard InviteMeaning(subject, clinic).status == "pending",
      let email = subject.text("email").map(clinic.functions.emailNorm),
      let user = clinic.living(.userEmail, email).first,
      clinic.living("patient", subject.text("patient_id"))?.text("user_id")
        != user.key.id.description
    else { return nil }
    return single(
      "I14", .normal, subject, unit: "user_id",
      "cannot be accepted: \(name(user.key)) has this address already",
      dismiss: "the invite stays as it is")
  }

  /// An item about one document, of which nothing need be written.
  func single(
    _ rule: String, _ severity: ReviewSeverity, _ subject: Subject, unit: String,
    _ summary: String, actions: [ReviewAction] = [], dismiss: String
  ) -> ReviewItem {
    let versions = subject.document.contentUnits.flatMap(\.versions)
    return item(
      rule: rule, severity: severity, documents: [subject.key], unit: unit,
      sides: Self.latest(versions).map { latest in
        [side(subject.fields[unit] ?? .null, latest.write)]
      } ?? [],
      summary: "\(Self.capitalised(name(subject.key))) \(summary).",
      actions: actions + [ReviewAction(ReviewAction.dismiss, dismiss)],
      dots: Self.dots(versions))
  }
}
