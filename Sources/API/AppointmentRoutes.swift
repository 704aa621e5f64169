import Clinic
import Documents
import HTTP
import JSON
import Replica

/// What can be done with appointments besides the five methods.
enum AppointmentRoutes {
  static let routes =
    [
      Route("POST", "/api/appointments/{id}/reschedule", .staff, "Move it", reschedule),
      Route("POST", "/api/appointments/{id}/cancel", .staff, "Cancel it", cancel),
    ]
    + ["confirm", "arrive", "complete", "no-show", "reinstate"].map { name in
      Route("POST", "/api/appointments/{id}/\(name)", .staff, "Set its status") {
        (call) throws(APIError) in try act(name, call)
      }
    }

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
    let reason = try members.optionalText("overbook_reason")
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
    let note = try members.optionalText("reason_note", or: "note")
    let appointment = try appointment(call)
    let change = try answering { () throws(ReplicaError) in
      try call.replica.cancel(appointment.key.id, type: type, note: note)
    }
    return try call.answer(200, change.appointment)
  }

  private static func act(_ name: String, _ call: APICall) throws(APIError) -> HTTPResponse {
    guard let action = AppointmentAction(name) else { throw .notFound }
    let reason = try Members(call.optionalBody()).optionalText("overbook_reason")
    let appointment = try appointment(call)
    let change = try answering { () throws(ReplicaError) in
      try call.replica.setStatus(appointment.key.id, action, overbookReason: reason)
    }
    return try call.answer(200, change.appointment)
  }
}
