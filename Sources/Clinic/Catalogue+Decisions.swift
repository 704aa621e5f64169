import Documents
import JSON

extension TypeDefinition {
  /// What a person decided about a review item. Its id is a hash of the item, so two decisions about
  /// one item meet in one document.
  static let reviewDecision = TypeDefinition(
    "review_decision", plural: "review_decisions",
    fields: [
      FieldDefinition("rule", .string(maximum: 20), required: true),
      FieldDefinition("documents", .array(of: .documentKey), required: true),
      FieldDefinition("dots", .array(of: .string(maximum: 80)), required: true),
      FieldDefinition("action", .string(maximum: 50), required: true),
      FieldDefinition("reason", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition("by", .string(maximum: 255)),
    ],
    units: [
      UnitRule(
        "decision", fields: ["rule", "documents", "dots", "action", "reason", "by"], outcome: .note)
    ])

  /// Says that a transaction was refused and put back (DESIGN, rule 21); what it wrote is told to nobody
  /// but its author and the server's administrators.
  static let refusedChange = TypeDefinition(
    "refused_change", plural: "refused_changes",
    fields: [
      FieldDefinition("transaction", .string(maximum: 80), required: true),
      FieldDefinition("documents", .array(of: .documentKey), required: true),
      FieldDefinition("reason", .string(maximum: 255), required: true),
      FieldDefinition("author_id", .string(maximum: 36)),
      FieldDefinition("device_id", .string(maximum: 36), required: true),
      FieldDefinition("written_at", .timestamp, required: true),
    ],
    isAppendOnly: true, isServerAuthoritative: true)

  static let erasureRequest = TypeDefinition(
    "erasure_request", plural: "erasure_requests",
    fields: [
      FieldDefinition("document", .documentKey, required: true),
      FieldDefinition("legal_ground", .string(maximum: 255), required: true),
      FieldDefinition("by", .string(maximum: 255)),
    ],
    isAppendOnly: true)
}
