import Causality
package import Clinic
import Documents
import JSON

/// One FHIR R4 bundle of the type `collection`: patients, practitioners, organizations, appointments with
/// their slots, and what belongs to them. Computed fields are in none of them.
package struct FHIRExport: DocumentExport {
  package static let knownTypes = [
    "account", "clinic", "user", "doctor", "patient", "appointment", "intake_form", "cancellation",
  ]

  package let types: [String]
  private let settings: ExportSettings
  private let ids: StableID
  private var hasAccount = false
  private var isEmpty = true

  package init(_ settings: ExportSettings, _ functions: ClinicFunctions) {
    self.settings = settings
    ids = StableID(account: settings.account, functions: functions)
    types = Self.knownTypes.filter { settings.type.map($0.elementsEqual) ?? true }
  }

  package mutating func begin(_ bytes: inout [UInt8]) {
    let time = Timestamp.text(milliseconds: settings.now)
    bytes += Array(
      #"{"resourceType":"Bundle","type":"collection","timestamp":"\#(time)""#.utf8)
  }

  package mutating func add(_ document: ExportedDocument, _ bytes: inout [UInt8]) {
    let shown = ShownDocument(document)
    if document.isShown {
      if shown.key.type == "account" { hasAccount = true }
      write(resources(shown), &bytes)
    } else if let mistake = AppointmentResources(shown, settings).mistake {
      write([mistake], &bytes)
    }
  }

  package mutating func end(_ bytes: inout [UInt8]) {
    // Clinics and patients belong to the account, whether or not its document is here.
    if types.contains("account"), !hasAccount { write([unknownAccount], &bytes) }
    bytes += Array((isEmpty ? "}\n" : "\n]}\n").utf8)
  }

  private func resources(_ shown: ShownDocument) -> [FHIRResource] {
    switch shown.key.type {
    case "account", "clinic": OrganizationResources(shown, settings).all
    case "user", "doctor": PractitionerResources(shown, settings).all
    case "patient": [PatientResource(shown, settings).resource]
    case "appointment": AppointmentResources(shown, settings).all
    case "intake_form": [IntakeResource(shown, settings).resource]
    case "cancellation": [CancellationResource(shown, settings).resource]
    default: []
    }
  }

  private var unknownAccount: FHIRResource {
    let id = settings.account.description
    return FHIRResource(
      type: "Organization", id: id,
      members: [
        "identifier": [
          ["system": .string("\(settings.base)/sid/account"), "value": .string(id)]
        ]
      ])
  }

  private mutating func write(_ resources: [FHIRResource], _ bytes: inout [UInt8]) {
    for resource in resources {
      bytes += Array((isEmpty ? #","entry":["# : ",").utf8)
      isEmpty = false
      bytes.append(UInt8(ascii: "\n"))
      resource.entry(ids).write(into: &bytes)
    }
  }
}

/// What resources of documents have in common.
struct FHIRFrame {
  let shown: ShownDocument
  let settings: ExportSettings

  /// When the document was changed, a name for this state of it, and whether people should look at it.
  var meta: JSONValue {
    let isOpen = settings.inReview.contains(shown.key)
    let tag: JSONValue = [
      "system": .string("\(settings.base)/cs/sync"), "code": "conflict-open",
    ]
    return [
      "versionId": .string(versionID), "lastUpdated": .text(shown.text("updated_at")),
      "tag": isOpen ? [tag] : [],
    ]
  }

  /// The same wherever the same writes to the document have been seen.
  private var versionID: String {
    let entries = shown.document.clock.entries.map { "\($0.replica):\($0.number)" }
    let digest = shown.clinic.functions.sha256(Array(entries.joined(separator: "\n").utf8))
    return digest.prefix(8).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }

  /// One of our own extensions; nothing without a value.
  func ourExtension(_ name: String, _ kind: String, _ value: String?) -> JSONValue {
    guard let value else { return .null }
    return [
      "url": .string("\(settings.base)/StructureDefinition/\(name)"), kind: .string(value),
    ]
  }

  var created: JSONValue { ourExtension("created", "valueDateTime", shown.text("created_at")) }

  /// The practitioner who a user is: a doctor, if the user is one.
  func practitioner(user id: String?) -> String? {
    guard let id else { return nil }
    let doctor = shown.clinic.living("doctor", index: "user_id", id).first
    return doctor?.key.id.description ?? id
  }

  /// The patient of the document, by the record that stands for him now.
  var patient: String? { shown.text("patient_id") }
}
