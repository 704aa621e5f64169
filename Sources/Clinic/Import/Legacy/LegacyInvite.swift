package import Causality
package import JSON

/// An invite of the earlier system, which named a person by e-mail and name only.
package struct LegacyInvite: Sendable {
  package let line: Int
  /// As the other system names it; nil if it does not.
  package let sourceID: String?
  /// Whom it invites, as a line of an imported file of patients would say it.
  package let person: PatientLine
  /// Of the invite, without its patient and those who are named by id.
  package let fields: JSONObject
  package let clinician: String?
  package let user: String?
  package let patient: String?

  package init(_ row: LegacyRow, _ catalogue: Catalogue, functions: ClinicFunctions) {
    line = row.line
    sourceID = row.text("id")
    clinician = row.text("provider_id", "clinician_id")
    user = row.text("user_id")
    patient = row.text("patient_id")
    person = Self.person(row)
    fields = Self.fields(row, catalogue.type(named: "invite") ?? .invite, functions)
  }

  private static func person(_ row: LegacyRow) -> PatientLine {
    var fields = JSONObject()
    for name in ["email", "first_name", "last_name"] + columnsOfPatients {
      if let text = row.text(name) { fields.append(name, .string(text)) }
    }
    return PatientLine(
      fields: fields, externalID: row.text("external_id"), email: row.text("email"),
      firstName: row.text("first_name"), lastName: row.text("last_name"))
  }

  private static func fields(
    _ row: LegacyRow, _ type: TypeDefinition, _ functions: ClinicFunctions
  ) -> JSONObject {
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
    if let token = row.text("token", "invite_token") {
      let digest = functions.sha256(Array(token.utf8))
      fields["token_hashes"] = .array([.string(hexadecimal(digest))])
    }
    if fields["status"] == nil, row.text("completed_at", "accepted_at") != nil {
      fields["status"] = "accepted"
    }
    fields[createdAt] = row.instant("created_at").map { .string($0) }
    if fields["expires_at"] == nil { fields["expires_at"] = usualEnd(row.instant("created_at")) }
    return fields
  }

  /// An invite that does not say when it expires held as long as others: from its creation on, not from now.
  private static func usualEnd(_ created: String?) -> JSONValue? {
    guard let start = created.flatMap({ Timestamp.milliseconds($0) }) else { return nil }
    let days = UInt64(InviteLifeCycle.defaultExpiryDays)
    return .string(
      Timestamp.text(milliseconds: start + days * InviteLifeCycle.millisecondsPerDay))
  }

  /// The field that keeps when it was made in the earlier system.
  package static let createdAt = "legacy_created_at"
  private static let columnsOfPatients = ["external_id", "phone", "date_of_birth"]
  private static let handled: Set<String> = Set(
    columnsOfPatients + [
      "id", "patient_id", "provider_id", "clinician_id", "user_id", "token", "invite_token",
      "token_hashes", "import_runs",
    ])

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension LegacyInvite {
  /// The same wherever the file is imported: its own id if that is a UUID, else one made of what it says.
  package func id(_ ids: StableID) -> UniqueID {
    Self.id(sourceID: sourceID, ids) ?? ids.id(type: "invite", key: ownKey)
  }

  /// The id of the invite that the earlier system called so; nil if it called it nothing.
  package static func id(sourceID: String?, _ ids: StableID) -> UniqueID? {
    sourceID.map { UniqueID($0) ?? ids.id(type: "invite", key: "x\n\($0)") }
  }

  private var ownKey: String {
    if let hash = fields["token_hashes"]?.arrayValue?.first?.stringValue { return "t\n\(hash)" }
    let parts = [person.email, person.firstName, person.lastName]
    return "e\n" + parts.map { $0 ?? "" }.joined(separator: "\n") + "\n"
      + (fields[Self.createdAt]?.stringValue ?? "")
  }

  /// When it was made, in milliseconds since 1970; 0 if nobody knows.
  package var issuedAt: UInt64 {
    fields[Self.createdAt]?.stringValue.flatMap { Timestamp.milliseconds($0) } ?? 0
  }

  /// The invites of each person, in the order in which the file first names them. Those that name nobody
  /// stand alone.
  package static func groups(of invites: [LegacyInvite], _ ids: StableID) -> [[LegacyInvite]] {
    var groups: [[LegacyInvite]] = []
    var places: [UniqueID: Int] = [:]
    for invite in invites {
      if let id = invite.person.stableID(ids), let place = places[id] {
        groups[place].append(invite)
        continue
      }
      if let id = invite.person.stableID(ids) { places[id] = groups.count }
      groups.append([invite])
    }
    return groups
  }
}
