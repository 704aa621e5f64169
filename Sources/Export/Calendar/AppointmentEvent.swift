import Causality
import Clinic
import Documents
import JSON

/// An appointment as an event.
struct AppointmentEvent {
  private let shown: ShownDocument
  private let settings: ExportSettings
  private let time: BookedTime
  private let status: String

  /// Nil if it has no time that can be read.
  init?(_ shown: ShownDocument, _ settings: ExportSettings) {
    guard let time = BookedTime(shown) else { return nil }
    (self.shown, self.settings, self.time) = (shown, settings, time)
    status = shown.text("status") ?? "unconfirmed"
  }

  var lines: [String] {
    let head = EventHead(
      name: shown.id, shown: shown, settings: settings,
      sequence: shown.clinic.slotVersion(of: shown.document))
    var lines = head.lines + timeLines
    lines += [
      "STATUS:\(calendarStatus)",
      "TRANSP:\(AppointmentLifeCycle.freeingStatuses.contains(status) ? "TRANSPARENT" : "OPAQUE")",
      "SUMMARY:\(CalendarWriter.text(summary))",
    ]
    if let place { lines.append("LOCATION:\(CalendarWriter.text(place))") }
    lines.append("CLASS:CONFIDENTIAL")
    let categories = ["visit_type", "visit_category"].compactMap(shown.text)
    if !categories.isEmpty {
      lines.append("CATEGORIES:" + categories.map(CalendarWriter.text).joined(separator: ","))
    }
    if settings.tellsNotes, let notes = shown.text("notes") {
      lines.append("DESCRIPTION:\(CalendarWriter.text(notes))")
    }
    if settings.tellsLinks, let link = shown.text("meeting_link") { lines.append("URL:\(link)") }
    lines.append("X-CLINIC-STATUS:\(CalendarWriter.text(status))")
    if settings.inReview.contains(shown.key) { lines.append("X-CLINIC-CONFLICT:TRUE") }
    return lines
  }

  /// Where clocks show a time twice, the second of them has no name but in UTC.
  private var timeLines: [String] {
    guard time.isClearOnTheWall else {
      return [
        "DTSTART:\(CalendarWriter.utc(seconds: time.start))",
        "DTEND:\(CalendarWriter.utc(seconds: time.end))",
      ]
    }
    let (start, end) = (time.times.startInstant, time.times.endInstant)
    return [("DTSTART", start), ("DTEND", end)].map { name, instant in
      let wall = instant.secondsSince1970 + instant.utcOffsetSeconds
      return "\(name);TZID=\(time.zone):\(CalendarWriter.local(seconds: wall))"
    }
  }

  private var calendarStatus: String {
    switch status {
    case "cancelled": "CANCELLED"
    case "completed", "no-show": "CONFIRMED"
    case "confirmed": shown.isHeld ? "TENTATIVE" : "CONFIRMED"
    default: "TENTATIVE"
    }
  }

  private var summary: String {
    (["Appointment"] + [shown.text("visit_category"), patientName].compactMap(\.self))
      .joined(separator: " ")
  }

  private var patientName: String? {
    guard settings.patientLabel != .none,
      let patient = shown.clinic.living("patient", shown.text("patient_id"))
    else { return nil }
    let names = ["first_name", "last_name"].compactMap { patient.text($0) }
    guard settings.patientLabel == .initials else { return names.joined(separator: " ") }
    return names.compactMap { name in name.first.map { "\($0)." } }.joined()
  }

  private var place: String? {
    switch shown.text("visit_type") {
    case "virtual": "Virtual visit"
    case "home-visit": "Home visit"
    default: shown.clinic.living("clinic", shown.text("clinic_id"))?.text("name")
    }
  }
}
