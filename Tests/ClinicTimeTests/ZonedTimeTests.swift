import Clinic
import Testing

private func resolve(_ date: String, _ time: String, _ zone: String) throws -> ZonedTimeResolution {
  try zonedTime(date, time, zone).resolve(utcOffsetSeconds: FakeZones.utcOffsetSeconds)
}

/// The resolution, written shortly.
private func summary(_ date: String, _ time: String, _ zone: String) throws -> String {
  switch try resolve(date, time, zone) {
  case .unique(let instant): "\(text(instant)) at \(instant.utcOffsetMinutes)"
  case .gap(let before, let after, let moved):
    "gap \(before / 60) to \(after / 60): \(text(moved)) at \(moved.utcOffsetMinutes)"
  case .fold(let first, let second):
    "\(text(first)) at \(first.utcOffsetMinutes) or "
      + "\(text(second)) at \(second.utcOffsetMinutes)"
  }
}

@Suite struct ZonedTimeTests {
  @Test(arguments: [
    ("2026-03-08", "01:59", "America/New_York", "2026-03-08T06:59:00Z at -300"),
    ("2026-03-08", "02:00", "America/New_York", "gap -300 to -240: 2026-03-08T07:00:00Z at -240"),
    ("2026-03-08", "02:30", "America/New_York", "gap -300 to -240: 2026-03-08T07:30:00Z at -240"),
    ("2026-03-08", "02:59", "America/New_York", "gap -300 to -240: 2026-03-08T07:59:00Z at -240"),
    ("2026-03-08", "03:00", "America/New_York", "2026-03-08T07:00:00Z at -240"),
    ("2026-11-01", "00:59", "America/New_York", "2026-11-01T04:59:00Z at -240"),
    (
      "2026-11-01", "01:00", "America/New_York",
      "2026-11-01T05:00:00Z at -240 or 2026-11-01T06:00:00Z at -300"
    ),
    (
      "2026-11-01", "01:30", "America/New_York",
      "2026-11-01T05:30:00Z at -240 or 2026-11-01T06:30:00Z at -300"
    ),
    ("2026-11-01", "02:00", "America/New_York", "2026-11-01T07:00:00Z at -300"),
    ("2026-03-29", "02:30", "Europe/Berlin", "gap 60 to 120: 2026-03-29T01:30:00Z at 120"),
    (
      "2026-10-25", "02:00", "Europe/Berlin",
      "2026-10-25T00:00:00Z at 120 or 2026-10-25T01:00:00Z at 60"
    ),
    ("2026-10-25", "03:00", "Europe/Berlin", "2026-10-25T02:00:00Z at 60"),
    ("2026-03-08", "02:15", "America/St_Johns", "gap -210 to -150: 2026-03-08T05:45:00Z at -150"),
    ("2026-06-01", "09:00", "Asia/Kathmandu", "2026-06-01T03:15:00Z at 345"),
    ("2026-09-27", "02:45", "Pacific/Chatham", "gap 765 to 825: 2026-09-26T14:00:00Z at 825"),
    (
      "2026-04-05", "02:45", "Pacific/Chatham",
      "2026-04-04T13:00:00Z at 825 or 2026-04-04T14:00:00Z at 765"
    ),
    ("2026-10-04", "01:59", "Australia/Lord_Howe", "2026-10-03T15:29:00Z at 630"),
    ("2026-10-04", "02:15", "Australia/Lord_Howe", "gap 630 to 660: 2026-10-03T15:45:00Z at 660"),
    ("2026-10-04", "02:30", "Australia/Lord_Howe", "2026-10-03T15:30:00Z at 660"),
    (
      "2026-04-05", "01:45", "Australia/Lord_Howe",
      "2026-04-04T14:45:00Z at 660 or 2026-04-04T15:15:00Z at 630"
    ),
    ("2026-04-05", "02:00", "Australia/Lord_Howe", "2026-04-04T15:30:00Z at 630"),
    ("2011-12-29", "23:59", "Pacific/Apia", "2011-12-30T09:59:00Z at -600"),
    ("2011-12-30", "00:00", "Pacific/Apia", "gap -600 to 840: 2011-12-30T10:00:00Z at 840"),
    ("2011-12-30", "23:59", "Pacific/Apia", "gap -600 to 840: 2011-12-31T09:59:00Z at 840"),
    ("2011-12-31", "00:00", "Pacific/Apia", "2011-12-30T10:00:00Z at 840"),
    ("2026-01-01", "00:00", "Pacific/Kiritimati", "2025-12-31T10:00:00Z at 840"),
    ("2026-01-01", "23:59", "Etc/GMT+12", "2026-01-02T11:59:00Z at -720"),
  ]) func `wall times become instants`(
    _ date: String, _ time: String, _ zone: String, _ result: String
  ) throws {
    #expect(try summary(date, time, zone) == result)
  }

