import Documents
import JSON

extension TypeDefinition {
  static let intakeForm = TypeDefinition(
    "intake_form", plural: "intake_forms",
    fields: [
      FieldDefinition(
        "clinic_id", .reference(type: "clinic", onDelete: .restrict), required: true),
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .cascade), required: true,
        proof: Proof(rule: "P10")),
      FieldDefinition("appointment_id", .reference(type: "appointment", onDelete: .setNull)),
      FieldDefinition("raw_answers", .object, required: true, default: [:]),
      FieldDefinition(
        "status", .choice(Choice(["pending", "submitted", "reviewed"])), required: true,
        default: "pending"),
      FieldDefinition("submitted_at", .timestamp),
    ],
    units: [
      UnitRule(
        "raw_answers", fields: ["raw_answers"], shape: .map, severity: .normal, rule: "F1",
        compares: ["status"]),
      UnitRule(
        "status", fields: ["status", "submitted_at"],
        policy: [.ranked(field: "status", order: ["reviewed", "submitted", "pending"])],
        outcome: .auto, rule: "F1", compares: ["raw_answers"]),
    ],
    checks: [.time("submitted_at", whenStatusIs: ["submitted", "reviewed"])])

  static let intakeSummary = TypeDefinition(
    "ai_intake_summary", plural: "ai_intake_summaries",
    fields: [
      FieldDefinition(
        "clinic_id", .reference(type: "clinic", onDelete: .restrict), required: true),
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .cascade), required: true),
      FieldDefinition(
        "appointment_id", .reference(type: "appointment", onDelete: .cascade), required: true),
      FieldDefinition(
        "intake_form_id", .reference(type: "intake_form", onDelete: .cascade), required: true),
      FieldDefinition(
        "summary_text", .text(maximumBytes: Catalogue.maximumTextByteCount), required: true),
      FieldDefinition("patient_concerns", .array(of: .string(maximum: 1000))),
      FieldDefinition("medications", .array(of: .string(maximum: 1000))),
      FieldDefinition("allergies", .array(of: .string(maximum: 1000))),
      FieldDefinition("key_notes", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition(
        "model_version", .string(maximum: 50), required: true, default: "gpt-4"),
      FieldDefinition(
        "status", .choice(Choice(["generating", "generated", "failed", "edited"])),
        required: true, default: "generated"),
      FieldDefinition("generated_at", .timestamp, required: true),
    ],
    units: [
      UnitRule(
        "summary",
        fields: [
          "summary_text", "patient_concerns", "medications", "allergies", "key_notes",
          "model_version", "status", "generated_at",
        ],
        policy: [
          .ranked(field: "status", order: ["edited", "generated", "generating", "failed"])
        ],
        outcome: .note, severity: .normal, rule: "F2",
        meetings: [Meeting("status", .value("edited"), .value("edited"), .review, rule: "F2")])
    ],
    checks: [.time("generated_at", whenStatusIs: [])])
}
