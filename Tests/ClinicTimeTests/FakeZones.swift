import Causality
import Clinic
import Testing

/// A few changes of real zones, so that no test depends on the data of the system.
enum FakeZones {
  private struct Zone {
    /// Before the first change.
    var standard: Int
    /// The instant of a change in RFC 3339, and the offset in seconds from then on.
    var changes: [(at: Int, offset: Int)] = []

    init(_ standard: Int, _ changes: [(String, Int)] = []) {
      self.standard = standard
      self.changes = changes.map { (instant($0.0), $0.1) }
    }
  }

  private static let zones: [String: Zone] = [
    "America/New_York": Zone(
      -5 * 3600, [("2026-03-08T07:00:00Z", -4 * 3600), ("2026-11-01T06:00:00Z", -5 * 3600)]),
    "Europe/Berlin": Zone(
      3600, [("2026-03-29T01:00:00Z", 7200), ("2026-10-25T01:00:00Z", 3600)]),
    "America/St_Johns": Zone(
      -12600, [("2026-03-08T05:30:00Z", -9000), ("2026-11-01T04:30:00Z", -12600)]),
    "Australia/Lord_Howe": Zone(
      39600, [("2026-04-04T15:00:00Z", 37800), ("2026-10-03T15:30:00Z", 39600)]),
    "Asia/Kathmandu": Zone(20700),
    "Pacific/Chatham": Zone(
      49500, [("2026-04-04T14:00:00Z", 45900), ("2026-09-26T14:00:00Z", 49500)]),
    "Pacific/Apia": Zone(-36000, [("2011-12-30T10:00:00Z", 50400)]),
    "Pacific/Kiritimati": Zone(50400),
    "Etc/GMT+12": Zone(-43200),
    "Atlantic/Azores": Zone(
      -3600, [("2026-03-29T01:00:00Z", 0), ("2026-10-25T01:00:00Z", -3600)]),
    "Test/Seconds": Zone(-17762),
    "Test/Damaged": Zone(.max),
  ]

  static let names: [String] = zones.keys.filter { $0 != "Test/Damaged" }.sorted()

  /// A `UTCOffsetLookup`.
  static func utcOffsetSeconds(_ name: String, _ secondsSince1970: Int) -> Int? {
    guard let zone = zones[name] else { return nil }
    return zone.changes.last { $0.at <= secondsSince1970 }?.offset ?? zone.standard
  }

  /// The changes of a zone: the instant and the offsets before and after it.
  static func changes(_ name: String) -> [(at: Int, before: Int, after: Int)] {
    (zones[name]?.changes ?? []).compactMap { change in
      utcOffsetSeconds(name, change.at - 1).map { (change.at, $0, change.offset) }
    }
  }
}

/// Seconds since 1970 of an RFC 3339 time.
func instant(_ text: String) -> Int {
  guard let milliseconds = Timestamp.milliseconds(text) else {
    preconditionFailure("\(text) is no RFC 3339 time")
  }
  return Int(milliseconds / 1000)
}

/// The RFC 3339 time of seconds since 1970.
func text(_ instant: ZonedInstant) -> String {
  String(Timestamp.text(milliseconds: UInt64(instant.secondsSince1970) * 1000).dropLast(5)) + "Z"
}

func zonedTime(_ date: String, _ time: String, _ zone: String) throws -> ZonedTime {
  ZonedTime(
    date: try #require(CivilDate(date)), time: try #require(TimeOfDay(time)), zone: zone)
}
