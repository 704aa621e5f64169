internal import Foundation
internal import Synchronization

/// The time zones of the world and their rules, by their IANA names.
///
/// The rules are those of the time-zone data that Foundation carries: answers may differ between
/// two machines if `dataVersion` does. Copies share one cache and may be used from any thread.
package struct TimeZones: Sendable {
  /// Years beyond these get the offset of the last moment within them.
  private static let supportedSeconds = -62_135_596_800...253_402_300_799

  private final class Cache: Sendable {
    let zones = Mutex<[String: TimeZone]>([:])
  }

  private let cache = Cache()

  package init() {}

  /// The version of the time-zone data, such as "2025b"; "system" if it has none.
  package var dataVersion: String {
    let version = TimeZone.timeZoneDataVersion
    return version.isEmpty ? "system" : version
  }

  /// How many seconds the clocks of a zone are ahead of UTC at a moment: -14400 in New York in
  /// summer. Nil if there is no such zone.
  ///
  /// Zones are those with an area and a place, such as "Europe/Berlin" or "Etc/GMT+5", and "UTC"
  /// and "GMT". Abbreviations such as "PST" name no zone: they mean different things in different
  /// places.
  package func utcOffsetSeconds(zone: String, at secondsSince1970: Int) -> Int? {
    guard let zone = timeZone(zone) else { return nil }
    let range = Self.supportedSeconds
    let seconds = min(max(secondsSince1970, range.lowerBound), range.upperBound)
    return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
  }

  private func timeZone(_ name: String) -> TimeZone? {
    if let known = cache.zones.withLock({ $0[name] }) { return known }
    guard Self.isZoneName(name), let zone = TimeZone(identifier: name) else { return nil }
    cache.zones.withLock { $0[name] = zone }
    return zone
  }

  /// Foundation also takes abbreviations, "UTC+3", names of an operating system of the past, and
  /// names that end in a zero byte and anything.
  private static func isZoneName(_ name: String) -> Bool {
    if name == "UTC" || name == "GMT" { return true }
    return name.utf8.contains(UInt8(ascii: "/")) && name.utf8.allSatisfy(isAllowed)
      && !name.hasPrefix("SystemV/")
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
      UInt8(ascii: "-"), UInt8(ascii: "+"):
      true
    default: false
    }
  }
}
