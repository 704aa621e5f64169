/// Why a wall time or an appointment has no place in time. The description is meant for the person
/// who typed or imported it.
package enum ZonedTimeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The time zone data has no such zone.
  case unknownZone(String)
  /// Clocks go forward over this time; `from` is what they show at that moment before the change,
  /// `to` after it. Another time must be chosen.
  case doesNotExist(ZonedTime, from: ZonedTime, to: ZonedTime)
  /// A duration outside `AppointmentTimes.durationMinutes`.
  case durationOutOfRange(minutes: Int)
  /// Before the year 1 or after the year 9999.
  case outsideCalendar

  package var description: String {
    switch self {
    case .unknownZone(let zone):
      return "\"\(zone)\" is no known time zone"
    case .doesNotExist(let asked, let from, let to):
      return "\(asked.time) does not exist on \(asked.date) in \(asked.zone): clocks go forward "
        + Self.span(from: from, to: to, date: asked.date)
    case .durationOutOfRange(let minutes):
      let allowed = AppointmentTimes.durationMinutes
      return "an appointment cannot take \(minutes) minutes: "
        + "it takes \(allowed.lowerBound) to \(allowed.upperBound)"
    case .outsideCalendar:
      return "the time lies outside the years 1 to 9999"
    }
  }

  /// The dates are left out where both are the one asked for.
  private static func span(from: ZonedTime, to: ZonedTime, date: CivilDate) -> String {
    if from.date == date, to.date == date { return "from \(from.time) to \(to.time)" }
    return "from \(from.date) \(from.time) to \(to.date) \(to.time)"
  }
}
