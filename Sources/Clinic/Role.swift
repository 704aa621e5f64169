/// What a user is for (INTERFACE, roles).
package enum Role: String, Sendable, CaseIterable {
  case superAdmin = "super_admin"
  case accountAdmin = "account_admin"
  case owner, admin, clinician
  case officeStaff = "office_staff"
  case patient

  /// Users, roles, devices and the clinic itself are theirs.
  package var isAdministrator: Bool {
    switch self {
    case .superAdmin, .accountAdmin, .owner, .admin: true
    case .clinician, .officeStaff, .patient: false
    }
  }

  /// Whether the role sees and writes what concerns patients.
  package var isStaff: Bool { self != .patient }
}

extension Role {
  /// Whether the role lists documents of a type.
  package func reads(_ type: String) -> Bool {
    if Self.forAdministrators.contains(type) { return isAdministrator }
    return isStaff || Self.forPatients.contains(type)
  }

  /// Whether the role writes documents of a type, over the API as on a laptop.
  package func writes(_ type: String) -> Bool {
    if type == "account" { return self == .superAdmin }
    return Self.writtenByAdministrators.contains(type) ? isAdministrator : isStaff
  }

  private static let forAdministrators: Set<String> = ["user", "account_settings"]
  private static let writtenByAdministrators: Set<String> = [
    "user", "account_settings", "account", "clinic", "doctor",
  ]
  private static let forPatients: Set<String> = ["patient", "invite"]
}
