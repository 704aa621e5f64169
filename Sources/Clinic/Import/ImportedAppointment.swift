package import Causality
package import JSON

/// What became of a visit, in the words of the files that are imported.
package enum ImportedStatus: String, CaseIterable, Sendable {
  case attended, cancelled
  case didNotAttend = "did not attend"
  case scheduled, unknown

  /// Reads the words of such files, and our own.
  init?(_ text: String) {
    let text = text.lowercased()
    if let status = ImportedStatus(rawValue: text) {
      self = status
      return
    }
    switch text {
    case "completed": self = .attended
    case "canceled": self = .cancelled
    case "no-show": self = .didNotAttend
    case "unconfirmed": self = .scheduled
    default: return nil
    }
  }
}

/// An appointment as an import wants it.
package struct ImportedAppointment: Sendable {
  package let id: UniqueID
  /// Without the status.
  package let fields: JSONObject
  package let status: ImportedStatus
  /// When the patient came, if the file says that the visit took place.
  let arrivedAt: String?

  /// Keeps what the file said of the status.
  private static let sourceField = "source_status"
  /// Keeps the date and time of the file: what people moved since stays where they moved it, until the
  /// file itself says something new.
  private static let sourceSlotField = "source_slot"
  private static let slotFields: Set<String> = [
    "clinic_id", "doctor_id", "date", "start_time", "end_time", "duration", "time_zone",
    "utc_offset_minutes",
  ]

  /// What the line says besides the status, as far as it is new.
  /// - Parameter existing: the fields of the appointment as it is; nil if there is none.
  package func news(for existing: JSONObject?) -> JSONObject {
    var news = fields
    let slot = [fields["doctor_id"], fields["date"], fields["start_time"]]
      .compactMap { $0?.stringValue }.joined(separator: " ")
    news[Self.sourceSlotField] = .string(slot)
    guard existing?[Self.sourceSlotField]?.stringValue == slot else { return news }
    news.members.removeAll { Self.slotFields.contains($0.key) }
    return news
  }

  /// What the file says of the status that it has not said before: what people have done with the
  /// appointment here since an earlier import is not taken back by importing the same again.
  /// - Parameter existing: the fields of the appointment; nil if it is not there yet.
  package func statusNews(for existing: JSONObject?) -> StatusNews? {
    if existing?[Self.sourceField]?.stringValue == status.rawValue { return nil }
    var news: JSONObject = [Self.sourceField: .string(status.rawValue)]
    switch status {
    case .attended:
      news["status"] = "completed"
      news["arrived"] = true
      news["arrived_at"] = arrivedAt.map { .string($0) }
    case .cancelled: news["status"] = "cancelled"
    case .didNotAttend: news["status"] = "no-show"
    case .unknown where existing == nil: news["legacy_status"] = "unknown"
    case .scheduled, .unknown: break
    }
    return StatusNews(fields: news, cancellation: cancellation)
  }

  /// The record of the cancellation, without its id; nil if there was none.
  private var cancellation: JSONObject? {
    let type: JSONValue
    switch status {
    case .cancelled: type = "other"
    case .didNotAttend: type = "no-show"
    case .attended, .scheduled, .unknown: return nil
    }
    var record: JSONObject = [
      "appointment_id": .string(id.description), "cancellation_type": type,
    ]
    record["clinic_id"] = fields["clinic_id"]
    record["patient_id"] = fields["patient_id"]
    return record
  }
}

/// What an import adds to the status of an appointment.
package struct StatusNews: Sendable {
  package let fields: JSONObject
  /// Without its id.
  package let cancellation: JSONObject?
}
