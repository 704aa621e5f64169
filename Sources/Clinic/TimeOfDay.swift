/// What a clock on the wall shows, to the minute: 00:00 to 23:59. Not every time of day exists on
/// every date; see `ZonedTime`.
package struct TimeOfDay: Hashable, Comparable, Sendable, CustomStringConvertible {
  package static let minutesPerDay = 24 * 60

  /// 0 to 1439, counted as the wall clock shows them: not the time elapsed since midnight on a day
  /// on which the clocks change.
  package let minutesSinceMidnight: Int

  /// Nil if there are fewer than 0 or more than 1439 minutes.
  package init?(minutesSinceMidnight minutes: Int) {
    guard (0..<Self.minutesPerDay).contains(minutes) else { return nil }
    minutesSinceMidnight = minutes
  }

  /// Nil if the hour is not 0 to 23 or the minute not 0 to 59.
  package init?(hour: Int, minute: Int) {
    guard (0..<24).contains(hour), (0..<60).contains(minute) else { return nil }
    minutesSinceMidnight = hour * 60 + minute
  }

  /// Reads `HH:MM`, or `HH:MM:SS` with zero seconds, and nothing else.
  package init?(_ text: String) {
    let bytes = ArraySlice(text.utf8)
    let colon = UInt8(ascii: ":")
    guard bytes.count == 5 || bytes.count == 8 && bytes[5] == colon, bytes[2] == colon,
      CalendarDigits.number(bytes.dropFirst(6)) == 0,
      let hour = CalendarDigits.number(bytes[0..<2]),
      let minute = CalendarDigits.number(bytes[3..<5])
    else { return nil }
    self.init(hour: hour, minute: minute)
  }

  package var hour: Int { minutesSinceMidnight / 60 }
  package var minute: Int { minutesSinceMidnight % 60 }

  /// `HH:MM`.
  package var text: String {
    "\(CalendarDigits.text(hour, width: 2)):\(CalendarDigits.text(minute, width: 2))"
  }

  package var description: String { text }

  package static func < (a: TimeOfDay, b: TimeOfDay) -> Bool {
    a.minutesSinceMidnight < b.minutesSinceMidnight
  }
}
