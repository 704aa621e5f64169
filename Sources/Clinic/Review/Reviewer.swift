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
  package func items(of key: DocumentKey) -> [ReviewItem] { review(of: key).items }

  /// The same, and whether somebody has decided an item that looks at other documents: a write that concerns
  /// nobody else may open it again.
  func review(of key: DocumentKey) -> (items: [ReviewItem], hasDecided: Bool) {
    review(of: key, ReviewRule.all)
  }

  /// Those items again after a write that concerns nobody else: only what the document says by itself
  /// is worked out.
  /// - Parameter before: the items as they were before the write.
  package func items(of key: DocumentKey, updating before: [ReviewItem]) -> [ReviewItem] {
    review(of: key, ReviewRule.ofOneDocument).items + before.filter(\.looksBeyond)
  }

  private func review(
    of key: DocumentKey, _ rules: [ReviewRule]
  ) -> (items: [ReviewItem], hasDecided: Bool) {
    guard let subject = clinic.living(key) else { return ([], false) }
    var items: [ReviewItem] = []
    var hasDecided = false
    for rule in rules where rule.concerns(key.type) {
      for var item in rule.items(self, subject) {
        item.looksBeyond = rule.looksBeyond
        if !isDecided(item) {
          items.append(item)
        } else if rule.looksBeyond {
          hasDecided = true
        }
      }
    }
    return (items, hasDecided)
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
  /// Whether it looks at other documents, or at units that other documents look at: a write to none of
  /// them changes nothing for it.
  let looksBeyond: Bool
  let items: @Sendable (Reviewer, Reviewer.Subject) -> [ReviewItem]

  func concerns(_ type: String) -> Bool { types?.contains(type) ?? true }

  private static func own(
    _ items: @escaping @Sendable (Reviewer, Reviewer.Subject) -> [ReviewItem]
  ) -> ReviewRule {
    ReviewRule(types: nil, looksBeyond: false, items: items)
  }

  private static func beyond(
    _ types: [String]?,
    _ items: @escaping @Sendable (Reviewer, Reviewer.Subject) -> [ReviewItem]
  ) -> ReviewRule {
    ReviewRule(types: types, looksBeyond: true, items: items)
  }

  /// Those that look at nothing else.
  static let ofOneDocument = all.filter { !$0.looksBeyond }

  static let all = [
    own { $0.unitConflicts($1) },
    own { $0.broughtBack($1) },
    own { $0.invalid($1) },
    ReviewRule(types: ["refused_change"], looksBeyond: true) { $0.refusedChange($1) },
    beyond(nil) { $0.danglingReferences($1) },
    beyond(["patient"]) { $0.patientItems($1) },
    beyond(["invite"]) { $0.inviteItems($1) },
    beyond(["appointment"]) { $0.appointmentItems($1) },
    beyond(["appointment"]) { $0.collisions($1) },
    beyond(["appointment"]) { $0.bookingItems($1) },
    beyond(["user"]) { $0.usersWithOneEmail($1) },
    beyond(["intake_form", "ai_intake_summary"]) { $0.severalForAppointment($1) },
    beyond(["intake_form"]) { $0.editedAfterReview($1) },
    beyond(["availability_override"]) { $0.contraryOverrides($1) },
  ]
}
