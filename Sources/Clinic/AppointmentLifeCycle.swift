/// Which status an appointment may take after which.
package enum AppointmentLifeCycle {
  /// From each status, those that a person may set next. Back to unconfirmed or confirmed is a
  /// reinstatement, or the correction of a mistake.
  package static let transitions: [String: [String]] = [
    "unconfirmed": ["confirmed", "cancelled", "completed", "no-show"],
    "confirmed": ["unconfirmed", "cancelled", "completed", "no-show"],
    "cancelled": ["unconfirmed", "confirmed"],
    "no-show": ["unconfirmed", "confirmed", "completed", "cancelled"],
    "completed": ["unconfirmed", "confirmed"],
  ]

  /// Statuses in which an appointment does not take up its slot.
  package static let freeingStatuses = ["cancelled", "no-show"]

  /// Why a change of status is refused; nil if it is allowed, or no change.
  /// - Parameter hasArrived: whether the patient is in the house.
  package static func refusal(from: String, to: String, hasArrived: Bool) -> String? {
    if from == to { return nil }
    guard let next = transitions[from] else {
      return "the appointment has the status \(from), which this version does not know"
    }
    guard transitions[to] != nil else { return "\(to) is not a status of an appointment" }
    guard next.contains(to) else { return refusal(from: from) }
    if hasArrived, freeingStatuses.contains(to) {
      return "the patient has arrived; take the arrival back first"
    }
    return nil
  }

  private static func refusal(from: String) -> String {
    from == "completed"
      ? "the visit has taken place; reinstate the appointment first"
      : "the appointment is \(from); reinstate it first"
  }
}
