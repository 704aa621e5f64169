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

  static let erasureRequest = TypeDefinition(
    "erasure_request", plural: "erasure_requests",
    fields: [
      FieldDefinition("document", .documentKey, required: true),
      FieldDefinition("legal_ground", .string(maximum: 255), required: true),
      FieldDefinition("by", .string(maximum: 255)),
    ],
    isAppendOnly: true)
}
