import Causality
import JSON

/// A rule over several fields of one document.
package enum DocumentCheck: Sendable, Equatable {
  /// At least one of the fields is present.
  case anyOf([String])
  /// A user's `name` is made of the first and last name where it is not given.
  case wholeName
  /// `arrived_at` is there if and only if `arrived` is true.
  case arrival
  /// A time is filled in when the status becomes one of some, or at the creation if that names none.
  case time(String, whenStatusIs: [String])
  /// `end_time` is `start_time` plus `duration`, on the same day.
  case slotTimes
  /// `expires_at` is `expiry_days` after the creation where it is not given.
  case inviteExpiry
  /// Who overbooks says why.
  case overbookReason
  /// An appointment gets its confirmation code from its id.
  case confirmationCode
  /// `day_of_week` and `time` stand for lists of one, the earlier of `end_date` and `valid_until` counts.
  case singularAvailability

  /// Fields that it fills in where they are not given.
  var filledIn: [String] {
    switch self {
    case .wholeName: ["name"]
    // The clinic is the doctor's.
    case .slotTimes: ["end_time", "clinic_id"]
    case .inviteExpiry: ["expires_at"]
    case .confirmationCode: ["confirmation_code"]
    case .singularAvailability: ["days_of_week", "time_slots"]
    case .time(let field, _): [field]
    case .anyOf, .arrival, .overbookReason: []
    }
  }

  func run(_ draft: inout Draft) {
    switch self {
    case .anyOf(let names): Self.checkAnyOf(names, &draft)
    case .wholeName: Self.fillWholeName(&draft)
    case .arrival: Self.checkArrival(&draft)
    case .time(let field, let statuses): Self.fillTime(field, statuses, &draft)
    case .slotTimes: SlotTimes.check(&draft)
    case .inviteExpiry: Self.fillExpiry(&draft)
    case .overbookReason: Self.checkOverbookReason(&draft)
    case .confirmationCode: Self.fillConfirmationCode(&draft)
    case .singularAvailability: Self.fillAvailability(&draft)
    }
  }

  private static func checkAnyOf(_ names: [String], _ draft: inout Draft) {
    guard draft.concerns(names), names.allSatisfy({ draft.fields[$0] == nil }) else { return }
    guard !names.contains(where: draft.isRefused) else { return }
    draft.refuse(names[0], "is required, or \(names.dropFirst().joined(separator: ", "))")
  }

  private static func fillWholeName(_ draft: inout Draft) {
    let parts = ["first_name", "last_name"]
    guard draft.fillsIn, draft.concerns(parts),
      draft.fields["name"] == nil || !draft.named.contains("name")
    else { return }
    let name = parts.compactMap(draft.string).filter { !$0.isEmpty }.joined(separator: " ")
    if !name.isEmpty { draft.set("name", .string(name)) }
  }

  private static func checkArrival(_ draft: inout Draft) {
    guard draft.concerns(["arrived", "arrived_at"]), !draft.isRefused("arrived"),
      !draft.isRefused("arrived_at")
    else { return }
    let hasArrived = draft.fields["arrived"]?.boolValue == true
    let hasTime = draft.fields["arrived_at"] != nil
    if hasArrived, !hasTime {
      guard draft.fillsIn else { return draft.refuse("arrived_at", "is required after an arrival") }
      draft.set("arrived_at", .string(Timestamp.text(milliseconds: draft.validator.now)))
    } else if !hasArrived, hasTime {
      if draft.fillsIn, !draft.named.contains("arrived_at") {
        draft.set("arrived_at", nil)
      } else {
        draft.refuse("arrived_at", "is only for a patient who has arrived")
      }
    }
  }

  private static func fillTime(_ field: String, _ statuses: [String], _ draft: inout Draft) {
    guard draft.fillsIn, draft.fields[field] == nil, !draft.named.contains(field) else { return }
    let isDue =
      statuses.isEmpty
      ? draft.purpose == .create : draft.string("status").map(statuses.contains) ?? false
    if isDue { draft.set(field, .string(Timestamp.text(milliseconds: draft.validator.now))) }
  }

  private static func fillExpiry(_ draft: inout Draft) {
    guard draft.fillsIn, !draft.isRefused("expires_at") else { return }
    guard !draft.isRefused("expiry_days") else { return draft.excuse("expires_at") }
    let days = draft.request["expiry_days"]?.intValue
    let isDue = draft.purpose == .create ? draft.fields["expires_at"] == nil : days != nil
    guard isDue, !draft.named.contains("expires_at") else { return }
    let span =
      UInt64(days ?? InviteLifeCycle.defaultExpiryDays) * InviteLifeCycle.millisecondsPerDay
    let (time, isTooLate) = draft.validator.now.addingReportingOverflow(span)
    let text = Timestamp.text(milliseconds: isTooLate ? Timestamp.largest : time)
    draft.set("expires_at", .string(text))
  }

  private static func checkOverbookReason(_ draft: inout Draft) {
    guard draft.concerns(["overbook", "overbook_reason"]),
      draft.fields["overbook"]?.boolValue == true,
      trimmed(draft.string("overbook_reason") ?? "").isEmpty,
      !draft.isRefused("overbook_reason")
    else { return }
    draft.refuse("overbook_reason", "is required when overbook is true")
  }

  private static func fillConfirmationCode(_ draft: inout Draft) {
    guard draft.purpose == .create, draft.fields["confirmation_code"] == nil,
      let id = draft.envelope["id"]?.stringValue.flatMap({ UniqueID($0) })
    else { return }
    let code = ConfirmationCode(id: id, sha256: draft.validator.functions.sha256)
    draft.set("confirmation_code", .string(code.text))
  }

  private static func fillAvailability(_ draft: inout Draft) {
    for (one, many) in [("day_of_week", "days_of_week"), ("time", "time_slots")] {
      if draft.isRefused(one) { draft.excuse(many) }
      guard let value = draft.request[one], !value.isNull, !draft.isRefused(many) else { continue }
      guard draft.named.contains(many) else {
        draft.set(many, .array([value]))
        continue
      }
      let list = draft.fields[many]?.arrayValue ?? []
      if !list.contains(where: { $0.isIdentical(to: value) }) {
        draft.refuse(one, "is not one of \(many)")
      }
    }
    guard let end = draft.request["end_date"] else { return }
    let last = draft.named.contains("valid_until") ? draft.string("valid_until") : nil
    // Dates in their canonical form are ordered as texts.
    if let last, end.stringValue.map({ $0 >= last }) ?? true { return }
    draft.set("valid_until", end.isNull ? nil : end)
  }
}
