import Causality
import Clinic

/// A time zone as a calendar carries it: right for the years in which it is used, and as far ahead as its
/// changes follow a rule.
struct CalendarZone {
  let name: String
  /// The years of which a calendar holds times.
  private(set) var years: ClosedRange<Int>

  init(_ name: String, year: Int) { (self.name, years) = (name, year...year) }

  mutating func include(year: Int) {
    years = min(years.lowerBound, year)...max(years.upperBound, year)
  }

  /// Changes are listed so many years beyond the last that is used, and beyond the year of the export:
  /// weekly hours go on without an end.
  private static let yearsAhead = 12
  /// A rule is taken for one if it held for so many years.
  private static let yearsOfRule = 5
  /// Changes are looked for in these years only; before them clocks showed the time of the sun.
  private static let possibleYears = 1900...2200

  /// Appends the `VTIMEZONE`.
  func write(now: UInt64, _ lookup: UTCOffsetLookup, into bytes: inout [UInt8]) {
    let thisYear = Timestamp.civil(daysSince1970: Int(now / 86_400_000)).year
    let possible = Self.possibleYears
    let firstYear = min(max(years.lowerBound - 1, possible.lowerBound), possible.upperBound)
    let lastYear = min(max(years.upperBound, thisYear) + Self.yearsAhead, possible.upperBound)
    let (start, end) = (Self.seconds(ofYear: firstYear), Self.seconds(ofYear: lastYear + 1))
    let changes = ZoneChange.all(zone: name, from: start, through: end, lookup)
    CalendarWriter.write(["BEGIN:VTIMEZONE", "TZID:\(name)"], into: &bytes)
    let first = ZoneChange(
      instant: Self.seconds(ofYear: min(firstYear, years.lowerBound - 1)),
      from: lookup(name, start) ?? 0, to: lookup(name, start) ?? 0)
    write(first, isDaylight: changes.first.map { $0.to < $0.from } ?? false, nil, into: &bytes)
    let (single, yearly) = Self.split(changes, lastYear: lastYear)
    for change in single { write(change, isDaylight: change.to > change.from, nil, into: &bytes) }
    for rule in yearly {
      write(rule.first, isDaylight: rule.first.to > rule.first.from, rule, into: &bytes)
    }
    CalendarWriter.write("END:VTIMEZONE", into: &bytes)
  }

  private func write(
    _ change: ZoneChange, isDaylight: Bool, _ rule: YearlyChange?, into bytes: inout [UInt8]
  ) {
    let kind = isDaylight ? "DAYLIGHT" : "STANDARD"
    var lines = [
      "BEGIN:\(kind)", "DTSTART:\(CalendarWriter.local(seconds: change.onset))",
      "TZOFFSETFROM:\(CalendarWriter.offset(change.from))",
      "TZOFFSETTO:\(CalendarWriter.offset(change.to))",
    ]
    if let rule { lines.append("RRULE:FREQ=YEARLY;BYMONTH=\(rule.month);BYDAY=\(rule.day)") }
    CalendarWriter.write(lines + ["END:\(kind)"], into: &bytes)
  }

  /// The changes one by one, but for the years up to the last in which each of them follows a rule.
  private static func split(
    _ changes: [ZoneChange], lastYear: Int
  ) -> (single: [ZoneChange], yearly: [YearlyChange]) {
    for year in Set(changes.map(\.year)).sorted() where lastYear - year + 1 >= yearsOfRule {
      let later = changes.filter { $0.year >= year }
      if let rules = rules(of: later, years: year...lastYear) {
        return (changes.filter { $0.year < year }, rules)
      }
    }
    return (changes, [])
  }

  /// The rules that all changes of some years follow, each of them once a year; nil if there are none.
  private static func rules(
    of changes: [ZoneChange], years: ClosedRange<Int>
  ) -> [YearlyChange]? {
    let perYear = changes.prefix { $0.year == years.lowerBound }.count
    guard perYear > 0, changes.count == perYear * years.count else { return nil }
    var rules: [YearlyChange] = []
    for place in 0..<perYear {
      let same = stride(from: place, to: changes.count, by: perYear).map { changes[$0] }
      guard same.map(\.year) == Array(years), let rule = YearlyChange(same) else { return nil }
      rules.append(rule)
    }
    return rules
  }

  private static func seconds(ofYear year: Int) -> Int {
    (Timestamp.daysSince1970(year: year, month: 1, day: 1) ?? 0) * 86400
  }
}
