package import Causality
package import Clinic

/// Who asks.
package struct Caller: Sendable, Hashable {
  /// Nil for somebody at a machine that is not enrolled.
  package var user: UniqueID?
  package var role: Role

  package init(user: UniqueID?, role: Role) {
    (self.user, self.role) = (user, role)
  }
}
