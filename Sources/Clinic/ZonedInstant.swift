/// The offset from UTC, in seconds and positive to the east, that applies in an IANA zone at an
/// instant (seconds since 1970 UTC); nil for a zone that the time zone data does not know.
package typealias UTCOffsetLookup = (_ zone: String, _ secondsSince1970: Int) -> Int?

/// A point in time, with the offset from UTC that applies then in the zone it was found in.
package struct ZonedInstant: Hashable, Sendable {
  /// Farther than any zone was ever from UTC: the largest today is 14 hours, and before standard
  /// time there were nearly 16.
  package static let largestOffsetSeconds = 16 * 3600

  package let secondsSince1970: Int
  /// Positive to the east.
  package let utcOffsetSeconds: Int

  package init(secondsSince1970: Int, utcOffsetSeconds: Int) {
    self.secondsSince1970 = secondsSince1970
    self.utcOffsetSeconds = utcOffsetSeconds
  }

  /// The instant with the offset that applies then in a zone.
  /// - Throws: `unknownZone`, also for an offset beyond `largestOffsetSeconds`: the time zone data
  ///   is damaged.
  package init(
    secondsSince1970: Int, zone: String, utcOffsetSeconds lookup: UTCOffsetLookup
  ) throws(ZonedTimeError) {
    let possible = -Self.largestOffsetSeconds...Self.largestOffsetSeconds
    guard let offset = lookup(zone, secondsSince1970), possible.contains(offset) else {
      throw .unknownZone(zone)
    }
    self.init(secondsSince1970: secondsSince1970, utcOffsetSeconds: offset)
  }

  /// Whole minutes, rounded down: before standard time offsets had seconds.
  package var utcOffsetMinutes: Int { utcOffsetSeconds.dividedRoundingDown(by: 60) }
}

extension Int {
  /// The quotient rounded towards negative infinity; the divisor is positive.
  func dividedRoundingDown(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
