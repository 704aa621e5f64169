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
      .asks("doctor_id", .uuid, "whose days", isRequired: true)
      .asks("from", .date, "the first day", isRequired: true)
      .asks("to", .date, "the last day; the first one without it")
      .gives(200, answer, "the days, in the clinic's time zone").refuses(404)
  ]

  private static let answer = Schema.object([
    "doctor_id": .uuid, "time_zone": .string, "any_time": .boolean,
    "days": .list(
      .object([
        "date": .date, "booked": .list(.document("appointment")),
        "free": .list(.object(["start_time": FieldKind.timeOfDay.schema, "duration": .count])),
      ])),
  ])

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
    let shown = try answering { () throws(ReplicaError) -> JSONObject? in
      try replica.looking { (clinic) throws(ReplicaError) in
        guard let schedule = clinic.schedule(ofDoctor: doctor.key, from: first, through: last)
        else { return nil }
        return schedule.value(of: doctor.key) { key in
          Self.shown(key, clinic, replica, visibility)
        }
      }
    }
    guard let shown else { throw .notFound }
    return .object(200, shown)
  }

  private static func date(_ name: String, _ call: APICall) throws(APIError) -> CivilDate {
    guard let date = call.query(name).flatMap({ CivilDate($0) }) else {
      throw .invalid(name, "is no date such as 2026-12-01")
    }
    return date
  }

  /// Nil for an appointment that the caller may not see.
  private static func shown(
    _ key: DocumentKey, _ clinic: MergedClinic, _ replica: Replica, _ visibility: Visibility
  ) -> JSONObject? {
    guard let document = clinic.subject(key)?.document, visibility.includes(document, clinic)
    else { return nil }
    return replica.answer(document, in: clinic, addingComputed: true)
  }
}
