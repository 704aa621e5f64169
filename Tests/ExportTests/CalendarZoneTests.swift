import Causality
import Clinic
import Platform
import Testing

@testable import Export

@Suite struct CalendarZoneTests {
  private static let zones = TimeZones()
  private static func lookup(_ zone: String, _ seconds: Int) -> Int? {
    zones.utcOffsetSeconds(zone: zone, at: seconds)
  }

  private static func written(_ name: String, _ years: ClosedRange<Int>) -> String {
    var zone = CalendarZone(name, year: years.lowerBound)
    zone.include(year: years.upperBound)
    var bytes: [UInt8] = []
    zone.write(
      now: Timestamp.milliseconds("2026-03-01T00:00:00Z") ?? 0, lookup, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `New York has two rules`() {
    #expect(
      Self.written("America/New_York", 2026...2026).split(separator: "\r\n") == [
        "BEGIN:VTIMEZONE", "TZID:America/New_York", "BEGIN:STANDARD", "DTSTART:20241231T190000",
        "TZOFFSETFROM:-0500", "TZOFFSETTO:-0500", "END:STANDARD", "BEGIN:DAYLIGHT",
        "DTSTART:20250309T020000", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", "END:DAYLIGHT", "BEGIN:STANDARD",
        "DTSTART:20251102T020000", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "END:STANDARD", "END:VTIMEZONE",
      ])
  }

  @Test func `a zone without changes has one offset`() {
    #expect(
      Self.written("Asia/Kathmandu", 2026...2026).split(separator: "\r\n") == [
        "BEGIN:VTIMEZONE", "TZID:Asia/Kathmandu", "BEGIN:STANDARD", "DTSTART:20250101T054500",
        "TZOFFSETFROM:+0545", "TZOFFSETTO:+0545", "END:STANDARD", "END:VTIMEZONE",
      ])
  }

  @Test func `a zone whose clocks follow the moon has no rule`() {
    let text = Self.written("Africa/Casablanca", 2026...2026)
    #expect(!text.contains("RRULE") && text.contains("BEGIN:DAYLIGHT"))
  }

  /// Rules that changed (New York in 2007), half hours, changes at midnight, of the whole day, by the moon,
  /// the last Sunday, in the south.
  @Test(arguments: [
    "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Etc/GMT+5",
    "Africa/Casablanca", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "Europe/Dublin",
    "Asia/Tehran", "America/Santiago", "Asia/Jerusalem", "Africa/Cairo", "UTC",
  ])
  func `at every hour of the years it has the offset of the zone`(name: String) throws {
    let observances = Self.observances(Self.written(name, 2003...2027))
    let first = try #require(Timestamp.daysSince1970(year: 2003, month: 1, day: 1)) * 86400
    let last = try #require(Timestamp.daysSince1970(year: 2028, month: 1, day: 1)) * 86400
    for instant in stride(from: first, to: last, by: 3600) {
      let known = observances.last { $0.instant <= instant }
      guard known?.to == Self.lookup(name, instant) else {
        Issue.record("\(name) at \(CalendarWriter.utc(seconds: instant)): \(known as Any)")
        return
      }
    }
  }

  /// What a reader makes of a `VTIMEZONE`: all onsets until 2040, in order.
  private static func observances(_ text: String) -> [ZoneChange] {
    let parts = text.split(separator: "\r\n").split { $0.hasPrefix("BEGIN:") }
    return parts.flatMap { lines -> [ZoneChange] in
      func value(_ name: String) -> Substring? {
        lines.first { $0.hasPrefix(name + ":") }?.dropFirst(name.count + 1)
      }
      guard let start = value("DTSTART"), let from = value("TZOFFSETFROM"),
        let to = value("TZOFFSETTO")
      else { return [] }
      return onsets(start, value("RRULE")).map { onset in
        ZoneChange(instant: onset - seconds(from), from: seconds(from), to: seconds(to))
      }
    }.sorted { $0.instant < $1.instant }
  }

  private static func seconds(_ offset: Substring) -> Int {
    let digits = offset.dropFirst()
    let size = (Int(digits.prefix(2)) ?? 0) * 3600 + (Int(digits.dropFirst(2).prefix(2)) ?? 0) * 60
    return offset.hasPrefix("-") ? -size : size
  }

  private static func onsets(_ start: Substring, _ rule: Substring?) -> [Int] {
    let numbers = [0, 4, 6, 9, 11, 13].map { Int(start.dropFirst($0).prefix($0 == 0 ? 4 : 2)) ?? 0 }
    let time = numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    let day = Timestamp.daysSince1970(year: numbers[0], month: numbers[1], day: numbers[2]) ?? 0
    guard let rule else { return [day * 86400 + time] }
    let parts = rule.split(separator: ";").map { $0.split(separator: "=")[1] }
    let (month, name) = (Int(parts[1]) ?? 0, parts[2].suffix(2))
    let number = Int(parts[2].dropLast(2)) ?? 0
    return (numbers[0]...2040).compactMap { year in
      let days = (1...31).compactMap { CivilDate(year: year, month: month, day: $0) }
        .filter { CalendarDay.names[$0.weekday] == name }
      let date = number < 0 ? days.last : days[number - 1]
      return date.map { $0.daysSince1970 * 86400 + time }
    }
  }
}
