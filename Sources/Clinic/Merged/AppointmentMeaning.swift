import Causality
import Documents
import JSON

/// What the units of one appointment mean together, where they were written without knowledge of each
/// other (MERGE, rules A1 to A15).
struct AppointmentMeaning {
  typealias Subject = MergedClinic.Subject

  /// What contradicts what: a person should look.
  struct Finding {
    let rule: String
    /// The units that were compared.
    let units: [String]
    let summary: String
  }

  private(set) var status: String
  /// The fields of the slot that counts.
  private(set) var slot: JSONObject
  /// Slots that stay taken until somebody has decided where the visit is (A1).
  private(set) var heldSlots: [JSONObject] = []
  private(set) var isCancellationDisputed = false
  private(set) var finding: Finding?

  init(_ subject: Subject, _ clinic: MergedClinic) {
    status = subject.text("status") ?? ""
    slot = subject.shown("slot")?.value ?? JSONObject()
    guard let status = subject.shown("status"), let slot = subject.shown("slot") else { return }
    weighArrival(subject, status, slot)
    guard finding == nil, subject.fields["arrived"]?.boolValue != true else { return }
    weighMove(subject, status, slot, clinic)
    holdOtherSlots(subject)
    weighStatuses(subject, clinic)
  }

  /// Whether the appointment takes its slot.
  var isTaking: Bool { !AppointmentLifeCycle.freeingStatuses.contains(status) }

  /// A patient who stands there beats what was said about a visit that was not to be (A6, A9), and
  /// shows that the old slot was the right one (A13).
  private mutating func weighArrival(_ subject: Subject, _ status: Version, _ slot: Version) {
    guard let arrival = subject.shown("arrival"), arrival.value["arrived"]?.boolValue == true else {
      return
    }
    if AppointmentLifeCycle.freeingStatuses.contains(self.status),
      arrival.isConcurrent(with: status)
    {
      let wasCancelled = self.status == "cancelled"
      self.status = Self.statusBefore(status)
      isCancellationDisputed = true
      finding = Finding(
        rule: wasCancelled ? "A6" : "A9", units: ["arrival", "status"],
        summary: wasCancelled
          ? "was cancelled by one person while the patient arrived"
          : "was recorded as a no-show while the patient arrived")
    } else if let old = slot.details?.replaced, arrival.isConcurrent(with: slot) {
      self.slot = old
      finding = Finding(
        rule: "A13", units: ["arrival", "slot"],
        summary: "was moved by one person while the patient arrived for the old time")
    }
  }

  /// A move that the writer of the status had not seen (A3 to A5, A11).
  private mutating func weighMove(
    _ subject: Subject, _ status: Version, _ slot: Version, _ clinic: MergedClinic
  ) {
    guard slot.details?.replaced != nil, slot.isConcurrent(with: status) else { return }
    switch self.status {
    case "confirmed": self.status = "unconfirmed"
    case "cancelled":
      let cancellation = clinic.living("cancellation", subject.text("cancellation"))
      let type = cancellation?.text("cancellation_type") ?? "other"
      if type == "rescheduled-externally" { return }
      let isByClinic = type == "clinic-cancelled"
      if !isByClinic || clinic.isBookable(subject, slot.value) {
        self.status = "unconfirmed"
        isCancellationDisputed = true
      }
      finding = Finding(
        rule: isByClinic ? "A4" : "A3", units: ["slot", "status"],
        summary: "was moved by one person while another cancelled it: call the patient")
    default: break
    }
  }

  /// Two moves: the patient may turn up at either time (A1).
  private mutating func holdOtherSlots(_ subject: Subject) {
    let versions = subject.document.versions(of: "slot")
    guard subject.rules.unit(named: "slot").isConcurrent(versions) else { return }
    heldSlots = versions.map(\.value).filter { value in
      !JSONValue.object(value).isIdentical(to: .object(slot))
    }
    if status == "confirmed" { status = "unconfirmed" }
  }

