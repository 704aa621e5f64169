import Causality
import TestSupport
import Testing

struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
    (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
  ])
  func `a time has one text`(milliseconds: Int, text: String) {
    #expect(Timestamp.text(milliseconds: UInt64(milliseconds)) == text)
    #expect(Timestamp.milliseconds(text) == UInt64(milliseconds))
  }

  @Test func `every time is read back`() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2_000 {
      let time = UInt64.random(in: 0...Timestamp.largest, using: &generator)
      #expect(Timestamp.milliseconds(Timestamp.text(milliseconds: time)) == time)
    }
  }

  @Test func `every day of four centuries has its number`() {
    for day in stride(from: 0, to: 146_097, by: 1) {
      let date = Timestamp.civil(daysSince1970: day)
      let number = Timestamp.daysSince1970(year: date.year, month: date.month, day: date.day)
      #expect(number == day)
    }
  }

  @Test(arguments: [
    ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
    ("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000Z"),
    ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100Z"),
    ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123Z"),
    ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000Z"),
    ("2026-01-01T23:30:00-01:30", "2026-01-02T01:00:00.000Z"),
    ("2026-01-01T00:15:00+05:45", "2025-12-31T18:30:00.000Z"),
    ("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
    ("1970-01-01T01:00:00+01:00", "1970-01-01T00:00:00.000Z"),
  ])
  func `offsets and fractions are understood`(text: String, normal: String) {
    #expect(Timestamp.milliseconds(text).map { Timestamp.text(milliseconds: $0) } == normal)
  }

  @Test(arguments: [
    "", "2026", "2026-01-02", "2026-01-02T03:04Z", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
    "2026-1-02T03:04:05Z", "2026-13-02T03:04:05Z", "2026-00-02T03:04:05Z", "2026-02-29T03:04:05Z",
    "2100-02-29T00:00:00Z", "2026-01-00T03:04:05Z", "2026-04-31T03:04:05Z", "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:05Z", "2026-01-02T03:04:61Z", "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05,1Z",
    "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+02:60",
    "2026-01-02T03:04:05ZZ", "2026-01-02T03:04:05Z ", "+026-01-02T03:04:05Z",
    "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "02026-01-02T03:04:05Z",
    "２026-01-02T03:04:05Z",
  ])
  func `what is no time is refused`(text: String) {
    #expect(Timestamp.milliseconds(text) == nil)
  }

  @Test func `a time after the year 9999 is cut to its end`() {
    #expect(Timestamp.text(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
  }
}
