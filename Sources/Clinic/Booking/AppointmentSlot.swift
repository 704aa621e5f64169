package import JSON

/// When an appointment is to be, as people type it.
package struct AppointmentSlot: Sendable {
  package var date: String
  package var time: String
  /// Minutes of elapsed time.
  package var duration: Int

  package init(date: String, time: String, duration: Int) {
    self.date = date
    self.time = time
    self.duration = duration
  }

  /// The start and the end in a zone.
  /// - Throws: what is wrong, by field: no such date or time of day, a start in the hour that clocks
  ///   leave out, a duration out of range, an end after midnight.
  package func times(
    in zone: String, utcOffsetSeconds: UTCOffsetLookup
  ) throws(ValidationFailure) -> AppointmentTimes {
    let (day, start) = (CivilDate(date), TimeOfDay(time))
    guard let day, let start else {
      var problems: [FieldProblem] = []
      if day == nil {
        problems.append(FieldProblem("date", "is not a date of the calendar (YYYY-MM-DD)"))
      }
      if start == nil {
        problems.append(FieldProblem("start_time", "is not a time of day (HH:MM)"))
      }
      throw ValidationFailure(problems)
    }
    let times: AppointmentTimes
    do {
      times = try ZonedTime.endOfAppointment(
        date: day, start: start, durationMinutes: duration, zone: zone, policy: .manual,
        utcOffsetSeconds: utcOffsetSeconds)
    } catch {
      let field = if case .durationOutOfRange = error { "duration" } else { "start_time" }
      throw ValidationFailure([FieldProblem(field, "\(error)")])
    }
    guard !times.endsOnAnotherDate else {
      throw ValidationFailure([
        FieldProblem("duration", "the visit must end on the day on which it starts")
      ])
    }
    return times
  }
}

extension AppointmentTimes {
  /// The times as fields of an appointment's slot.
  package var slotFields: JSONObject {
    [
      "date": .string(start.date.text), "start_time": .string(start.time.text),
      "end_time": .string(endTimeText),
      "duration": .int((endInstant.secondsSince1970 - startInstant.secondsSince1970) / 60),
      "time_zone": .string(start.zone), "utc_offset_minutes": .int(utcOffsetMinutes),
    ]
  }
}

extension Occupancy {
  /// The time that a stored appointment takes from its doctor's day, whatever its status; nil if its
  /// slot cannot be read.
  /// - Parameter fallbackZone: for an appointment that names none.
  package init?(
    appointment fields: JSONObject, fallbackZone: String, utcOffsetSeconds: UTCOffsetLookup
  ) {
    guard let date = fields["date"]?.stringValue.flatMap({ CivilDate($0) }),
      let start = fields["start_time"]?.stringValue.flatMap({ TimeOfDay($0) }),
      let times = try? ZonedTime.endOfAppointment(
        date: date, start: start, durationMinutes: fields["duration"]?.intValue ?? 30,
        zone: fields["time_zone"]?.stringValue ?? fallbackZone,
        utcOffsetMinutes: fields["utc_offset_minutes"]?.intValue, policy: .imported,
        utcOffsetSeconds: utcOffsetSeconds)
    else { return nil }
    self = times.occupancy
  }

  /// Whether an appointment takes up its slot: cancelled ones and those that nobody came to do not.
  package static func isTaken(byAppointment fields: JSONObject) -> Bool {
    let status = fields["status"]?.stringValue ?? ""
    return !AppointmentLifeCycle.freeingStatuses.contains(status)
  }
}
