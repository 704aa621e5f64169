package import Documents
package import JSON

/// What a person may write (INTERFACE, roles; DESIGN, rule 21).
package struct WriteRights: Sendable {
  private let catalogue: Catalogue
  /// Why the person may write nothing; nil if he may.
  private let bar: String?
  private let role: Role?
  private let officeStaffEditsPatients: Bool

  /// - Parameters:
  ///   - user: the person's visible fields; nil if there is no such user.
  ///   - account: the account's; nil if nobody knows them.
  ///   - settings: those of the account; nil if it has none.
  package init(
    _ catalogue: Catalogue, user: JSONObject?, account: JSONObject?, settings: JSONObject? = nil
  ) {
    self.catalogue = catalogue
    role = user?["role"]?.stringValue.flatMap(Role.init)
    officeStaffEditsPatients = settings?["office_staff_edit_patients"]?.boolValue ?? true
    let status = account?["status"]?.stringValue ?? "active"
    bar = status == "active" ? Self.bar(user) : "the account is \(status)"
  }

  private static func bar(_ user: JSONObject?) -> String? {
    guard let user else { return "its author is no user of this account" }
    if areSuspended(user) { return "its author is \(user["status"]?.stringValue ?? "")" }
    let role = user["role"]?.stringValue ?? ""
    return Role(rawValue: role)?.isStaff == true
      ? nil : "its author's role (\(role)) does not write"
  }

  /// Whether an administrator has taken a user's rights away. One who was only invited has enrolled with a code
  /// and has them.
  package static func areSuspended(_ user: JSONObject) -> Bool {
    ["inactive", "suspended"].contains(user["status"]?.stringValue ?? "active")
  }

  /// Whether the person's laptop is believed what a server lost of a document, whoever wrote it.
  package func mayGiveBack(_ key: DocumentKey) -> Bool {
    bar == nil && role?.writes(key.type) == true
  }

  /// Why the person may not write a version; nil if he may.
  package func objection(to version: Version, of unit: String, _ key: DocumentKey) -> String? {
    if let bar { return bar }
    if catalogue.type(named: key.type)?.isServerAuthoritative ?? false {
      return "only the server writes a \(key.type)"
    }
    if let role, !role.writes(key.type) {
      return "its author's role (\(role.rawValue)) does not write a \(key.type)"
    }
    if key.type == "patient", role == .officeStaff, !officeStaffEditsPatients {
      return "office staff do not edit patients in this account"
    }
    if unit == Unit.received { return "only the server numbers documents" }
    if version.details?.deletion?.reason == .erasure { return "only the server erases" }
    return nil
  }
}
