import Platform
import Testing

@Suite struct TimeZoneTests {
  private let zones = TimeZones()

  @Test(arguments: [
    ("America/New_York", 1_772_953_199, -5), ("America/New_York", 1_772_953_200, -4),
    ("America/New_York", 1_793_512_799, -4), ("America/New_York", 1_793_512_800, -5),
    ("Europe/Berlin", 1_774_745_999, 1), ("Europe/Berlin", 1_774_746_000, 2),
    ("UTC", 0, 0), ("GMT", 0, 0), ("Etc/UTC", 1_772_953_200, 0), ("Etc/GMT+5", 0, -5),
    ("Europe/Kyiv", 1_772_953_200, 2), ("Europe/Kiev", 1_772_953_200, 2),
  ])
  func `the offset of a zone follows its rules`(zone: String, seconds: Int, hours: Int) {
    #expect(zones.utcOffsetSeconds(zone: zone, at: seconds) == hours * 3_600)
    #expect(zones.utcOffsetSeconds(zone: zone, at: seconds) == hours * 3_600)
  }

  @Test func `an offset need not be a whole number of hours`() {
    #expect(zones.utcOffsetSeconds(zone: "Asia/Kolkata", at: 1_772_953_200) == 19_800)
    #expect(zones.utcOffsetSeconds(zone: "America/New_York", at: -3_000_000_000) == -17_762)
  }

  @Test(arguments: [
    "", "PST", "EST", "EST5EDT", "UTC+3", "GMT+5", "America/Foo", "america/new_york", "/",
    "America/New_York ", "../etc/passwd", "SystemV/EST5", "Europe/Berlin\0", "Z",
  ])
  func `what is no zone has no offset`(zone: String) {
    #expect(zones.utcOffsetSeconds(zone: zone, at: 0) == nil)
  }

  @Test func `moments far away have an offset too`() {
    #expect(zones.utcOffsetSeconds(zone: "America/New_York", at: .max) == -18_000)
    #expect(zones.utcOffsetSeconds(zone: "America/New_York", at: .min) == -17_762)
  }

  @Test func `the data has a version`() {
    #expect(!zones.dataVersion.isEmpty)
  }
}
