import Causality
import Documents
import JSON

extension Reviewer {
  func patientItems(_ subject: Subject) -> [ReviewItem] {
    duplicates(subject) + usedThoughInactive(subject)
  }

  // MARK: - Duplicates (P13 to P15)

  private func duplicates(_ subject: Subject) -> [ReviewItem] {
    let same = clinic.samePatient(subject.key)
    func others(_ index: ClinicIndex) -> [Subject] {
      clinic.others(sharing: index, with: subject).filter { !same.contains($0.key) }
    }
    let byChart = others(.patientExternalID)
    let byEmail = others(.patientEmail).filter { !isKnownToShare(subject, $0) }
    let byName = others(.patientNameAndBirth).filter { isAlike(subject, $0) }
    return byChart.map {
      duplicate("P13", subject, $0, ["external_id"], "Two patients have one chart number")
    }
      + byEmail.map {
        duplicate("P14", subject, $0, ["email"], "Two patients have one e-mail address")
      }
      + byName.map { duplicate("P15", subject, $0, ["identity"], "Two patients may be one person") }
  }

  /// Whoever made both on one laptop was asked, and said that the address is shared.
  private func isKnownToShare(_ a: Subject, _ b: Subject) -> Bool {
    guard let mine = a.shown("email"), let theirs = b.shown("email") else { return false }
    return mine.write.first.replica == theirs.write.first.replica
  }

  /// Of two with one last name and one date of birth: whether the first name or the phone is the same.
  private func isAlike(_ a: Subject, _ b: Subject) -> Bool {
    func norm(_ subject: Subject) -> String? {
      subject.text("first_name").map(clinic.functions.nameNorm)
    }
    func digits(_ subject: Subject) -> String? {
      subject.text("phone").map { $0.filter(\.isNumber) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    return norm(a) == norm(b) || (digits(a) != nil && digits(a) == digits(b))
  }

  private func duplicate(
    _ rule: String, _ a: Subject, _ b: Subject, _ units: [String], _ summary: String
  ) -> ReviewItem {
    let (first, second) = a.document.comesBefore(b.document) ? (a, b) : (b, a)
    let merge = ReviewAction(
      "merge", "\(name(second.key)) and \(name(first.key)) are one patient from now on",
      steps: [
        .write(
          second.key,
          UnitValue(
            unit: "merged_into",
            value: ["merged_into": .string(first.key.id.description)]),
          replacing: second.document.versions(of: "merged_into").map(\.key))
      ])
    return pair(
      rule, .normal, a, b, units: units, summary: summary, actions: [merge],
      dismiss: "they are different patients")
  }

  // MARK: - P5

  /// A patient who was put aside by somebody who had not seen a visit to come, or an acceptance.
  private func usedThoughInactive(_ subject: Subject) -> [ReviewItem] {
    guard let use = clinic.useUnseen(of: subject), let status = subject.shown("status") else {
      return []
    }
    let text = subject.text("status") ?? ""
    let active = ReviewAction(
      "activate", "the patient is active",
      steps: [
        .write(
          subject.key, UnitValue(unit: "status", value: ["status": "active"]),
          replacing: subject.document.versions(of: "status").map(\.key))
      ])
    let again = ReviewAction(
      "keep-status", "the patient is \(text), whatever is planned",
      steps: [
        .write(
          subject.key, UnitValue(unit: "status", value: status.value),
          replacing: subject.document.versions(of: "status").map(\.key))
      ])
    return [
      item(
        rule: "P5", severity: .normal, documents: [subject.key, use.subject.key], unit: "use",
        sides: [
          side(.string(name(use.subject.key)), use.write), side(.string(text), status.write),
        ],
        summary: "\(Self.capitalised(name(subject.key))) was made \(text) by one person while "
          + "another made \(name(use.subject.key)).",
        actions: [active, again, ReviewAction(ReviewAction.dismiss, "what is shown stays")],
        dots: Self.dots([status]) + [use.write.dot.description])
    ]
  }
}

extension MergedClinic {
  /// A visit to come or an acceptance that the writer of a patient's status had not seen, if the
  /// status puts the patient aside (MERGE, rule P5).
  func useUnseen(of patient: Subject) -> Proved? {
    guard ["inactive", "archived"].contains(patient.text("status")),
      let status = patient.shown("status"), let seen = status.details?.knowledge
    else { return nil }
    let day = CivilDate(daysSince1970: Int(status.write.stamp.milliseconds / 86_400_000))?.text
    let id = patient.key.id.description
    let visits = living(.appointmentPatient, id).filter { visit in
      AppointmentMeaning(visit, self).isTaking
        && (visit.text("date") ?? "").utf8.lexicographicallyPrecedes((day ?? "").utf8) == false
        && isLater(visit, than: status.write)
    }.compactMap { visit in
      visit.shown("patient_id").map { Proved(subject: visit, write: $0.write, rule: "P5") }
    }
    let acceptances = living(.invitePatient, id).filter { $0.text("status") == "accepted" }
      .compactMap { invite in
        invite.shown("lifecycle").map { Proved(subject: invite, write: $0.write, rule: "P5") }
      }
    return (visits + acceptances).first { !seen.covers($0.write.first) }
  }

  private func isLater(_ visit: Subject, than write: Write) -> Bool {
    guard let start = occupancy(visit.fields)?.start else { return false }
    return UInt64(max(0, start)) > write.stamp.milliseconds / 1000
  }
}
