import Causality
import Clinic

/// Clocks of a zone that go to another offset.
struct ZoneChange: Equatable {
  /// Seconds since 1970 UTC.
  let instant: Int
  /// Seconds ahead of UTC before the change.
  let from: Int
  /// And from the change on.
  let to: Int

  /// What clocks show at the change, by the offset before it: as RFC 5545 counts an onset.
  var onset: Int { instant + from }

  var year: Int { Timestamp.civil(daysSince1970: onset.quotient(by: 86400)).year }

  /// All changes from one instant to another. No zone changes its offset twice within a day.
  /// O(days).
  static func all(
    zone: String, from first: Int, through last: Int, _ lookup: UTCOffsetLookup
  ) -> [ZoneChange] {
    var changes: [ZoneChange] = []
    var (start, offset) = (first, lookup(zone, first) ?? 0)
    while start < last {
      let end = min(start + 86400, last)
      let next = lookup(zone, end) ?? 0
      if next != offset {
        let instant = moment(zone: zone, after: start, through: end, lookup)
        changes.append(ZoneChange(instant: instant, from: offset, to: next))
      }
      (start, offset) = (end, next)
    }
    return changes
  }

  /// The first second after `low` with the offset of `high`.
  private static func moment(
    zone: String, after low: Int, through high: Int, _ lookup: UTCOffsetLookup
  ) -> Int {
    var (low, high) = (low, high)
    let before = lookup(zone, low)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if lookup(zone, middle) == before { low = middle } else { high = middle }
    }
    return high
  }
}

/// A change that comes every year on the same weekday of the same month, such as the second Sunday of
/// March at 02:00.
struct YearlyChange: Equatable {
  /// As RFC 5545 counts: `2SU`, or `-1SU` for the last.
  let day: String
  let month: Int
  /// The first of them.
  let first: ZoneChange

  /// The rule that changes of consecutive years follow; nil if there is none.
  init?(_ changes: [ZoneChange]) {
    guard let first = changes.first else { return nil }
    let days = changes.map(DayOfMonth.init)
    let isAlike = zip(changes, days).allSatisfy { change, day in
      change.from == first.from && change.to == first.to && day.month == days[0].month
        && day.weekday == days[0].weekday && day.secondsOfDay == days[0].secondsOfDay
    }
    let name = CalendarDay.names[days[0].weekday]
    if isAlike, days[0].number < 5, days.allSatisfy({ $0.number == days[0].number }) {
      day = "\(days[0].number)\(name)"
    } else if isAlike, days.allSatisfy(\.isLast) {
      day = "-1\(name)"
    } else {
      return nil
    }
    (month, self.first) = (days[0].month, first)
  }

  private struct DayOfMonth {
    let month: Int
    /// 0 for Monday.
    let weekday: Int
    /// Which of its weekday in its month, from 1.
    let number: Int
    let isLast: Bool
    let secondsOfDay: Int

    init(_ change: ZoneChange) {
      let days = change.onset.quotient(by: 86400)
      let date = Timestamp.civil(daysSince1970: days)
      month = date.month
      weekday = CivilDate(daysSince1970: days)?.weekday ?? 0
      number = (date.day - 1) / 7 + 1
      isLast = Timestamp.civil(daysSince1970: days + 7).month != date.month
      secondsOfDay = change.onset - days * 86400
    }
  }
}

enum CalendarDay {
  /// By the day of the week, 0 for Monday.
  static let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
}
