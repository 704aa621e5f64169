import Causality
package import Clinic
import Documents
import JSON

/// An iCalendar file (RFC 5545): an event for each appointment, and one a week for each time at which a
/// clinician can be booked. It names no patient, holds no notes and no links, unless the settings say so.
package struct CalendarExport: DocumentExport {
  package static let knownTypes = ["appointment", "recurring_availability"]

  package let types: [String]
  private let settings: ExportSettings
  private let functions: ClinicFunctions
  private var zones: [CalendarZone] = []

  package init(_ settings: ExportSettings, _ functions: ClinicFunctions) {
    self.settings = settings
    self.functions = functions
    types = Self.knownTypes.filter { settings.type.map($0.elementsEqual) ?? true }
  }

  /// Zones have to be told before the times that are in them.
  package var surveyedTypes: [String] { types }

  package mutating func survey(_ document: ExportedDocument) {
    guard document.isShown else { return }
    if document.document.key.type == "appointment" {
      surveySlots(document)
    } else if let hours = WeeklyTimes(ShownDocument(document)) {
      note(hours.zone, year: hours.first.year)
    }
  }

  /// Notes all zones in which an appointment may be shown: which of its slots counts is a question of its own.
  private mutating func surveySlots(_ appointment: ExportedDocument) {
    for version in appointment.document.versions(of: "slot") {
      for slot in [version.value, version.details?.replaced].compactMap(\.self) {
        guard let date = slot["date"]?.stringValue.flatMap({ CivilDate($0) }) else { continue }
        let clinic = appointment.clinic.living("clinic", slot["clinic_id"]?.stringValue)
        note(slot["time_zone"]?.stringValue ?? clinic?.text("timezone") ?? "UTC", year: date.year)
      }
    }
  }

  private mutating func note(_ zone: String, year: Int) {
    if let place = zones.firstIndex(where: { utf8Equal($0.name, zone) }) {
      zones[place].include(year: year)
    } else {
      zones.append(CalendarZone(zone, year: year))
    }
  }

  package mutating func begin(_ bytes: inout [UInt8]) {
    CalendarWriter.write(
      [
        "BEGIN:VCALENDAR", "PRODID:-//Satchel//Satchel//EN", "VERSION:2.0",
        "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
      ], into: &bytes)
    // A calendar holds one component at least.
    if zones.isEmpty { note("UTC", year: 1970) }
    for zone in zones.sorted(by: { utf8Less($0.name, $1.name) }) {
      zone.write(now: settings.now, functions.utcOffsetSeconds, into: &bytes)
    }
  }

  package mutating func add(_ document: ExportedDocument, _ bytes: inout [UInt8]) {
    guard document.isShown else { return }
    let shown = ShownDocument(document)
    let events =
      shown.key.type == "appointment"
      ? AppointmentEvent(shown, settings).map { [$0.lines] } ?? []
      : AvailabilityEvents(shown, settings).events
    for lines in events {
      CalendarWriter.write(["BEGIN:VEVENT"] + lines + ["END:VEVENT"], into: &bytes)
    }
  }

  package mutating func end(_ bytes: inout [UInt8]) {
    CalendarWriter.write("END:VCALENDAR", into: &bytes)
  }
}

/// What all events have.
struct EventHead {
  /// Of the document or a part of it: never changes.
  let name: String
  let shown: ShownDocument
  let settings: ExportSettings
  let sequence: Int

  var lines: [String] {
    [
      "UID:\(name)@\(settings.account).clinic.invalid", "SEQUENCE:\(sequence)",
      "DTSTAMP:\(CalendarWriter.utc(milliseconds: settings.now))",
      "CREATED:\(CalendarWriter.utc(milliseconds: shown.created))",
      "LAST-MODIFIED:\(CalendarWriter.utc(milliseconds: shown.updated))",
    ]
  }
}
