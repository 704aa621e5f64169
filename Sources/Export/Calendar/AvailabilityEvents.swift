import Causality
import Clinic
import Documents
import JSON

/// The times of a weekly rule that still hold after all.
struct WeeklyTimes {
  let rule: WeeklyRule
  let zone: String
  /// Days of the week without repetition, Monday first.
  let days: [Int]
  let times: [TimeOfDay]
  let minutes: Int
  /// The first day on which it offers something.
  let first: CivilDate

  /// Nil if it offers nothing.
  init?(_ shown: ShownDocument) {
    rule = WeeklyRule(shown.clinic.subject(shown.document))
    zone = shown.text("time_zone") ?? shown.clinicianZone
    days = Set(rule.days).intersection(0...6).sorted()
    times = Set(rule.times.compactMap { TimeOfDay($0) }).sorted()
    minutes = shown.fields["slot_minutes"]?.intValue ?? 30
    let (days, last) = (days, rule.lastDay)
    guard let start = rule.firstDay, !times.isEmpty,
      let first = (0..<7).compactMap({ start.adding(days: $0) })
        .first(where: { days.contains($0.weekday) }),
      last.map({ first <= $0 }) ?? true
    else { return nil }
    self.first = first
  }
}

/// A weekly rule as events: one for each time of day, without the days that were closed.
struct AvailabilityEvents {
  private let shown: ShownDocument
  private let settings: ExportSettings
  private let hours: WeeklyTimes?

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    hours = WeeklyTimes(shown)
  }

  /// The lines of each.
  var events: [[String]] { hours.map { hours in hours.times.map { event($0, hours) } } ?? [] }

  private func event(_ time: TimeOfDay, _ hours: WeeklyTimes) -> [String] {
    let name = "\(shown.id)-\(time.text.replacing(":", with: ""))"
    let head = EventHead(name: name, shown: shown, settings: settings, sequence: sequence)
    let start = Self.wall(hours.first, time)
    var lines = head.lines
    lines += [
      "DTSTART;TZID=\(hours.zone):\(CalendarWriter.local(seconds: start))",
      "DTEND;TZID=\(hours.zone):\(CalendarWriter.local(seconds: start + hours.minutes * 60))",
      "RRULE:\(recurrence(hours))",
    ]
    let closed = closedDays(time, hours).map {
      CalendarWriter.local(seconds: Self.wall($0, time))
    }
    if !closed.isEmpty {
      lines.append("EXDATE;TZID=\(hours.zone):" + closed.joined(separator: ","))
    }
    lines += ["TRANSP:TRANSPARENT", "SUMMARY:Available"]
    if let place = shown.clinic.living("clinic", shown.text("clinic_id"))?.text("name") {
      lines.append("LOCATION:\(CalendarWriter.text(place))")
    }
    return lines + ["CLASS:CONFIDENTIAL"]
  }

  private func recurrence(_ hours: WeeklyTimes) -> String {
    let days = hours.days.map { CalendarDay.names[$0] }.joined(separator: ",")
    let rule = "FREQ=WEEKLY;WKST=MO;BYDAY=\(days)"
    guard let last = hours.rule.lastDay else { return rule }
    let wall = last.daysSince1970 * 86400 + 86399
    let offset = shown.clinic.functions.utcOffsetSeconds(hours.zone, wall) ?? 0
    let end = wall - (shown.clinic.functions.utcOffsetSeconds(hours.zone, wall - offset) ?? offset)
    return rule + ";UNTIL=\(CalendarWriter.utc(seconds: end))"
  }

  /// The days of the rule on which somebody closed this time.
  private func closedDays(_ time: TimeOfDay, _ hours: WeeklyTimes) -> [CivilDate] {
    let exceptions = shown.clinic.living(
      "availability_override", index: "clinician_id", shown.text("clinician_id"))
    let closed = exceptions.filter { $0.fields["available"]?.boolValue == false }
      .filter { $0.text("time_slot") == time.text }
      .compactMap { $0.text("date").flatMap { CivilDate($0) } }
    return Set(closed).filter { hours.rule.offers($0, time.text) }.sorted()
  }

  /// Grows with each change of the rule: the seconds from its creation to the last of them.
  private var sequence: Int {
    let last = shown.document.versions(of: "rule").map(\.write.stamp.milliseconds).max() ?? 0
    return Int(clamping: (max(last, shown.created) - shown.created + 999) / 1000)
  }

  private static func wall(_ date: CivilDate, _ time: TimeOfDay) -> Int {
    date.daysSince1970 * 86400 + time.minutesSinceMidnight * 60
  }
}

extension ShownDocument {
  /// The zone of the clinic of a rule, else of its clinician's.
  fileprivate var clinicianZone: String {
    if text("clinic_id") != nil { return zone }
    let doctor = clinic.living("doctor", index: "user_id", text("clinician_id")).first
    let place =
      doctor?.text("clinic_id")
      ?? clinic.living("user", text("clinician_id"))?
      .text("clinic_id")
    return clinic.living("clinic", place)?.text("timezone") ?? "UTC"
  }
}
