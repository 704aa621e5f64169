import Clinic
import Testing

private func times(
  _ date: String, _ start: String, _ minutes: Int, _ zone: String,
  utcOffsetMinutes: Int? = nil, policy: GapPolicy = .manual
) throws -> AppointmentTimes {
  try ZonedTime.endOfAppointment(
    date: try #require(CivilDate(date)), start: try #require(TimeOfDay(start)),
    durationMinutes: minutes, zone: zone, utcOffsetMinutes: utcOffsetMinutes, policy: policy,
    utcOffsetSeconds: FakeZones.utcOffsetSeconds)
}

@Suite struct AppointmentTimesTests {
  @Test func `an ordinary appointment ends after its minutes`() throws {
    let visit = try times("2026-06-01", "09:45", 30, "America/New_York")
    #expect(visit.start.time.text == "09:45")
    #expect(visit.endTimeText == "10:15")
    #expect(visit.utcOffsetMinutes == -240)
    #expect(text(visit.startInstant) == "2026-06-01T13:45:00Z")
    #expect(text(visit.endInstant) == "2026-06-01T14:15:00Z")
    #expect(!visit.endsOnAnotherDate)
  }

  @Test func `elapsed minutes count where clocks go forward`() throws {
    let visit = try times("2026-03-08", "01:30", 60, "America/New_York")
    #expect(visit.endTimeText == "03:30")
    #expect(visit.utcOffsetMinutes == -300)
    #expect(visit.endInstant.utcOffsetMinutes == -240)
    #expect(visit.occupancy.end - visit.occupancy.start == 3600)
    #expect(try times("2026-03-08", "01:30", 30, "America/New_York").endTimeText == "03:00")
  }

  @Test func `elapsed minutes count where clocks go back`() throws {
    #expect(try times("2026-11-01", "00:30", 60, "America/New_York").endTimeText == "01:30")
    #expect(try times("2026-11-01", "00:30", 120, "America/New_York").endTimeText == "01:30")
    #expect(try times("2026-11-01", "01:30", 60, "America/New_York").endTimeText == "01:30")
    #expect(try times("2026-11-01", "01:45", 30, "America/New_York").endTimeText == "01:15")
    let second = try times("2026-11-01", "01:30", 60, "America/New_York", utcOffsetMinutes: -300)
    #expect(second.endTimeText == "02:30")
    #expect(second.utcOffsetMinutes == -300)
    #expect(try times("2026-04-05", "01:45", 30, "Australia/Lord_Howe").endTimeText == "01:45")
  }

  @Test func `an imported start in a gap is stored as the clocks show it`() throws {
    let visit = try times("2026-03-08", "02:30", 30, "America/New_York", policy: .imported)
    #expect(visit.start == (try zonedTime("2026-03-08", "03:30", "America/New_York")))
    #expect(visit.endTimeText == "04:00")
    #expect(visit.utcOffsetMinutes == -240)
    #expect(text(visit.startInstant) == "2026-03-08T07:30:00Z")
    let skipped = try times("2011-12-30", "10:00", 30, "Pacific/Apia", policy: .imported)
    #expect(skipped.start == (try zonedTime("2011-12-31", "10:00", "Pacific/Apia")))
    #expect(!skipped.endsOnAnotherDate)
  }

  @Test func `a manual start in a gap is refused`() throws {
    #expect(throws: ZonedTimeError.self) {
      try times("2026-03-08", "02:30", 30, "America/New_York")
    }
  }

  @Test func `an end at or after midnight lies on another date`() throws {
    #expect(try !times("2026-06-01", "23:00", 59, "Europe/Berlin").endsOnAnotherDate)
    #expect(try times("2026-06-01", "23:00", 60, "Europe/Berlin").endsOnAnotherDate)
    let late = try times("2026-06-01", "23:45", 30, "Europe/Berlin")
    #expect(late.endsOnAnotherDate)
    #expect(late.end == (try zonedTime("2026-06-02", "00:15", "Europe/Berlin")))
    #expect(try times("2011-12-29", "23:45", 30, "Pacific/Apia").end.date.text == "2011-12-31")
  }

  @Test(arguments: [Int.min, -30, 0, 4, 1441, .max])
  func `a duration out of range is refused`(_ minutes: Int) throws {
    #expect(throws: ZonedTimeError.durationOutOfRange(minutes: minutes)) {
      try times("2026-06-01", "09:00", minutes, "Europe/Berlin")
    }
  }

  @Test func `an end after the year 9999 is refused`() throws {
    #expect(throws: ZonedTimeError.outsideCalendar) {
      try times("9999-12-31", "23:45", 30, "Asia/Kathmandu")
    }
  }

  @Test(arguments: [
    (0, 10, 10, 20, false), (10, 20, 0, 10, false), (0, 10, 9, 20, true), (0, 10, 0, 10, true),
    (0, 30, 10, 20, true), (10, 20, 0, 30, true), (0, 10, 20, 30, false), (5, 5, 0, 10, false),
    (10, 5, 0, 20, false),
  ]) func `spans are half-open`(_ a: Int, _ b: Int, _ c: Int, _ d: Int, _ expected: Bool) {
    #expect(Occupancy(start: a, end: b).overlaps(Occupancy(start: c, end: d)) == expected)
    #expect(Occupancy(start: c, end: d).overlaps(Occupancy(start: a, end: b)) == expected)
  }
}
