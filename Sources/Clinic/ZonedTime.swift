/// What a wall clock and a calendar show in a zone of the IANA data. This is the truth about when
/// an appointment is; instants and offsets are derived from it, because governments change offsets.
package struct ZonedTime: Hashable, Sendable, CustomStringConvertible {
  package let date: CivilDate
  package let time: TimeOfDay
  /// Such as `America/New_York`; not checked here.
  package let zone: String

  package init(date: CivilDate, time: TimeOfDay, zone: String) {
    self.date = date
    self.time = time
    self.zone = zone
  }

  /// What clocks show at an instant, in the zone that its offset came from; seconds are cut off.
  /// - Throws: `outsideCalendar` before the year 1 or after the year 9999.
  package init(_ instant: ZonedInstant, zone: String) throws(ZonedTimeError) {
    let (seconds, isTooLarge) = instant.secondsSince1970.addingReportingOverflow(
      instant.utcOffsetSeconds)
    guard !isTooLarge else { throw .outsideCalendar }
    try self.init(localSeconds: seconds, zone: zone)
  }

  /// Such as `2026-03-08 02:30 America/New_York`.
  package var description: String { "\(date) \(time) \(zone)" }
}

/// The instants at which clocks show a wall time.
package enum ZonedTimeResolution: Hashable, Sendable {
  /// One, as for nearly all.
  case unique(ZonedInstant)
  /// None: clocks went forward over it.
  /// - Parameters:
  ///   - before: the offset in seconds until the change.
  ///   - after: the offset in seconds from the change on.
  ///   - instantWithOffsetBefore: the wall time read with the offset before the change, which is an
  ///     instant after it (RFC 5545, section 3.3.5).
  case gap(before: Int, after: Int, instantWithOffsetBefore: ZonedInstant)
  /// Two: clocks went back over it.
  case fold(first: ZonedInstant, second: ZonedInstant)
}

/// What becomes of a wall time that no clock shows.
package enum GapPolicy: Hashable, Sendable {
  /// Refused: a person at the screen can choose another.
  case manual
  /// Read with the offset before the change (RFC 5545, section 3.3.5): an import has nobody to ask.
  case imported
}

extension ZonedTime {
  /// Finds the instants at which clocks in the zone show this time.
  ///
  /// All of them lie within `ZonedInstant.largestOffsetSeconds` of the wall time read as UTC. The
  /// offsets at both ends of that span are the candidates, because no zone changes its offset twice
  /// within so short a time; an instant counts if the offset that led to it applies there.
  /// - Throws: `unknownZone`.
  package func resolve(
    utcOffsetSeconds: UTCOffsetLookup
  ) throws(ZonedTimeError) -> ZonedTimeResolution {
    let before = try offset(at: localSeconds - ZonedInstant.largestOffsetSeconds, utcOffsetSeconds)
    let after = try offset(at: localSeconds + ZonedInstant.largestOffsetSeconds, utcOffsetSeconds)
    let early = localSeconds - before
    let late = localSeconds - after
    let isEarlyValid = try offset(at: early, utcOffsetSeconds) == before
    let isLateValid = try offset(at: late, utcOffsetSeconds) == after
    let first = ZonedInstant(secondsSince1970: early, utcOffsetSeconds: before)
    let second = ZonedInstant(secondsSince1970: late, utcOffsetSeconds: after)
    switch (isEarlyValid, isLateValid) {
    case (true, true): return before == after ? .unique(first) : .fold(first: first, second: second)
    case (true, false): return .unique(first)
    case (false, true): return .unique(second)
    case (false, false):
      let moved = ZonedInstant(secondsSince1970: early, utcOffsetSeconds: after)
      return .gap(before: before, after: after, instantWithOffsetBefore: moved)
    }
  }

  /// The instant that is meant by this time.
  /// - Parameters:
  ///   - policy: what to do in a gap.
  ///   - utcOffsetMinutes: which of two instants is meant in a fold: the second if this is its
  ///     offset, else the first. Has no effect elsewhere.
  /// - Throws: `unknownZone`; `doesNotExist` in a gap under the policy `manual`.
  package func instant(
    policy: GapPolicy, utcOffsetMinutes: Int? = nil, utcOffsetSeconds: UTCOffsetLookup
  ) throws(ZonedTimeError) -> ZonedInstant {
    switch try resolve(utcOffsetSeconds: utcOffsetSeconds) {
    case .unique(let instant):
      return instant
    case .fold(let first, let second):
      return utcOffsetMinutes == second.utcOffsetMinutes ? second : first
    case .gap(let before, let after, let instantWithOffsetBefore):
      if policy == .imported { return instantWithOffsetBefore }
      throw try gapError(before: before, after: after, utcOffsetSeconds)
    }
  }

  /// The error that says from when to when the clocks go forward over this time.
  private func gapError(
    before: Int, after: Int, _ utcOffsetSeconds: UTCOffsetLookup
  ) throws(ZonedTimeError) -> ZonedTimeError {
    var low = localSeconds - ZonedInstant.largestOffsetSeconds
    var high = localSeconds + ZonedInstant.largestOffsetSeconds
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if try offset(at: middle, utcOffsetSeconds) == before { low = middle } else { high = middle }
    }
    let from = try ZonedTime(localSeconds: high + before, zone: zone)
    let to = try ZonedTime(localSeconds: high + after, zone: zone)
    return .doesNotExist(self, from: from, to: to)
  }
}

extension ZonedTime {
  /// This wall time as if it were UTC, in seconds since 1970.
  private var localSeconds: Int { date.daysSince1970 * 86400 + time.minutesSinceMidnight * 60 }

  private init(localSeconds: Int, zone: String) throws(ZonedTimeError) {
    let days = localSeconds.dividedRoundingDown(by: 86400)
    guard let date = CivilDate(daysSince1970: days),
      let time = TimeOfDay(minutesSinceMidnight: (localSeconds - days * 86400) / 60)
    else { throw .outsideCalendar }
    self.init(date: date, time: time, zone: zone)
  }

  private func offset(at seconds: Int, _ lookup: UTCOffsetLookup) throws(ZonedTimeError) -> Int {
    try ZonedInstant(secondsSince1970: seconds, zone: zone, utcOffsetSeconds: lookup)
      .utcOffsetSeconds
  }
}

extension CivilDate {
  /// The date that calendars in a zone show at an instant; nil outside the calendar. A zone that nobody
  /// knows counts as UTC.
  /// - Parameter seconds: since 1970 UTC.
  package static func today(
    at seconds: Int, zone: String, _ utcOffsetSeconds: UTCOffsetLookup
  ) -> CivilDate? {
    let offset = utcOffsetSeconds(zone, seconds) ?? 0
    return CivilDate(daysSince1970: (seconds + offset).dividedRoundingDown(by: 86400))
  }
}
