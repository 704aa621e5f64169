import Causality
import Clinic
import Documents
import JSON

/// What a patient answered before a visit.
struct IntakeResource {
  private let shown: ShownDocument
  private let frame: FHIRFrame

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    self.shown = shown
    frame = FHIRFrame(shown: shown, settings: settings)
  }

  var resource: FHIRResource {
    let isOver = ["submitted", "reviewed"].contains(shown.text("status"))
    let answers = shown.fields["raw_answers"]?.objectValue?.members ?? []
    return FHIRResource(
      type: "QuestionnaireResponse", id: shown.id,
      members: [
        "meta": frame.meta, "status": isOver ? "completed" : "in-progress",
        "subject": FHIR.reference("Patient", frame.patient),
        "encounter": FHIR.reference("Encounter", visit),
        "authored": .text(shown.text("submitted_at")),
        "item": .array(answers.filter { !trimmed($0.key).isEmpty }.map(item)),
      ])
  }

  /// The visit for which it was filled in, once the patient is there.
  private var visit: String? {
    let appointment = shown.clinic.living("appointment", shown.text("appointment_id"))
    let isThere =
      appointment?.fields["arrived"]?.boolValue == true && appointment?.text("arrived_at") != nil
    return isThere ? appointment?.key.id.description : nil
  }

  private func item(_ answer: JSONMember) -> JSONValue {
    let values = answer.value.arrayValue ?? [answer.value]
    return [
      "linkId": .string(answer.key), "text": .string(answer.key),
      "answer": .array(values.map(Self.answer)),
    ]
  }

  private static func answer(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null: .null
    case .bool: ["valueBoolean": value]
    case .number(let number):
      number.int.map { (Int(Int32.min)...Int(Int32.max)).contains($0) } == true
        ? ["valueInteger": value] : ["valueDecimal": value]
    default: ["valueString": .string(plainText(value))]
    }
  }
}

/// Who cancelled an appointment, and when.
struct CancellationResource {
  private let shown: ShownDocument
  private let frame: FHIRFrame
  private let settings: ExportSettings

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    frame = FHIRFrame(shown: shown, settings: settings)
  }

  var resource: FHIRResource {
    FHIRResource(
      type: "Provenance", id: shown.id,
      members: [
        "meta": frame.meta,
        "target": [FHIR.reference("Appointment", shown.text("appointment_id"))],
        "recorded": .text(shown.text("created_at")),
        "reason": [FHIR.concept(shown.text("cancellation_type"))],
        "agent": [["who": agent]],
      ])
  }

  /// A clinician by reference, anybody else by an identifier and the name.
  private var agent: JSONValue {
    let id = shown.text("cancelled_by_id")
    let user = shown.clinic.living("user", id)
    let name = user?.text("name") ?? shown.text("cancelled_by_name")
    if user?.text("role") == "clinician" {
      return FHIR.reference("Practitioner", frame.practitioner(user: id), display: name)
    }
    let identifier: JSONValue =
      id.map { ["system": .string("\(settings.base)/sid/user"), "value": .string($0)] } ?? .null
    return ["identifier": identifier, "display": .string(name ?? "unknown")]
  }
}
