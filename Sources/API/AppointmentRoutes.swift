import Clinic
import Documents
import HTTP
import JSON
import Replica

/// What can be done with appointments besides the five methods.
enum AppointmentRoutes {
  static let routes =
    [
      Route("POST", "/api/appointments/{id}/reschedule", .staff, "Move it", reschedule)
        .takes(moving),
      Route("POST", "/api/appointments/{id}/cancel", .staff, "Cancel it", cancel).takes(cancelling),
    ].map(described)
    + ["confirm", "arrive", "complete", "no-show", "reinstate"].map { name in
      described(
        Route("POST", "/api/appointments/{id}/\(name)", .staff, "Set its status") {
          (call) throws(APIError) in try act(name, call)
        }.takes(.object(optional: ["overbook_reason": reason.orNull]), isOptional: true))
    }

  private static func described(_ route: Route) -> Route {
    route.givesDocument("appointment").honoursIfMatch().refuses(409)
  }

  private static let reason = Schema.input("appointment", "overbook_reason")
  private static let time = Schema.input("appointment", "start_time")
  private static let moving = Schema.object(
    ["date": .date],
    optional: ["start_time": time, "time": time, "overbook_reason": reason.orNull]
  ).with("anyOf", [["required": ["start_time"]], ["required": ["time"]]])
  private static let cancelling: Schema = {
    let types = Schema.input("cancellation", "cancellation_type")
    let note = Schema.input("cancellation", "reason_note").orNull
    return Schema.object(
      optional: ["cancellation_type": types, "type": types, "reason_note": note, "note": note]
    ).with("anyOf", [["required": ["cancellation_type"]], ["required": ["type"]]])
  }()

  private static func appointment(_ call: APICall) throws(APIError) -> Document {
    let key = DocumentKey(type: "appointment", id: try call.id())
    let document = try call.document(key, try Visibility(call))
    try call.requireMatch(document)
    return document
  }

  @Sendable private static func reschedule(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let date = try members.text("date")
    let time = try members.text("start_time", or: "time")
    let reason = try overbookReason(members, call)
    let appointment = try appointment(call)
    let change = try answering { () throws(ReplicaError) in
      try call.replica.reschedule(
        appointment.key.id, date: date, time: time, overbookReason: reason)
    }
    return try call.answer(200, change.appointment)
  }

  @Sendable private static func cancel(_ call: APICall) throws(APIError) -> HTTPResponse {
    let members = Members(try call.body())
    let type = try members.text("cancellation_type", or: "type")
    let note = try call.text(
      "reason_note", or: "note", in: members, as: "reason_note", of: "cancellation")
    let appointment = try appointment(call)
    let change = try answering { () throws(ReplicaError) in
      try call.replica.cancel(appointment.key.id, type: type, note: note)
    }
    return try call.answer(200, change.appointment)
  }

  private static func overbookReason(
    _ members: Members, _ call: APICall
  ) throws(APIError) -> String? {
    try call.text("overbook_reason", in: members, as: "overbook_reason", of: "appointment")
  }

  private static func act(_ name: String, _ call: APICall) throws(APIError) -> HTTPResponse {
    guard let action = AppointmentAction(name) else { throw .notFound }
    let reason = try overbookReason(Members(call.optionalBody()), call)
    let appointment = try appointment(call)
    let change = try answering { () throws(ReplicaError) in
      try call.replica.setStatus(appointment.key.id, action, overbookReason: reason)
    }
    return try call.answer(200, change.appointment)
  }
}
