import Clinic
import Testing

@Suite struct CivilDateTests {
  @Test func `every date from 1600 to 2400 makes the round trip`() throws {
    let first = try #require(CivilDate("1600-01-01"))
    let last = try #require(CivilDate("2400-12-31"))
    var expected = first
    for day in first.daysSince1970...last.daysSince1970 {
      let date = CivilDate(daysSince1970: day)
      guard let date, date == expected, date.daysSince1970 == day, CivilDate(date.text) == date
      else {
        Issue.record("day \(day) is \(String(describing: date)), not \(expected)")
        return
      }
      expected = following(date) ?? expected
    }
    #expect(last.daysSince1970 - first.daysSince1970 == 801 * 365 + 195 - 1)
  }

  /// The next date by the rules that are taught at school, independent of the code under test.
  private func following(_ date: CivilDate) -> CivilDate? {
    let isLeapYear = date.year % 4 == 0 && date.year % 100 != 0 || date.year % 400 == 0
    let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if date.day < lengths[date.month - 1] {
      return CivilDate(year: date.year, month: date.month, day: date.day + 1)
    }
    if date.month < 12 { return CivilDate(year: date.year, month: date.month + 1, day: 1) }
    return CivilDate(year: date.year + 1, month: 1, day: 1)
  }

  @Test(arguments: [
    "", "2026-3-08", "2026-03-8", "26-03-08", "2026/03/08", "20260308", "2026-03-08 ",
    " 2026-03-08", "2026-03-08T00:00", "2026-02-29", "2100-02-29", "2026-00-01", "2026-13-01",
    "2026-01-00", "2026-04-31", "0000-01-01", "+026-01-01", "-001-01-01", "2026-03-0٨",
    "2026-03--8", "12026-03-8",
  ]) func `what is no date is refused`(_ text: String) {
    #expect(CivilDate(text) == nil)
  }

  @Test(arguments: ["0001-01-01", "1969-12-31", "2000-02-29", "2024-02-29", "9999-12-31"])
  func `dates are written as they are read`(_ text: String) {
    #expect(CivilDate(text)?.text == text)
  }

  @Test(arguments: zip(0..<7, 16..<23))
  func `Monday is 0 and Sunday 6`(_ weekday: Int, _ day: Int) {
    #expect(CivilDate(year: 2026, month: 11, day: day)?.weekday == weekday)
  }

  @Test(arguments: [
    ("1970-01-01", 3), ("1969-12-31", 2), ("2026-03-08", 6), ("2000-02-29", 1), ("0001-01-01", 0),
    ("9999-12-31", 4),
  ]) func `the weekday is right on known dates`(_ text: String, _ weekday: Int) {
    #expect(CivilDate(text)?.weekday == weekday)
  }

  @Test func `days are added across months and refused outside the calendar`() throws {
    let date = try #require(CivilDate("2026-02-27"))
    #expect(date.adding(days: 2)?.text == "2026-03-01")
    #expect(date.adding(days: -58)?.text == "2025-12-31")
    #expect(CivilDate("9999-12-31")?.adding(days: 1) == nil)
    #expect(CivilDate("0001-01-01")?.adding(days: -1) == nil)
    #expect(date.adding(days: .max) == nil)
    #expect(date.adding(days: .min) == nil)
    #expect(CivilDate(daysSince1970: .max) == nil)
    #expect(CivilDate(year: .max, month: 1, day: 1) == nil)
    #expect(CivilDate(year: 2026, month: 1, day: .max) == nil)
  }

  @Test func `dates are in order`() throws {
    let texts = ["1999-12-31", "2026-01-31", "2026-02-01", "2026-02-02"]
    let dates = try texts.map { try #require(CivilDate($0)) }
    #expect(dates.reversed().sorted() == dates)
  }
}

@Suite struct TimeOfDayTests {
  @Test func `every minute makes the round trip`() {
    for minute in 0..<TimeOfDay.minutesPerDay {
      let time = TimeOfDay(minutesSinceMidnight: minute)
      #expect(time.flatMap { TimeOfDay($0.text) } == time)
      #expect(time == TimeOfDay(hour: minute / 60, minute: minute % 60))
    }
  }

  @Test(arguments: [("00:00", 0), ("09:05", 545), ("23:59", 1439), ("08:30:00", 510)])
  func `times are read`(_ text: String, _ minutes: Int) {
    #expect(TimeOfDay(text)?.minutesSinceMidnight == minutes)
  }

  @Test(arguments: [
    "", "8:30", "08:3", "0830", "24:00", "08:60", "08:30:01", "08:30:0", "08:30:", "08:30 ",
    "08-30", "08:30-00", "08.30", "-1:30", "08:30:00Z", "٠8:30",
  ]) func `what is no time of day to the minute is refused`(_ text: String) {
    #expect(TimeOfDay(text) == nil)
  }

  @Test func `minutes outside the day are refused`() {
    #expect(TimeOfDay(minutesSinceMidnight: -1) == nil)
    #expect(TimeOfDay(minutesSinceMidnight: 1440) == nil)
    #expect(TimeOfDay(hour: 24, minute: 0) == nil)
    #expect(TimeOfDay(hour: 0, minute: 60) == nil)
  }

  @Test func `times are in order`() throws {
    let early = try #require(TimeOfDay("09:59"))
    let late = try #require(TimeOfDay("10:00"))
    #expect(early < late)
  }
}
