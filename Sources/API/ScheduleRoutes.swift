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
    let schedule = try answering { () throws(ReplicaError) in
      try call.replica.looking { (clinic) throws(ReplicaError) in
        clinic.schedule(ofDoctor: doctor.key, from: first, through: last)
      }
    }
    guard let schedule else { throw .notFound }
    var days: [JSONValue] = []
    for day in schedule.days { days.append(.object(try shown(day, call, visibility))) }
    return .json(
      200,
      [
        "doctor_id": .string(id.description), "time_zone": .string(schedule.zone),
        "any_time": .bool(schedule.isAlwaysOpen), "days": .array(days),
      ])
  }

  private static func date(_ name: String, _ call: APICall) throws(APIError) -> CivilDate {
    guard let date = call.query(name).flatMap({ CivilDate($0) }) else {
      throw .invalid(name, "is no date such as 2026-12-01")
    }
    return date
  }

  private static func shown(
    _ day: DoctorSchedule.Day, _ call: APICall, _ visibility: Visibility
  ) throws(APIError) -> JSONObject {
    var booked: [JSONValue] = []
    for key in day.appointments {
      let document = try answering { () throws(ReplicaError) -> Document? in
        guard let document = try call.replica.document(key) else { return nil }
        let isVisible = try call.replica.looking { (clinic) throws(ReplicaError) in
          visibility.includes(document, clinic)
        }
        return isVisible ? document : nil
      }
      if let document { booked.append(.object(try call.shown(document))) }
    }
    let free = day.openings.map { opening -> JSONValue in
      ["start_time": .string(opening.start.text), "duration": .int(opening.minutes)]
    }
    return ["date": .string(day.date.text), "booked": .array(booked), "free": .array(free)]
  }
}
