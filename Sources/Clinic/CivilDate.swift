import Causality

/// A date of the calendar, such as a birthday or the day of an appointment: no instant, and the
/// same in every time zone. Gregorian throughout, from 0001-01-01 to 9999-12-31.
package struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 1 to 9999.
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to 31.
  package let day: Int

  /// The days of which there are dates, 1970-01-01 being 0.
  package static let daysSince1970 = -719_162...2_932_896

  /// Nil if the calendar has no such date.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...9999).contains(year), (1...31).contains(day),
      Timestamp.daysSince1970(year: year, month: month, day: day) != nil
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Nil for a day before the year 1 or after the year 9999.
  package init?(daysSince1970 days: Int) {
    guard Self.daysSince1970.contains(days) else { return nil }
    (year, month, day) = Timestamp.civil(daysSince1970: days)
  }

  /// Reads `YYYY-MM-DD` and nothing else: no spaces, no missing zeros, no day that does not exist.
  package init?(_ text: String) {
    let bytes = ArraySlice(text.utf8)
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = CalendarDigits.number(bytes[0..<4]),
      let month = CalendarDigits.number(bytes[5..<7]),
      let day = CalendarDigits.number(bytes[8..<10])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// The days since 1970-01-01; negative before it.
  package var daysSince1970: Int {
    guard let days = Timestamp.daysSince1970(year: year, month: month, day: day) else {
      preconditionFailure("a CivilDate is a date of the calendar")
    }
    return days
  }

  /// The day of the week, 0 for Monday to 6 for Sunday, as `day_of_week` counts. This is the one
  /// place where a date becomes a day of the week. 1970-01-01 was a Thursday.
  package var weekday: Int { (daysSince1970 - Self.daysSince1970.lowerBound) % 7 }

  /// The date that lies so many days later, or earlier if negative; nil outside the calendar.
  package func adding(days: Int) -> CivilDate? {
    let (sum, isTooLarge) = daysSince1970.addingReportingOverflow(days)
    return isTooLarge ? nil : CivilDate(daysSince1970: sum)
  }

  /// `YYYY-MM-DD`.
  package var text: String {
    let year = CalendarDigits.text(year, width: 4)
    let month = CalendarDigits.text(month, width: 2)
    return "\(year)-\(month)-\(CalendarDigits.text(day, width: 2))"
  }

  package var description: String { text }

  package static func < (a: CivilDate, b: CivilDate) -> Bool {
    (a.year, a.month, a.day) < (b.year, b.month, b.day)
  }
}
