package import Documents
package import JSON

/// What a person may write (INTERFACE, roles; DESIGN, rule 21).
package struct WriteRights: Sendable {
  private static let writers: Set<String> = [
    "super_admin", "account_admin", "owner", "admin", "clinician", "office_staff",
  ]

  private let catalogue: Catalogue
  /// Why the person may write nothing; nil if he may.
  private let bar: String?

  /// - Parameters:
  ///   - user: the person's visible fields; nil if there is no such user.
  ///   - account: the account's; nil if nobody knows them.
  package init(_ catalogue: Catalogue, user: JSONObject?, account: JSONObject?) {
    self.catalogue = catalogue
    let status = account?["status"]?.stringValue ?? "active"
    bar = status == "active" ? Self.bar(user) : "the account is \(status)"
  }

  private static func bar(_ user: JSONObject?) -> String? {
    guard let user else { return "its author is no user of this account" }
    if areSuspended(user) { return "its author is \(user["status"]?.stringValue ?? "")" }
    let role = user["role"]?.stringValue ?? ""
    return writers.contains(role) ? nil : "its author's role (\(role)) does not write"
  }

  /// Whether an administrator has taken a user's rights away. One who was only invited has enrolled with a code
  /// and has them.
  package static func areSuspended(_ user: JSONObject) -> Bool {
    ["inactive", "suspended"].contains(user["status"]?.stringValue ?? "active")
  }

  /// Why the person may not write a version; nil if he may.
  package func objection(to version: Version, of unit: String, _ key: DocumentKey) -> String? {
    if let bar { return bar }
    if catalogue.type(named: key.type)?.isServerAuthoritative ?? false {
      return "only the server writes a \(key.type)"
    }
    if unit == Unit.received { return "only the server numbers documents" }
    if version.details?.deletion?.reason == .erasure { return "only the server erases" }
    return nil
  }
}
