import Causality
import Clinic
import Documents
import JSON

/// An account as an organization; a clinic as a part of it, and as a place.
struct OrganizationResources {
  private let shown: ShownDocument
  private let frame: FHIRFrame
  private let settings: ExportSettings

  init(_ shown: ShownDocument, _ settings: ExportSettings) {
    (self.shown, self.settings) = (shown, settings)
    frame = FHIRFrame(shown: shown, settings: settings)
  }

  var all: [FHIRResource] { shown.key.type == "account" ? [account] : [clinic, place] }

  private var account: FHIRResource {
    let isActive = shown.text("status").map { $0 == "active" } ?? true
    return FHIRResource(
      type: "Organization", id: shown.id,
      members: [
        "meta": frame.meta,
        "identifier": [
          ["system": .string("\(settings.base)/sid/account"), "value": .string(shown.id)]
        ], "active": .bool(isActive), "name": .text(shown.text("name")),
      ])
  }

  private var clinic: FHIRResource {
    FHIRResource(
      type: "Organization", id: shown.id,
      members: [
        "meta": frame.meta,
        "identifier": [
          ["system": .string("\(settings.base)/sid/clinic"), "value": .string(shown.id)]
        ], "active": true, "type": [FHIR.concept(shown.text("clinic_type"))],
        "name": .text(shown.text("name")),
        "partOf": FHIR.reference("Organization", settings.account.description),
      ])
  }

  private var place: FHIRResource {
    FHIRResource(
      type: "Location", id: shown.id,
      members: [
        "meta": frame.meta, "status": "active", "name": .text(shown.text("name")),
        "managingOrganization": FHIR.reference("Organization", shown.id),
      ], isMain: false)
  }
}
