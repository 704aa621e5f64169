/// When an appointment is, on the wall and in UTC.
package struct AppointmentTimes: Hashable, Sendable {
  /// How long an appointment may be, in minutes of elapsed time.
  package static let durationMinutes = 5...1440

  /// The wall time of the start as clocks will show it. It differs from the one asked for only if
  /// that lay in a gap and was imported: then this is the one to store.
  package let start: ZonedTime
  package let startInstant: ZonedInstant
  /// The wall time of the end. On a day on which clocks go back it can be earlier than the start.
  package let end: ZonedTime
  package let endInstant: ZonedInstant

  /// `HH:MM`.
  package var endTimeText: String { end.time.text }

  /// The offset from UTC at the start, in whole minutes, positive to the east.
  package var utcOffsetMinutes: Int { startInstant.utcOffsetMinutes }

  /// Whether the end lies on another date than the start, at midnight already. An appointment has
  /// one date only: the caller refuses it.
  package var endsOnAnotherDate: Bool { end.date != start.date }

  /// The time that it takes from a doctor's or a patient's day.
  package var occupancy: Occupancy {
    Occupancy(start: startInstant.secondsSince1970, end: endInstant.secondsSince1970)
  }
}

extension ZonedTime {
  /// The start and the end of an appointment. The duration is elapsed time: from 01:30 on a night
  /// on which clocks go from 02:00 to 03:00, 60 minutes last until 03:30.
  /// - Parameters:
  ///   - date: of the start.
  ///   - start: the wall time of the start.
  ///   - durationMinutes: elapsed minutes.
  ///   - zone: the IANA zone of the wall times.
  ///   - utcOffsetMinutes: which of two starts is meant where clocks go back; nil for the first.
  ///   - policy: what to do with a start that does not exist.
  /// - Throws: `unknownZone`, `doesNotExist` (under `manual` only), `durationOutOfRange`,
  ///   `outsideCalendar`. The description says what to correct.
  package static func endOfAppointment(
    date: CivilDate, start: TimeOfDay, durationMinutes: Int, zone: String,
    utcOffsetMinutes: Int? = nil, policy: GapPolicy, utcOffsetSeconds: UTCOffsetLookup
  ) throws(ZonedTimeError) -> AppointmentTimes {
    guard AppointmentTimes.durationMinutes.contains(durationMinutes) else {
      throw .durationOutOfRange(minutes: durationMinutes)
    }
    let first = try ZonedTime(date: date, time: start, zone: zone).instant(
      policy: policy, utcOffsetMinutes: utcOffsetMinutes, utcOffsetSeconds: utcOffsetSeconds)
    let last = try ZonedInstant(
      secondsSince1970: first.secondsSince1970 + durationMinutes * 60, zone: zone,
      utcOffsetSeconds: utcOffsetSeconds)
    return AppointmentTimes(
      start: try ZonedTime(first, zone: zone), startInstant: first,
      end: try ZonedTime(last, zone: zone), endInstant: last)
  }
}
