import Documents
import JSON

extension Reviewer {
  /// What contradicts itself within one appointment (MERGE, rules A3 to A13).
  func appointmentItems(_ subject: Subject) -> [ReviewItem] {
    let meaning = AppointmentMeaning(subject, clinic)
    guard let finding = meaning.finding else { return [] }
    let versions = finding.units.flatMap { subject.document.versions(of: $0) }
    let sides = finding.units.compactMap { unit in
      subject.shown(unit).map { side(.object($0.value), $0.write) }
    }
    let statusKeys = subject.document.versions(of: "status").map(\.key)
    let slotKeys = subject.document.versions(of: "slot").map(\.key)
    func status(_ text: String) -> [ReviewStep] {
      var value = JSONObject([("status", .string(text))])
      if text == "cancelled" { value = subject.shown("status")?.value ?? value }
      return [
        .write(subject.key, UnitValue(unit: "slot", value: meaning.slot), replacing: slotKeys),
        .write(subject.key, UnitValue(unit: "status", value: value), replacing: statusKeys),
      ]
    }
    let shown = meaning.slot
    let time = "\(plainText(shown["date"] ?? "")) \(plainText(shown["start_time"] ?? ""))"
    var actions = [
      ReviewAction(
        "keep-appointment", "the visit is on \(time), \(meaning.status)",
        steps: status(
          AppointmentLifeCycle.freeingStatuses.contains(meaning.status)
            ? "unconfirmed" : meaning.status))
    ]
    if subject.text("status") == "cancelled" {
      actions.append(
        ReviewAction("cancel", "the appointment stays cancelled", steps: status("cancelled")))
    }
    actions.append(ReviewAction(ReviewAction.dismiss, "everything stays as it is shown"))
    return [
      item(
        rule: finding.rule, severity: .normal, documents: [subject.key],
        unit: finding.units.joined(separator: "+"), sides: sides,
        summary: "\(Self.capitalised(name(subject.key))) \(finding.summary).",
        actions: actions, dots: Self.dots(versions))
    ]
  }

  /// What an appointment that is still to come stands against: a clinician who left, a clinic that
  /// moved to another time zone, the weekly rules, the clock (MERGE, rules A24, A25, V2, T2, T3).
  func bookingItems(_ subject: Subject) -> [ReviewItem] {
    let meaning = AppointmentMeaning(subject, clinic)
    guard meaning.isTaking, meaning.status != "completed",
      let date = meaning.slot["date"]?.stringValue.flatMap({ CivilDate($0) }),
      date.daysSince1970 >= Int(clinic.now / 86_400_000)
    else { return [] }
    return [
      inactiveClinician(subject), movedClinic(subject),
      outsideAvailability(subject, meaning.slot), clockChange(subject, meaning.slot, date),
    ].compactMap { $0 }
  }

  private func slotItem(
    _ rule: String, _ severity: ReviewSeverity, _ subject: Subject, with others: [Subject] = [],
    _ unit: String, _ summary: String
  ) -> ReviewItem {
    let versions =
      subject.document.versions(of: "slot") + others.flatMap { $0.document.versions(of: unit) }
    return item(
      rule: rule, severity: severity, documents: [subject.key] + others.map(\.key), unit: unit,
      sides: subject.shown("slot").map { [side(.object($0.value), $0.write)] } ?? [],
      summary: "\(Self.capitalised(name(subject.key))) \(summary).",
      actions: [ReviewAction(ReviewAction.dismiss, "the appointment stays as it is")],
      dots: Self.dots(versions))
  }

  private func inactiveClinician(_ subject: Subject) -> ReviewItem? {
    let people = [
      clinic.living("doctor", subject.text("doctor_id")),
      clinic.living("user", subject.text("clinician_id")),
    ].compactMap { $0 }
    guard
      let gone = people.first(where: { ["inactive", "suspended"].contains($0.text("status")) })
    else { return nil }
    return slotItem(
      "A24", .normal, subject, with: [gone], "status",
      "needs another clinician: \(name(gone.key)) is \(gone.text("status") ?? "")")
  }

  private func movedClinic(_ subject: Subject) -> ReviewItem? {
    guard let zone = subject.text("time_zone"),
      let home = clinic.living("clinic", subject.text("clinic_id")),
      let now = home.text("timezone"), now != zone
    else { return nil }
    return slotItem(
      "A25", .low, subject, with: [home], "timezone",
      "keeps its time in \(zone); the clinic is now in \(now)")
  }

  private func outsideAvailability(_ subject: Subject, _ slot: JSONObject) -> ReviewItem? {
    guard !clinic.isBookable(subject, slot) else { return nil }
    return slotItem("V2", .low, subject, "availability", "is outside the clinician's availability")
  }

  /// A time that clocks leave out or show twice.
  private func clockChange(
    _ subject: Subject, _ slot: JSONObject, _ date: CivilDate
  ) -> ReviewItem? {
    guard let time = slot["start_time"]?.stringValue.flatMap({ TimeOfDay($0) }),
      let zone = slot["time_zone"]?.stringValue,
      let found = try? ZonedTime(date: date, time: time, zone: zone)
        .resolve(utcOffsetSeconds: clinic.functions.utcOffsetSeconds)
    else { return nil }
    switch found {
    case .unique: return nil
    case .gap:
      return slotItem(
        "T2", .normal, subject, "gap", "begins at a time that clocks in \(zone) leave out that day")
    case .fold where slot["utc_offset_minutes"] == nil:
      return slotItem(
        "T3", .low, subject, "fold", "begins at a time that clocks in \(zone) show twice that day")
    case .fold: return nil
    }
  }
}
