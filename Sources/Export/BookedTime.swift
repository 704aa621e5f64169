import Causality
import Clinic
import Documents
import JSON

/// When an appointment is, and in which zone its clinic counts.
struct BookedTime {
  let times: AppointmentTimes
  private let lookup: UTCOffsetLookup

  /// Nil if the slot cannot be read.
  init?(_ appointment: ShownDocument) {
    guard let date = appointment.text("date").flatMap({ CivilDate($0) }),
      let start = appointment.text("start_time").flatMap({ TimeOfDay($0) }),
      let times = try? ZonedTime.endOfAppointment(
        date: date, start: start,
        durationMinutes: appointment.fields["duration"]?.intValue ?? 30,
        zone: appointment.text("time_zone") ?? appointment.zone,
        utcOffsetMinutes: appointment.fields["utc_offset_minutes"]?.intValue, policy: .imported,
        utcOffsetSeconds: appointment.clinic.functions.utcOffsetSeconds)
    else { return nil }
    self.times = times
    lookup = appointment.clinic.functions.utcOffsetSeconds
  }

  var zone: String { times.start.zone }
  var minutes: Int { (end - start) / 60 }
  /// Seconds since 1970 UTC.
  var start: Int { times.startInstant.secondsSince1970 }
  var end: Int { times.endInstant.secondsSince1970 }

  /// Whether wall times alone say when it is: not where clocks show one of them twice and the second is
  /// meant.
  var isClearOnTheWall: Bool {
    means(times.start, times.startInstant) && means(times.end, times.endInstant)
  }

  private func means(_ time: ZonedTime, _ instant: ZonedInstant) -> Bool {
    let found = try? time.instant(policy: .imported, utcOffsetSeconds: lookup)
    return found?.secondsSince1970 == instant.secondsSince1970
  }
}

extension ShownDocument {
  /// The zone of the document's clinic.
  var zone: String { clinic.living("clinic", text("clinic_id"))?.text("timezone") ?? "UTC" }

  /// When it was made and changed, in milliseconds since 1970 UTC.
  var created: UInt64 { document.origin.stamp.milliseconds }
  var updated: UInt64 { text("updated_at").flatMap { Timestamp.milliseconds($0) } ?? created }
}
