import Causality
package import Documents
import JSON

/// What a day holds, counted.
package struct DayCounts: Sendable, Equatable {
  /// Appointments by their status.
  package var byStatus: [String: Int] = [:]
  package var arrivals = 0
  /// Of appointments that take place: those for which nobody has asked for an intake form.
  package var missingIntakes = 0

  package init() {}

  // any order: a sum
  package var total: Int { byStatus.values.reduce(0, +) }

  mutating func add(_ appointment: MergedClinic.Subject, _ clinic: MergedClinic) {
    let meaning = AppointmentMeaning(appointment, clinic)
    byStatus[meaning.status, default: 0] += 1
    if appointment.fields["arrived"]?.boolValue == true { arrivals += 1 }
    let intake = appointment.text("intake_status") ?? "missing"
    if meaning.isTaking, intake == "missing" { missingIntakes += 1 }
  }
}

extension MergedClinic {
  /// The day that it is at a clinic.
  package func today(at clinic: DocumentKey) -> CivilDate? {
    today(in: living(clinic)?.text("timezone") ?? "UTC")
  }

  /// The day that it is in a zone; nil for a zone that nobody knows.
  package func today(in zone: String) -> CivilDate? {
    let seconds = Int(now / 1000)
    return functions.utcOffsetSeconds(zone, seconds).flatMap { offset in
      CivilDate(daysSince1970: (seconds + offset).dividedRoundingDown(by: 86_400))
    }
  }

  /// Counts the appointments of a clinic on a day. O(appointments of the day).
  /// - Parameter isVisible: whether the one who asks may see an appointment.
  package func counts(
    at clinic: DocumentKey, on date: CivilDate, where isVisible: (Document) -> Bool
  ) -> DayCounts {
    let key = IndexDefinition.key([.string(clinic.id.description), .string(date.text)])
    var counts = DayCounts()
    for appointment in living("appointment", index: "clinic_id,date", key)
    where isVisible(appointment.document) {
      counts.add(appointment, self)
    }
    return counts
  }

  /// The status of a document after all that others say about it; nil if its type has none.
  package func status(of document: Document) -> String? {
    let subject = subject(document)
    return switch document.key.type {
    case "invite": InviteMeaning(subject, self).status
    case "appointment": AppointmentMeaning(subject, self).status
    case "patient" where useUnseen(of: subject) != nil: "active"
    default: subject.text("status")
    }
  }
}