  /// What stands beside the visible status (A7 to A9).
  private mutating func weighStatuses(_ subject: Subject, _ clinic: MergedClinic) {
    let versions = subject.document.versions(of: "status")
    guard versions.count > 1 else { return }
    let said = versions.compactMap { $0.value["status"]?.stringValue }
    if said.contains("completed") {
      isCancellationDisputed =
        isCancellationDisputed
        || said.contains { AppointmentLifeCycle.freeingStatuses.contains($0) }
    } else if said.contains("cancelled"), said.contains("no-show"),
      let start = clinic.occupancy(slot)?.start,
      let cancelled = versions.filter({ $0.value["status"]?.stringValue == "cancelled" })
        .map(\.write.stamp.milliseconds).min()
    {
      status = cancelled / 1000 < UInt64(max(0, start)) ? "cancelled" : "no-show"
    }
  }

  private static func statusBefore(_ version: Version) -> String {
    let before = version.details?.replaced?["status"]?.stringValue
    return before.flatMap { AppointmentLifeCycle.freeingStatuses.contains($0) ? nil : $0 }
      ?? "unconfirmed"
  }
}

extension MergedClinic {
  /// The time that the slot of an appointment takes.
  func occupancy(_ slot: JSONObject) -> Occupancy? {
    Occupancy(
      appointment: slot, fallbackZone: "UTC", utcOffsetSeconds: functions.utcOffsetSeconds)
  }

  /// Whether the weekly rules and the exceptions of the clinician let a slot be booked. Nothing is in
  /// the way of one without any rules.
  func isBookable(_ appointment: Subject, _ slot: JSONObject) -> Bool {
    guard let date = slot["date"]?.stringValue.flatMap({ CivilDate($0) }),
      let time = slot["start_time"]?.stringValue,
      let clinician = clinician(of: appointment)
    else { return true }
    let exceptions = living(
      "availability_override", index: "clinician_id,date",
      IndexDefinition.key([clinician, date.text])
    ).filter { $0.text("time_slot") == time }
    if !exceptions.isEmpty {
      return exceptions.allSatisfy { $0.fields["available"]?.boolValue == true }
    }
    let rules = living("recurring_availability", index: "clinician_id", clinician)
    return rules.isEmpty || rules.contains { WeeklyRule($0).offers(date, time) }
  }

  /// The user who sees the patient: named by the appointment, or the one whom its doctor is.
  func clinician(of appointment: Subject) -> String? {
    living("doctor", appointment.text("doctor_id"))?.text("user_id")
      ?? appointment.text("clinician_id")
  }
}

/// When a clinician may be booked, week by week. Where a rule was written twice at once, only what
/// both sides offer counts (MERGE, rule V1).
package struct WeeklyRule {
  /// 0 for Monday.
  package let days: [Int]
  /// `HH:MM`.
  package let times: [String]
  private let starts: [CivilDate]
  private let ends: [CivilDate]
  let isDisputed: Bool

  package init(_ subject: MergedClinic.Subject) {
    let versions = subject.document.versions(of: "rule").map(\.value)
    isDisputed = versions.count > 1
    days = Self.common(
      versions.map { $0["days_of_week"]?.arrayValue?.compactMap(\.intValue) ?? [] })
    times = Self.common(
      versions.map { $0["time_slots"]?.arrayValue?.compactMap(\.stringValue) ?? [] })
    starts = versions.compactMap { $0["start_date"]?.stringValue.flatMap { CivilDate($0) } }
    ends = versions.compactMap { $0["valid_until"]?.stringValue.flatMap { CivilDate($0) } }
  }

  /// The first day; nil for none.
  package var firstDay: CivilDate? { starts.max() }
  /// The last day, which is part of the rule; nil if it goes on.
  package var lastDay: CivilDate? { ends.min() }

  /// The last day is part of the rule (T8).
  package func offers(_ date: CivilDate, _ time: String) -> Bool {
    days.contains(date.weekday) && times.contains(time) && starts.allSatisfy { $0 <= date }
      && ends.allSatisfy { date <= $0 }
  }

  private static func common<Value: Hashable>(_ lists: [[Value]]) -> [Value] {
    (lists.first ?? []).filter { value in lists.allSatisfy { $0.contains(value) } }
  }
}
