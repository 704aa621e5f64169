import Causality
import Documents
import JSON

/// An appointment that takes time.
final class Booking {
  let subject: MergedClinic.Subject
  let meaning: AppointmentMeaning
  /// Of its own slot first, then of those that are held for it.
  let spans: [Occupancy]
  /// Whether it was put beside others on purpose.
  let isOverbooked: Bool

  /// Nil if the appointment takes no time.
  init?(_ subject: MergedClinic.Subject, _ clinic: MergedClinic) {
    let meaning = AppointmentMeaning(subject, clinic)
    guard meaning.isTaking else { return nil }
    self.subject = subject
    self.meaning = meaning
    isOverbooked = subject.fields["overbook"]?.boolValue == true
    spans = ([meaning.slot] + meaning.heldSlots).compactMap(clinic.occupancy)
    if spans.isEmpty { return nil }
  }

  func overlaps(_ other: Booking) -> Bool {
    if spans.count == 1, other.spans.count == 1 { return spans[0].overlaps(other.spans[0]) }
    return spans.contains { mine in other.spans.contains { mine.overlaps($0) } }
  }

  /// How far the visit has come: the farther holds the slot (MERGE, rule A16).
  private var rank: Int {
    if subject.fields["arrived"]?.boolValue == true || meaning.status == "completed" { return 0 }
    return meaning.status == "confirmed" ? 1 : 2
  }

  /// Whether this one holds the slot against another.
  func comesBefore(_ other: Booking) -> Bool {
    rank != other.rank
      ? rank < other.rank : subject.document.comesBefore(other.subject.document)
  }

}

extension MergedClinic {
  /// Other appointments of the same doctor or clinician that take some of the same time.
  func bookingsAtOnce(of person: Booking) -> [Booking] {
    let subject = person.subject
    let doctor = subject.text("doctor_id")
    let (index, who): (ClinicIndex, String?) =
      doctor != nil
      ? (.appointmentDoctorDay, doctor)
      : (.appointmentClinicianDay, subject.text("clinician_id"))
    return days(of: person).flatMap { day in
      bookings(index, ClinicIndex.personDay(who, day)).filter { other in
        other !== person && other.overlaps(person) && !other.isOverbooked
          && (doctor != nil || other.subject.text("doctor_id") == nil)
          && other.subject.key != subject.key
      }
    }
  }

  /// Other appointments of the same patient that take some of the same time.
  func bookingsAtOnce(ofPatientOf booking: Booking) -> [Booking] {
    let subject = booking.subject
    guard !booking.isOverbooked,
      let patient = subject.text("patient_id").flatMap({ UniqueID($0) })
    else { return [] }
    return samePatient(DocumentKey(type: "patient", id: patient)).flatMap { patient in
      bookings(.appointmentPatient, patient.id.description).filter { other in
        other !== booking && other.overlaps(booking) && !other.isOverbooked
          && other.subject.key != subject.key
      }
    }
  }

  /// The days on which something may collide with a booking: clocks of other zones show another date.
  private func days(of booking: Booking) -> [String] {
    let dates = ([booking.meaning.slot] + booking.meaning.heldSlots)
      .compactMap { $0["date"]?.stringValue.flatMap { CivilDate($0) } }
    return Set(dates.flatMap { date in (-1...1).compactMap { date.adding(days: $0)?.text } })
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
