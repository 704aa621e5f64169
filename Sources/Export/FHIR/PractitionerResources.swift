import Causality
import Clinic
import Documents
import JSON

/// A doctor, or a clinician who is no doctor here, with the calendar that is kept of him and its free
/// times.
struct PractitionerResources {
  /// Free times are told of so many days, beginning with the day of the export.
  static let freeDays = 28

  private let shown: ShownDocument
  private let frame: FHIRFrame
  private let settings: ExportSettings

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    frame = FHIRFrame(shown: shown, settings: settings)
  }

  var all: [FHIRResource] {
    if shown.key.type == "doctor" { return [practitioner, role, schedule] + freeSlots }
    let isClinician = shown.text("role") == "clinician"
    // A person is one practitioner: the doctor.
    let isAlone = frame.practitioner(user: shown.id) == shown.id
    return isClinician && isAlone ? [practitioner, schedule] : []
  }

  private var isActive: Bool { shown.text("status").map { $0 == "active" } ?? true }

  private var practitioner: FHIRResource {
    FHIRResource(
      type: "Practitioner", id: shown.id,
      members: [
        "meta": frame.meta, "active": .bool(isActive),
        "name": [
          [
            "text": .text(shown.text("name")), "family": .text(shown.text("last_name")),
            "given": [.text(shown.text("first_name"))],
          ]
        ],
      ])
  }

  private var role: FHIRResource {
    let clinic = shown.text("clinic_id")
    return FHIRResource(
      type: "PractitionerRole", id: shown.id,
      members: [
        "meta": frame.meta, "active": .bool(isActive),
        "practitioner": FHIR.reference("Practitioner", shown.id),
        "organization": FHIR.reference("Organization", clinic),
        "specialty": [FHIR.concept(shown.text("specialty"))],
        "location": [FHIR.reference("Location", clinic)],
      ], isMain: false)
  }

  private var schedule: FHIRResource {
    FHIRResource(
      type: "Schedule", id: shown.id,
      members: [
        "active": .bool(isActive), "actor": [FHIR.reference("Practitioner", shown.id)],
      ], isMain: false)
  }

  // MARK: - Free times

  private var freeSlots: [FHIRResource] {
    guard let first = today, let last = first.adding(days: Self.freeDays - 1),
      let days = shown.clinic.schedule(ofDoctor: shown.key, from: first, through: last)
    else { return [] }
    return days.days.flatMap { day in
      day.openings.compactMap { slot($0, on: day.date, days.zone) }
    }
  }

  private var today: CivilDate? {
    let seconds = Int(min(settings.now, Timestamp.largest) / 1000)
    return CivilDate.today(
      at: seconds, zone: shown.zone, shown.clinic.functions.utcOffsetSeconds)
  }

  private func slot(
    _ opening: DoctorSchedule.Opening, on date: CivilDate, _ zone: String
  ) -> FHIRResource? {
    let times = try? ZonedTime.endOfAppointment(
      date: date, start: opening.start, durationMinutes: opening.minutes, zone: zone,
      policy: .manual, utcOffsetSeconds: shown.clinic.functions.utcOffsetSeconds)
    guard let times else { return nil }
    let ids = StableID(account: settings.account, functions: shown.clinic.functions)
    return FHIRResource(
      type: "Slot",
      id: ids.id(type: "fhir free", key: "\(shown.id)\n\(date)\n\(opening.start)").description,
      members: [
        "schedule": FHIR.reference("Schedule", shown.id), "status": "free",
        "start": FHIR.instant(times.startInstant), "end": FHIR.instant(times.endInstant),
      ])
  }
}