  @Test(arguments: FakeZones.names)
  func `every minute around every change makes the round trip`(_ zone: String) throws {
    let changes = FakeZones.changes(zone).map(\.at) + [instant("2026-07-01T00:00:00Z")]
    for change in changes {
      for seconds in stride(from: change - 30 * 3600, through: change + 30 * 3600, by: 300) {
        let found = try ZonedInstant(
          secondsSince1970: seconds, zone: zone, utcOffsetSeconds: FakeZones.utcOffsetSeconds)
        guard (seconds + found.utcOffsetSeconds).isMultiple(of: 60) else { continue }
        let wall = try ZonedTime(found, zone: zone)
        let answers =
          switch try wall.resolve(utcOffsetSeconds: FakeZones.utcOffsetSeconds) {
          case .unique(let only): [only]
          case .fold(let first, let second): [first, second]
          case .gap: [ZonedInstant]()
          }
        #expect(answers.contains(found), "\(wall)")
        #expect(answers == answers.sorted { $0.secondsSince1970 < $1.secondsSince1970 })
      }
    }
  }

  @Test func `a manual booking in a gap is refused in plain words`() throws {
    #expect(
      try refusal("2026-03-08", "02:30", "America/New_York")
        == "02:30 does not exist on 2026-03-08 in America/New_York: "
        + "clocks go forward from 02:00 to 03:00")
    #expect(
      try refusal("2026-10-04", "02:00", "Australia/Lord_Howe")
        == "02:00 does not exist on 2026-10-04 in Australia/Lord_Howe: "
        + "clocks go forward from 02:00 to 02:30")
    #expect(
      try refusal("2011-12-30", "10:00", "Pacific/Apia")
        == "10:00 does not exist on 2011-12-30 in Pacific/Apia: "
        + "clocks go forward from 2011-12-30 00:00 to 2011-12-31 00:00")
  }

  private func refusal(_ date: String, _ time: String, _ zone: String) throws -> String? {
    let wall = try zonedTime(date, time, zone)
    return #expect(throws: ZonedTimeError.self) {
      try wall.instant(policy: .manual, utcOffsetSeconds: FakeZones.utcOffsetSeconds)
    }?.description
  }

  @Test func `an imported time in a gap is read with the offset before it`() throws {
    let found = try zonedTime("2026-03-08", "02:30", "America/New_York")
      .instant(policy: .imported, utcOffsetSeconds: FakeZones.utcOffsetSeconds)
    #expect(text(found) == "2026-03-08T07:30:00Z")
    #expect(
      try ZonedTime(found, zone: "America/New_York")
        == zonedTime("2026-03-08", "03:30", "America/New_York"))
  }

  @Test(arguments: [
    (nil, "2026-11-01T05:30:00Z"), (-240, "2026-11-01T05:30:00Z"), (-300, "2026-11-01T06:30:00Z"),
    (60, "2026-11-01T05:30:00Z"),
  ]) func `a fold means the first unless the offset names the second`(
    _ utcOffsetMinutes: Int?, _ expected: String
  ) throws {
    let wall = try zonedTime("2026-11-01", "01:30", "America/New_York")
    for policy in [GapPolicy.manual, .imported] {
      let found = try wall.instant(
        policy: policy, utcOffsetMinutes: utcOffsetMinutes,
        utcOffsetSeconds: FakeZones.utcOffsetSeconds)
      #expect(text(found) == expected)
    }
  }

  @Test(arguments: ["Mars/Olympus", "", "Test/Damaged"])
  func `an unknown zone is an error`(_ zone: String) throws {
    #expect(throws: ZonedTimeError.unknownZone(zone)) {
      try resolve("2026-03-08", "02:30", zone)
    }
  }

  @Test func `instants outside the calendar are an error`() throws {
    for seconds in [Int.min, .max, 253_402_300_800] {
      #expect(throws: ZonedTimeError.outsideCalendar) {
        try ZonedTime(
          ZonedInstant(secondsSince1970: seconds, utcOffsetSeconds: seconds > 0 ? 60 : -60),
          zone: "x")
      }
    }
    #expect(try summary("9999-12-31", "12:00", "Asia/Kathmandu") == "9999-12-31T06:15:00Z at 345")
  }

  @Test func `an offset with seconds is rounded down to minutes`() {
    #expect(ZonedInstant(secondsSince1970: 0, utcOffsetSeconds: -17762).utcOffsetMinutes == -297)
    #expect(ZonedInstant(secondsSince1970: 0, utcOffsetSeconds: 3590).utcOffsetMinutes == 59)
  }
}
