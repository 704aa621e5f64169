import Causality
import Clinic
import Documents
import HTTP
import JSON
import Replica

/// The days of a doctor.
enum ScheduleRoutes {
  static let routes = [
    Route("GET", "/api/schedule", .staff, "Booked and free times of a doctor", schedule)
  ]

  @Sendable private static func schedule(_ call: APICall) throws(APIError) -> HTTPResponse {
    let visibility = try Visibility(call)
    guard let text = call.query("doctor_id"), let id = UniqueID(text) else {
      throw .invalid("doctor_id", "is required, a UUID")
    }
    let doctor = try call.document(DocumentKey(type: "doctor", id: id), visibility)
    let first = try date("from", call)
    let last = call.query("to") == nil ? first : try date("to", call)
    guard first <= last, last.daysSince1970 - first.daysSince1970 < MergedClinic.mostScheduleDays
    else {
      throw .invalid("to", "is before from, or more than \(MergedClinic.mostScheduleDays) days on")
    }
    let replica = call.replica
    let shown = try answering { () throws(ReplicaError) in
      try replica.looking { (clinic) throws(ReplicaError) in
        clinic.schedule(ofDoctor: doctor.key, from: first, through: last).map { schedule in
          Self.shown(schedule, clinic, replica, visibility)
        }
      }
    }
    guard var shown else { throw .notFound }
    shown["doctor_id"] = .string(id.description)
    return .object(200, shown)
  }

  private static func date(_ name: String, _ call: APICall) throws(APIError) -> CivilDate {
    guard let date = call.query(name).flatMap({ CivilDate($0) }) else {
      throw .invalid(name, "is no date such as 2026-12-01")
    }
    return date
  }

  private static func shown(
    _ schedule: DoctorSchedule, _ clinic: MergedClinic, _ replica: Replica,
    _ visibility: Visibility
  ) -> JSONObject {
    let days = schedule.days.map { day -> JSONValue in
      let booked = day.appointments.compactMap { clinic.subject($0)?.document }
        .filter { visibility.includes($0, clinic) }
        .map { JSONValue.object(replica.answer($0, in: clinic, addingComputed: true)) }
      let free = day.openings.map { opening -> JSONValue in
        ["start_time": .string(opening.start.text), "duration": .int(opening.minutes)]
      }
      return ["date": .string(day.date.text), "booked": .array(booked), "free": .array(free)]
    }
    return [
      "time_zone": .string(schedule.zone), "any_time": .bool(schedule.isAlwaysOpen),
      "days": .array(days),
    ]
  }
}
