package import Documents
import JSON

/// Works out review items: a pure function of the merged documents, the catalogue, the time-zone data
/// and the day (DESIGN, rule 23).
package struct Reviewer {
  package typealias Subject = MergedClinic.Subject

  let clinic: MergedClinic
  let validator: Validator
  let ids: StableID

  package init(_ clinic: MergedClinic, validator: Validator, ids: StableID) {
    self.clinic = clinic
    self.validator = validator
    self.ids = ids
  }

  /// The items that a document takes part in and nobody has decided. An item of two documents comes
  /// from both, with the same id.
  package func items(of key: DocumentKey) -> [ReviewItem] {
    guard let subject = clinic.living(key) else { return [] }
    return ReviewRule.all.filter { $0.concerns(key.type) }.flatMap { $0.items(self, subject) }
      .filter { !isDecided($0) }
  }

  /// Whether somebody has decided an item as it is now. Two people may have decided at once: each
  /// decision counts for what its author saw.
  private func isDecided(_ item: ReviewItem) -> Bool {
    guard let decision = clinic.living(ReviewDecision.key(of: item, ids: ids)) else { return false }
    return decision.document.contentUnits.contains { unit in
      unit.versions.contains { version in
        version.value["dots"]?.arrayValue?.compactMap(\.stringValue) == item.dots
      }
    }
  }
}

/// One reason for items, of documents of some types or of all.
struct ReviewRule: Sendable {
  let types: [String]?
  let items: @Sendable (Reviewer, Reviewer.Subject) -> [ReviewItem]

  func concerns(_ type: String) -> Bool { types?.contains(type) ?? true }

  static let all = [
    ReviewRule(types: nil) { $0.unitConflicts($1) },
    ReviewRule(types: nil) { $0.broughtBack($1) },
    ReviewRule(types: nil) { $0.invalid($1) },
    ReviewRule(types: nil) { $0.danglingReferences($1) },
    ReviewRule(types: ["patient"]) { $0.patientItems($1) },
    ReviewRule(types: ["invite"]) { $0.inviteItems($1) },
    ReviewRule(types: ["appointment"]) { $0.appointmentItems($1) },
    ReviewRule(types: ["appointment"]) { $0.collisions($1) },
    ReviewRule(types: ["appointment"]) { $0.bookingItems($1) },
    ReviewRule(types: ["user"]) { $0.usersWithOneEmail($1) },
    ReviewRule(types: ["intake_form", "ai_intake_summary"]) { $0.severalForAppointment($1) },
    ReviewRule(types: ["intake_form"]) { $0.editedAfterReview($1) },
    ReviewRule(types: ["availability_override"]) { $0.contraryOverrides($1) },
  ]
}
