package import Causality
import Documents
import JSON

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

/// Who asks.
package struct Caller: Sendable, Hashable {
  /// Nil for somebody at a machine that is not enrolled.
  package var user: UniqueID?
  package var role: Role

  package init(user: UniqueID?, role: Role) {
    (self.user, self.role) = (user, role)
  }
}
