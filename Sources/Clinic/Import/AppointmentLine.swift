package import Causality
import JSON

/// What a line of a file says of one appointment.
package struct AppointmentLine: Sendable {
  /// Columns that are fields of ours by the same name.
  static let fieldColumns = [
    "visit_type", "appointment_type", "visit_category", "notes", "intake_status", "meeting_link",
  ]

  /// Columns that are read, so that they need not be kept as they are.
  private static let readColumns = [
    "patient_id", "appointment_date", "appointment_time", "status", "duration",
  ]

  static func isUnderstood(_ name: String) -> Bool {
    fieldColumns.contains(name) || readColumns.contains(name)
  }

  /// The cells that are not blank, trimmed, by what we call their columns.
  private let cells: [String: String]
  private let extra: JSONObject
  private let settings: AppointmentFileSettings

  init(cells: [String: String], extra: JSONObject, settings: AppointmentFileSettings) {
    self.cells = cells
    self.extra = extra
    self.settings = settings
  }

  /// The `external_id` values by which the patient may be known, the likeliest first.
  package var patientNames: [String] {
    cells["patient_id"].map { [settings.patientPrefix + $0, $0] } ?? []
  }

  /// Where and for whom a line's appointment is.
  package struct Place: Sendable {
    package var clinic: UniqueID
    package var doctor: UniqueID
    package var patient: UniqueID
    /// An IANA zone.
    package var zone: String

    package init(clinic: UniqueID, doctor: UniqueID, patient: UniqueID, zone: String) {
      self.clinic = clinic
      self.doctor = doctor
      self.patient = patient
      self.zone = zone
    }
  }

  /// The appointment that the line describes.
  /// - Throws: all that is wrong with the line.
  package func appointment(
    at place: Place, ids: StableID, utcOffsetSeconds: UTCOffsetLookup
  ) throws(ValidationFailure) -> ImportedAppointment {
    let sourceID = try cell("appointment_id")
    let times = try times(in: place.zone, utcOffsetSeconds)
    let status = try status()
    var fields: JSONObject = [
      "clinic_id": .string(place.clinic.description),
      "doctor_id": .string(place.doctor.description),
      "patient_id": .string(place.patient.description),
      "date": .string(times.start.date.text), "start_time": .string(times.start.time.text),
      "end_time": .string(times.endTimeText), "duration": .int(try minutes()),
      "time_zone": .string(place.zone), "utc_offset_minutes": .int(times.utcOffsetMinutes),
    ]
    for name in Self.fieldColumns { fields[name] = cells[name].map { .string($0) } }
    for member in extra.members where member.key != "appointment_id" {
      fields.append(member.key, member.value)
    }
    fields["source_appointment_id"] = .string(sourceID)
    return ImportedAppointment(
      id: ids.appointment(clinic: place.clinic, sourceID: sourceID), fields: fields, status: status,
      arrivedAt: status == .attended ? try arrival(times, utcOffsetSeconds) : nil)
  }

  private func cell(_ name: String) throws(ValidationFailure) -> String {
    guard let text = cells[name] else {
      throw ValidationFailure([FieldProblem(name, "is required")])
    }
    return text
  }

  private func status() throws(ValidationFailure) -> ImportedStatus {
    guard let text = cells["status"] else { return .scheduled }
    guard let status = ImportedStatus(text) else {
      throw ValidationFailure([
        FieldProblem(
          "status",
          "is not one of \(ImportedStatus.allCases.map(\.rawValue).joined(separator: ", "))")
      ])
    }
    return status
  }

  private func minutes() throws(ValidationFailure) -> Int {
    guard let text = cells["duration"] else { return settings.duration }
    guard let minutes = Int(text) else {
      throw ValidationFailure([FieldProblem("duration", "is not a whole number")])
    }
    return minutes
  }

  private func times(
    in zone: String, _ utcOffsetSeconds: UTCOffsetLookup
  ) throws(ValidationFailure) -> AppointmentTimes {
    let (dateText, timeText) = (cells["appointment_date"], cells["appointment_time"])
    let date = dateText.flatMap { CivilDate($0) }
    let time = timeText.flatMap { TimeOfDay($0) }
    guard let date, let time else {
      var problems: [FieldProblem] = []
      if date == nil {
        let problem = dateText == nil ? "is required" : "is not a date of the calendar (YYYY-MM-DD)"
        problems.append(FieldProblem("appointment_date", problem))
      }
      if time == nil {
        let problem = timeText == nil ? "is required" : "is not a time of day (HH:MM)"
        problems.append(FieldProblem("appointment_time", problem))
      }
      throw ValidationFailure(problems)
    }
    let minutes = try minutes()
    do throws(ZonedTimeError) {
      let times = try ZonedTime.endOfAppointment(
        date: date, start: time, durationMinutes: minutes, zone: zone, policy: .imported,
        utcOffsetSeconds: utcOffsetSeconds)
      if !times.endsOnAnotherDate { return times }
    } catch {
      let field = if case .durationOutOfRange = error { "duration" } else { "appointment_time" }
      throw ValidationFailure([FieldProblem(field, "\(error)")])
    }
    throw ValidationFailure([
      FieldProblem("appointment_time", "the visit must end on the day on which it starts")
    ])
  }

  /// The instant of the arrival; without a check-in, that of the start.
  private func arrival(
    _ times: AppointmentTimes, _ utcOffsetSeconds: UTCOffsetLookup
  ) throws(ValidationFailure) -> String {
    var seconds = times.startInstant.secondsSince1970
    if let text = cells["check_in_time"] {
      guard let checkIn = WallClockTime(text) else {
        throw ValidationFailure([FieldProblem("check_in_time", "is not a time of day (HH:MM:SS)")])
      }
      let wall = ZonedTime(date: times.start.date, time: checkIn.time, zone: times.start.zone)
      do throws(ZonedTimeError) {
        let instant = try wall.instant(policy: .imported, utcOffsetSeconds: utcOffsetSeconds)
        seconds = instant.secondsSince1970 + checkIn.seconds
      } catch {
        throw ValidationFailure([FieldProblem("check_in_time", "\(error)")])
      }
    }
    guard seconds >= 0 else {
      throw ValidationFailure([FieldProblem("appointment_date", "lies before 1970")])
    }
    return Timestamp.text(milliseconds: UInt64(seconds) * 1000)
  }
}

/// A time of day with seconds, `HH:MM` or `HH:MM:SS`.
private struct WallClockTime {
  let time: TimeOfDay
  let seconds: Int

  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 8 else {
      guard bytes.count == 5, let time = TimeOfDay(text) else { return nil }
      self.time = time
      seconds = 0
      return
    }
    guard bytes[5] == UInt8(ascii: ":"), let seconds = CalendarDigits.number(bytes[6...]),
      seconds < 60, let time = TimeOfDay(String(decoding: bytes[..<5], as: UTF8.self))
    else { return nil }
    self.time = time
    self.seconds = seconds
  }
}
