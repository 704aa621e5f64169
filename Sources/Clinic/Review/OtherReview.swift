import Documents
import JSON

extension Reviewer {
  /// Two users with one address: who logs in is unclear (MERGE, rule U2).
  func usersWithOneEmail(_ subject: Subject) -> [ReviewItem] {
    clinic.others(sharing: .userEmail, with: subject).map { other in
      pair(
        "U2", .urgent, subject, other, units: ["email"],
        summary: "Two users have one e-mail address; the second cannot log in",
        dismiss: "the second stays suspended")
    }
  }

  /// Two intake forms or two summaries for one appointment (F3).
  func severalForAppointment(_ subject: Subject) -> [ReviewItem] {
    clinic.others(sharing: ["appointment_id"], with: subject).map { other in
      pair(
        "F3", .normal, subject, other, units: ["appointment_id"],
        summary: "One appointment has two of these", dismiss: "both stay")
    }
  }

  /// Answers that came after somebody had reviewed the form (F1).
  func editedAfterReview(_ subject: Subject) -> [ReviewItem] {
    guard clinic.isReviewOutdated(of: subject) else { return [] }
    let versions = subject.document.versions(of: "status")
    let again = ReviewAction(
      "review-again", "the form counts as reviewed with the answers as they are now",
      steps: [
        .write(
          subject.key,
          UnitValue(unit: "status", value: subject.shown("status")?.value ?? JSONObject()),
          replacing: versions.map(\.key))
      ])
    return [
      single(
        "F1", .normal, subject, unit: "status", "was changed after it had been reviewed",
        actions: [again], dismiss: "the form stays as it is")
    ]
  }

  /// One slot of one day, both open and closed (L3).
  func contraryOverrides(_ subject: Subject) -> [ReviewItem] {
    clinic.others(sharing: ["clinician_id", "date"], with: subject)
      .filter { other in
        other.text("time_slot") == subject.text("time_slot")
          && other.fields["available"]?.boolValue != subject.fields["available"]?.boolValue
      }
      .map { other in
        pair(
          "L3", .low, subject, other, units: ["slot", "available"],
          summary: "One slot is both open and closed; it is not offered",
          dismiss: "the slot stays closed")
      }
  }
}

extension MergedClinic {
  /// Whether an answer of a reviewed form was written without or after the review.
  func isReviewOutdated(of form: Subject) -> Bool {
    guard form.text("status") == "reviewed", let status = form.shown("status") else { return false }
    return form.document.contentUnits.contains { unit in
      unit.name.hasPrefix("raw_answers/") && unit.versions.contains { !status.hasSeen($0) }
    }
  }
}
