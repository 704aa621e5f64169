import Causality
import Documents
import JSON

extension ReviewSubject {
  /// Appointments of one doctor that take the same time, unless one of them was overbooked on
  /// purpose (MERGE, rule A16). O(appointments log appointments + overlaps).
  func overlaps() -> [ReviewItem] {
    var days: [String: [Booked]] = [:]
    for subject in living where subject.key.type == "appointment" {
      guard let booked = booked(subject) else { continue }
      days[booked.person, default: []].append(booked)
    }
    return days.values.flatMap { booked in
      Self.overlapping(booked).map { overlap($0, $1) }
    }
  }

  /// An appointment that takes up its slot.
  private struct Booked {
    let subject: Subject
    /// The doctor, else the clinician.
    let person: String
    let occupancy: Occupancy
  }

  private func booked(_ subject: Subject) -> Booked? {
    let fields = subject.fields
    guard Occupancy.isTaken(byAppointment: fields), fields["overbook"]?.boolValue != true,
      let person = (fields["doctor_id"] ?? fields["clinician_id"])?.stringValue,
      let occupancy = Occupancy(
        appointment: fields, fallbackZone: "UTC", utcOffsetSeconds: functions.utcOffsetSeconds)
    else { return nil }
    return Booked(subject: subject, person: person, occupancy: occupancy)
  }

  private static func overlapping(_ booked: [Booked]) -> [(Booked, Booked)] {
    let byStart = booked.sorted { a, b in
      a.occupancy.start != b.occupancy.start
        ? a.occupancy.start < b.occupancy.start : a.subject.key < b.subject.key
    }
    var open: [Booked] = []
    var pairs: [(Booked, Booked)] = []
    for next in byStart {
      open.removeAll { $0.occupancy.end <= next.occupancy.start }
      pairs += open.map { ($0, next) }
      open.append(next)
    }
    return pairs
  }

  private func overlap(_ a: Booked, _ b: Booked) -> ReviewItem {
    let both = [a, b].sorted { $0.subject.key < $1.subject.key }
    let doctor = a.subject.fields["doctor_id"]?.stringValue.flatMap { UniqueID($0) }
      .map { name(DocumentKey(type: "doctor", id: $0)) }
    let names = both.map { name($0.subject.key) }.joined(separator: " and ")
    let versions = both.flatMap { booked in
      ["slot", "status", "overbook", "arrival"].flatMap {
        booked.subject.document.versions(of: $0)
      }
    }
    let dismiss = ReviewAction(ReviewAction.dismiss, "both appointments stay as they are")
    return item(
      rule: "A16", severity: .normal, documents: both.map(\.subject.key),
      sides: both.compactMap(slotSide),
      summary: "\(Self.capitalised(doctor ?? "one clinician")) has two appointments at the same "
        + "time: \(names).",
      actions: [dismiss], dots: Self.dots(versions))
  }

  private func slotSide(_ booked: Booked) -> ReviewSide? {
    let rule = booked.subject.rules.unit(named: "slot")
    let shown = rule.shown(of: booked.subject.document.versions(of: "slot"))
    return shown.map { version in
      var value: JSONObject = ["id": .string(booked.subject.key.id.description)]
      for name in ["patient_id", "date", "start_time", "end_time", "status"] {
        value[name] = booked.subject.fields[name]
      }
      return side(.object(value), version.write)
    }
  }
}
