import Causality
import Clinic
import Documents
import JSON

/// An appointment, the time that it takes of a calendar, and the visit once the patient is there.
struct AppointmentResources {
  private let shown: ShownDocument
  private let frame: FHIRFrame
  private let settings: ExportSettings
  private let time: BookedTime?
  private let status: String

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    frame = FHIRFrame(shown: shown, settings: settings)
    time = shown.key.type == "appointment" ? BookedTime(shown) : nil
    status = shown.text("status") ?? "unconfirmed"
  }

  var all: [FHIRResource] {
    [appointment(fhirStatus)] + (slot.map { [$0] } ?? []) + (visit.map { [$0] } ?? [])
  }

  /// An appointment in the trash that was entered by mistake; nil for any other, and once its content or
  /// its patient is gone.
  var mistake: FHIRResource? {
    let deletes = shown.document.standingDeletes(causeStands: shown.clinic.causeStands)
    guard shown.key.type == "appointment", time != nil, !shown.document.lacksContent,
      !deletes.isEmpty, deletes.allSatisfy({ $0.reason == .mistake }),
      shown.clinic.living("patient", shown.text("patient_id")) != nil
    else { return nil }
    return appointment("entered-in-error")
  }

  private func appointment(_ status: String) -> FHIRResource {
    let hasSlot = slot != nil && status != "entered-in-error"
    return FHIRResource(
      type: "Appointment", id: shown.id,
      members: [
        "meta": frame.meta, "extension": .array(extensions), "identifier": [code],
        "status": .string(status),
        "cancelationReason": status == "cancelled" ? cancellationReason : .null,
        "serviceType": [FHIR.concept(shown.text("visit_type"))],
        "appointmentType": appointmentType,
        "start": time.map { FHIR.instant($0.times.startInstant) } ?? .null,
        "_start": zone, "end": time.map { FHIR.instant($0.times.endInstant) } ?? .null,
        "minutesDuration": time.map { .int($0.minutes) } ?? .null,
        "slot": hasSlot ? [FHIR.reference("Slot", shown.id)] : [],
        "created": .text(shown.text("created_at")), "comment": comment,
        "participant": .array(participants),
      ])
  }

  /// The first that applies. Without a time only a proposed or cancelled appointment can be.
  private var fhirStatus: String {
    switch status {
    case "cancelled": "cancelled"
    case _ where time == nil: "proposed"
    case "no-show": "noshow"
    case "completed": "fulfilled"
    case _ where shown.flag("arrived"): "arrived"
    case _ where shown.isHeld: "proposed"
    case "confirmed": "booked"
    default: "pending"
    }
  }

  private var extensions: [JSONValue] {
    [
      frame.ourExtension("intake-status", "valueCode", shown.text("intake_status")),
      settings.tellsLinks
        ? frame.ourExtension("meeting-link", "valueUrl", shown.text("meeting_link")) : .null,
    ]
  }

  private var code: JSONValue {
    guard settings.tellsCodes, let code = shown.text("confirmation_code") else { return .null }
    return [
      "system": .string("\(settings.base)/sid/confirmation-code"), "value": .string(code),
    ]
  }

  private var zone: JSONValue {
    guard let time else { return .null }
    return [
      "extension": [
        [
          "url": "http://hl7.org/fhir/StructureDefinition/tz-code",
          "valueCode": .string(time.zone),
        ]
      ]
    ]
  }

  private var appointmentType: JSONValue {
    switch shown.text("visit_category") {
    case "follow-up":
      FHIR.coding("http://terminology.hl7.org/CodeSystem/v2-0276", "FOLLOWUP")
    case let other?: FHIR.coding("\(settings.base)/cs/visit-category", other, text: other)
    case nil: .null
    }
  }

  // MARK: - Cancellation

  private var cancellation: MergedClinic.Subject? {
    shown.clinic.living("cancellation", shown.text("cancellation"))
  }

  /// Who called it off; empty if it stands, or nobody knows.
  private var cancellationType: String {
    status == "cancelled" ? cancellation?.text("cancellation_type") ?? "" : ""
  }

  private var cancellationReason: JSONValue {
    let code =
      switch cancellationType {
      case "patient-cancelled": "pat"
      case "clinic-cancelled": "prov"
      default: "other"
      }
    return FHIR.coding(
      "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason", code,
      text: cancellationType.isEmpty ? "other" : cancellationType)
  }

  private var comment: JSONValue {
    guard settings.tellsNotes else { return .null }
    let texts = [cancellation?.text("reason_note"), shown.text("notes")].compactMap(\.self)
    return .string(texts.joined(separator: "\n\n"))
  }

  // MARK: - Who takes part

  private var participants: [JSONValue] {
    let type = FHIR.coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")
    var all: [JSONValue] = [
      [
        "actor": FHIR.reference("Patient", frame.patient), "required": "required",
        "status": .string(patientStatus),
      ]
    ]
    if let doctor = practitioner {
      all.append([
        "type": [type], "actor": FHIR.reference("Practitioner", doctor), "required": "required",
        "status": .string(cancellationType == "clinic-cancelled" ? "declined" : "accepted"),
      ])
    }
    if let clinic = shown.text("clinic_id") {
      all.append(["actor": FHIR.reference("Location", clinic), "status": "accepted"])
    }
    return all
  }

  private var practitioner: String? {
    shown.text("doctor_id") ?? frame.practitioner(user: shown.text("clinician_id"))
  }

  private var patientStatus: String {
    if cancellationType == "patient-cancelled" { return "declined" }
    let isOpen = status == "unconfirmed" && !shown.flag("arrived")
    return isOpen ? "needs-action" : "accepted"
  }

  // MARK: - What belongs to it

  /// The time that it takes of a calendar; nil if it takes none.
  private var slot: FHIRResource? {
    guard let time, let practitioner, Occupancy.isTaken(byAppointment: ["status": .string(status)])
    else { return nil }
    let isFirm = ["confirmed", "completed"].contains(status) && !shown.isHeld
    return FHIRResource(
      type: "Slot", id: shown.id,
      members: [
        "schedule": FHIR.reference("Schedule", practitioner),
        "status": isFirm || shown.flag("arrived") ? "busy" : "busy-tentative",
        "start": FHIR.instant(time.times.startInstant),
        "end": FHIR.instant(time.times.endInstant),
        "overbooked": shown.flag("overbook") ? true : .null,
      ], isMain: false)
  }

  /// The patient is there.
  private var visit: FHIRResource? {
    guard shown.flag("arrived"), let time = shown.text("arrived_at") else { return nil }
    let isVirtual = shown.text("visit_type") == "virtual"
    return FHIRResource(
      type: "Encounter", id: shown.id,
      members: [
        "status": "arrived",
        "class": [
          "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
          "code": isVirtual ? "VR" : "AMB",
        ], "subject": FHIR.reference("Patient", frame.patient),
        "appointment": [FHIR.reference("Appointment", shown.id)],
        "period": ["start": .string(time)],
      ], isMain: false)
  }
}
