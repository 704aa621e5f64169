import Causality
import Clinic
import Documents
import JSON

/// A patient.
struct PatientResource {
  private let shown: ShownDocument
  private let frame: FHIRFrame
  private let settings: ExportSettings

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    frame = FHIRFrame(shown: shown, settings: settings)
  }

  var resource: FHIRResource {
    FHIRResource(
      type: "Patient", id: shown.id,
      members: [
        "meta": frame.meta, "extension": .array(extensions), "identifier": [identifier],
        "active": .bool(isActive), "name": [name], "telecom": .array(telecom),
        "birthDate": .text(shown.text("date_of_birth")),
        "address": [["text": .text(shown.text("address"))]], "contact": [contact],
        "generalPractitioner": [clinician], "managingOrganization": organization,
        "link": .array(links),
      ])
  }

  private var survivor: DocumentKey { shown.clinic.survivor(of: shown.key) }

  private var isActive: Bool {
    ["active", "pending"].contains(shown.text("status")) && survivor == shown.key
  }

  private var extensions: [JSONValue] {
    [
      frame.ourExtension("patient-status", "valueCode", shown.text("status")),
      settings.tellsNotes
        ? frame.ourExtension("patient-notes", "valueString", shown.text("notes")) : .null,
      frame.created,
    ]
  }

  /// The number of the chart.
  private var identifier: JSONValue {
    guard let value = shown.text("external_id") else { return .null }
    return [
      "use": "secondary",
      "type": FHIR.coding("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"),
      "system": .string("\(settings.base)/sid/account/\(settings.account)"),
      "value": .string(value),
    ]
  }

  private var name: JSONValue {
    let names = ["first_name", "last_name"].compactMap(shown.text)
    return [
      "use": .text(names.isEmpty ? nil : "official"),
      "text": .string(names.joined(separator: " ")), "family": .text(shown.text("last_name")),
      "given": [.text(shown.text("first_name"))],
    ]
  }

  private var telecom: [JSONValue] {
    ["email", "phone"].map { system in
      shown.text(system).map { ["system": .string(system), "value": .string($0)] } ?? .null
    }
  }

  private var contact: JSONValue {
    let phone = shown.text("emergency_contact_phone")
    return [
      "name": ["text": .text(shown.text("emergency_contact_name"))],
      "telecom": [phone.map { ["system": "phone", "value": .string($0)] } ?? .null],
    ]
  }

  private var clinician: JSONValue {
    let user = shown.text("clinician_id")
    return FHIR.reference(
      "Practitioner", frame.practitioner(user: user),
      display: shown.clinic.living("user", user)?.text("name"))
  }

  private var organization: JSONValue {
    FHIR.reference("Organization", shown.text("clinic_id") ?? settings.account.description)
  }

  private var links: [JSONValue] {
    if survivor != shown.key { return [Self.link(survivor, "replaced-by")] }
    return shown.clinic.merged(into: shown.key).map { Self.link($0.key, "replaces") }
  }

  private static func link(_ other: DocumentKey, _ type: String) -> JSONValue {
    ["other": FHIR.reference("Patient", other.id.description), "type": .string(type)]
  }
}
