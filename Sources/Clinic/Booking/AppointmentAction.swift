package import JSON

/// What people do with an appointment besides moving it.
package enum AppointmentAction: Sendable, Equatable {
  case confirm, arrive, complete, noShow, reinstate
  /// With the type of the cancellation.
  case cancel(type: String)

  /// The action of a command or of a path of the API; nil for another word. A cancellation needs more
  /// than a word.
  package init?(_ name: String) {
    switch name {
    case "confirm": self = .confirm
    case "arrive": self = .arrive
    case "complete": self = .complete
    case "no-show": self = .noShow
    case "reinstate": self = .reinstate
    default: return nil
    }
  }
}

/// Why an action is refused, in plain words.
package struct AppointmentRefusal: Error, Sendable, Equatable {
  package let what: String
}

/// What an action writes.
package struct AppointmentPlan: Sendable {
  /// Of the appointment; empty if there is nothing to do.
  package var patch = JSONObject()
  /// The type of the cancellation to be recorded.
  package var newCancellation: String?
  /// What is added to the records of earlier cancellations.
  package var earlierCancellations: JSONObject?
  /// Whether the slot is taken up again, so that somebody else may have it by now.
  package var takesSlotAgain = false
}

extension AppointmentAction {
  /// What the action writes into an appointment.
  /// - Parameters:
  ///   - fields: of the appointment.
  ///   - now: an RFC 3339 time.
  package func plan(
    for fields: JSONObject, now: String
  ) throws(AppointmentRefusal) -> AppointmentPlan {
    let status = fields["status"]?.stringValue ?? ""
    let hasArrived = fields["arrived"]?.boolValue == true
    var plan = AppointmentPlan()
    switch self {
    case .confirm:
      if status == "confirmed" { break }
      // Out of another status this would be a reinstatement, which looks at the slot first.
      guard status == "unconfirmed" else { throw Self.notStanding(status) }
      plan.patch = ["status": "confirmed"]
    case .arrive:
      if hasArrived { break }
      if AppointmentLifeCycle.freeingStatuses.contains(status) { throw Self.notStanding(status) }
      plan.patch = ["arrived": true, "arrived_at": .string(now)]
    case .complete:
      guard try Self.changes(status, to: "completed", hasArrived) else { break }
      plan.patch = ["status": "completed", "cancellation": .null]
      if status == "no-show" { plan.earlierCancellations = ["disputed": true] }
    case .noShow:
      guard try Self.changes(status, to: "no-show", hasArrived) else { break }
      plan.patch = ["status": "no-show"]
      plan.newCancellation = "no-show"
    case .cancel(let type):
      guard try Self.changes(status, to: "cancelled", hasArrived) else { break }
      plan.patch = ["status": "cancelled"]
      plan.newCancellation = type
    case .reinstate:
      if status == "unconfirmed" || status == "confirmed" { break }
      guard try Self.changes(status, to: "unconfirmed", hasArrived) else { break }
      plan.patch = ["status": "unconfirmed", "cancellation": .null, "rescheduled_to": .null]
      plan.earlierCancellations = ["reinstated_at": .string(now)]
      plan.takesSlotAgain = AppointmentLifeCycle.freeingStatuses.contains(status)
    }
    return plan
  }

  /// Whether the status changes.
  private static func changes(
    _ status: String, to next: String, _ hasArrived: Bool
  ) throws(AppointmentRefusal) -> Bool {
    let refusal = AppointmentLifeCycle.refusal(from: status, to: next, hasArrived: hasArrived)
    if let refusal { throw AppointmentRefusal(what: refusal) }
    return status != next
  }

  private static func notStanding(_ status: String) -> AppointmentRefusal {
    AppointmentRefusal(
      what: status == "completed"
        ? "the visit has taken place; reinstate the appointment first"
        : "the appointment is \(status); reinstate it first")
  }

  /// Why an appointment cannot be moved to another time; nil if it can.
  package static func refusalToMove(_ fields: JSONObject) -> String? {
    let status = fields["status"]?.stringValue ?? ""
    guard status == "unconfirmed" || status == "confirmed" else { return notStanding(status).what }
    return fields["arrived"]?.boolValue == true
      ? "the patient has arrived; take the arrival back first" : nil
  }
}
