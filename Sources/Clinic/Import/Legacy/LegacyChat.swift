package import Causality
package import JSON

/// A chat session of the earlier system, linked to an invite, a patient or an e-mail address.
package struct LegacyChat: Sendable {
  package let line: Int
  package let sourceID: String?
  package let invite: String?
  package let patient: String?
  package let person: PatientLine
  /// Without its patient.
  package let fields: JSONObject

  package init(_ row: LegacyRow, _ catalogue: Catalogue) {
    line = row.line
    sourceID = row.text("id")
    invite = row.text("invite_id")
    patient = row.text("patient_id")
    person = PatientLine(
      fields: JSONObject(), externalID: nil, email: row.text("email"),
      firstName: row.text("first_name"), lastName: row.text("last_name"))
    fields = Self.fields(row, catalogue.type(named: "chat_session") ?? .chatSession)
  }

  private static func fields(_ row: LegacyRow, _ type: TypeDefinition) -> JSONObject {
    var fields = JSONObject()
    for cell in row.cells where !handled.contains(cell.name) && !Envelope.contains(cell.name) {
      let field = type.field(named: cell.name)
      guard field?.isStored ?? true, !(field?.isReadOnly ?? false) else { continue }
      guard let value = CSVCell.value(cell.text, of: field) else { continue }
      if case .timestamp = field?.kind {
        fields.append(cell.name, .string(LegacyTime.text(trimmed(cell.text))))
      } else {
        fields.append(cell.name, value)
      }
    }
    if fields["source"] == nil, row.text("invite_id") != nil { fields["source"] = "invite" }
    fields[LegacyInvite.createdAt] = row.instant("created_at").map { .string($0) }
    return fields
  }

  private static let handled: Set<String> = [
    "id", "invite_id", "patient_id", "email", "first_name", "last_name", "import_runs",
  ]

  /// Its own id if that is a UUID, else one made of it; nil if it has none.
  package func id(_ ids: StableID) -> UniqueID? {
    sourceID.map { UniqueID($0) ?? ids.id(type: "chat_session", key: "x\n\($0)") }
  }
}
