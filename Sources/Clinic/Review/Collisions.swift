import Causality
import Documents
import JSON

extension Reviewer {
  /// Appointments that take the same time of a doctor or of a patient, are one visit entered twice, or
  /// have one code (MERGE, rules A16 to A19).
  func collisions(_ subject: Subject) -> [ReviewItem] {
    var items = sameCode(subject)
    guard let booking = clinic.booking(subject) else { return items }
    let ofDoctor = booking.isOverbooked ? [] : clinic.bookingsAtOnce(of: booking)
    let ofPatient = clinic.bookingsAtOnce(ofPatientOf: booking)
    for other in ofPatient {
      let isTwice = isOneVisit(booking, other)
      if isTwice {
        items.append(enteredTwice(booking, other))
      } else if !ofDoctor.contains(where: { $0.subject.key == other.subject.key }) {
        items.append(overlapOfPatient(booking, other))
      }
    }
    let others = ofDoctor.filter { other in
      !ofPatient.contains { $0.subject.key == other.subject.key && isOneVisit(booking, other) }
    }
    return items + others.map { overlapOfDoctor(booking, $0) }
  }

  /// Whether patient, doctor and start are the same.
  private func isOneVisit(_ a: Booking, _ b: Booking) -> Bool {
    func who(_ booking: Booking) -> String? {
      booking.subject.text("doctor_id") ?? booking.subject.text("clinician_id")
    }
    return who(a) == who(b) && a.spans[0].start == b.spans[0].start
  }

  private func overlapOfDoctor(_ a: Booking, _ b: Booking) -> ReviewItem {
    // The same from both sides, also where the doctor is gone and each names another clinician.
    let doctor = [a, b].compactMap { clinic.subject(for: $0.subject) }.min()
    return pair(
      "A16", .normal, a.subject, b.subject, units: ["slot", "status", "overbook", "arrival"],
      summary:
        "\(Self.capitalised(doctor.map { name($0) } ?? "one clinician")) has two appointments "
        + "at the same time",
      dismiss: "both appointments stay as they are")
  }

  private func overlapOfPatient(_ a: Booking, _ b: Booking) -> ReviewItem {
    pair(
      "A17", .low, a.subject, b.subject, units: ["slot", "status", "patient_id", "arrival"],
      summary: "One patient has two appointments at the same time",
      dismiss: "both appointments stay as they are")
  }

  private func enteredTwice(_ a: Booking, _ b: Booking) -> ReviewItem {
    let (first, second) = a.comesBefore(b) ? (a, b) : (b, a)
    return pair(
      "A18", .normal, a.subject, b.subject, units: ["slot", "status", "patient_id"],
      summary: "One visit was entered twice",
      actions: [
        ReviewAction(
          "collapse", "one appointment stays; the code of the other leads to it",
          steps: collapse(second.subject, into: first.subject))
      ],
      dismiss: "both appointments stay as they are")
  }

  private func collapse(_ second: Subject, into first: Subject) -> [ReviewStep] {
    let codes = [second.text("confirmation_code")].compactMap { $0 }
    let aliases = codes.map { code in
      let value = JSONObject([("code_aliases", .array([.string(code)]))])
      return ReviewStep.write(
        first.key, UnitValue(unit: "code_aliases/\(code)", value: value), replacing: [])
    }
    return aliases + [.delete(second.key, .duplicate)]
  }

  private func sameCode(_ subject: Subject) -> [ReviewItem] {
    [newCode(subject)].compactMap { $0 }
      + clinic.others(sharing: .appointmentCode, with: subject).map { other in
        pair(
          "A19", .normal, subject, other, units: ["code"],
          summary: "Two appointments have the confirmation code "
            + "\(subject.text("confirmation_code") ?? "")",
          dismiss: "both keep the code")
      }
  }

  /// The server gave the appointment another code, while somebody has read out the old one.
  private func newCode(_ subject: Subject) -> ReviewItem? {
    guard let code = subject.text("confirmation_code"), let write = subject.shown("code")?.write,
      let old = subject.fields["code_aliases"]?.arrayValue?.compactMap(\.stringValue).first(where: {
        subject.shown("code_aliases/\($0)")?.write.first == write.first
      })
    else { return nil }
    return single(
      "A19", .low, subject, unit: "confirmation_code",
      "has the new confirmation code \(code): \(old) was given to another appointment first",
      dismiss: "the patient knows the new code")
  }

  /// An item of two documents, the same from both sides.
  func pair(
    _ rule: String, _ severity: ReviewSeverity, _ a: Subject, _ b: Subject, units: [String],
    summary: String, actions: [ReviewAction] = [], dismiss: String
  ) -> ReviewItem {
    let both = [a, b].sorted { $0.key < $1.key }
    let versions = both.flatMap { subject in
      units.flatMap { subject.document.versions(of: $0) }
    }
    return item(
      rule: rule, severity: severity, documents: both.map(\.key), sides: both.map(brief),
      summary: "\(summary): \(both.map { name($0.key) }.joined(separator: " and ")).",
      actions: actions + [ReviewAction(ReviewAction.dismiss, dismiss)], dots: Self.dots(versions))
  }

  /// A document in a few fields.
  private func brief(_ subject: Subject) -> ReviewSide {
    var value: JSONObject = ["id": .string(subject.key.id.description)]
    for name in Self.briefFields { value[name] = subject.fields[name] }
    let newest = subject.document.newestWrite(subject.rules)
    let write = newest ?? subject.document.creation
    return side(.object(value), write)
  }

  private static let briefFields = [
    "patient_id", "date", "start_time", "end_time", "status", "confirmation_code", "first_name",
    "last_name", "date_of_birth", "email", "phone", "external_id", "name", "role",
  ]
}

extension MergedClinic {
  /// The doctor of an appointment, else the clinician.
  func subject(for appointment: Subject) -> DocumentKey? {
    (living("doctor", appointment.text("doctor_id"))
      ?? living("user", appointment.text("clinician_id")))?.key
  }
}

extension Document {
  /// The creation, as a write.
  var creation: Write { Write(dot: origin.dot, stamp: origin.stamp, author: origin.author) }
}
