import Documents
import JSON

extension TypeDefinition {
  static let chatSession = TypeDefinition(
    "chat_session", plural: "chat_sessions",
    fields: [
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .cascade), required: true),
      FieldDefinition(
        "status", .choice(Choice(["in_progress", "completed", "abandoned"])), required: true,
        default: "in_progress"),
      FieldDefinition(
        "source", .choice(Choice(["invite", "direct", "provider"], isOpen: true)), required: true,
        default: "direct"),
      FieldDefinition("completed_at", .timestamp),
      .importRuns,
    ],
    units: [
      .importRuns,
      UnitRule(
        "status", fields: ["status", "completed_at"],
        policy: [.ranked(field: "status", order: ["completed", "abandoned", "in_progress"])],
        outcome: .auto, rule: "L1"),
    ],
    indexes: [IndexDefinition("patient_id")],
    checks: [.time("completed_at", whenStatusIs: ["completed"])])

  static let chatQuestion = TypeDefinition(
    "chat_question", plural: "chat_questions",
    fields: [
      FieldDefinition("number", .integer(1...Int(Int32.max)), .readOnly),
      FieldDefinition(
        "text", .text(maximumBytes: Catalogue.maximumTextByteCount), required: true),
      FieldDefinition(
        "question_type",
        .choice(Choice(["multiple_choice", "text", "yes_no", "number"], isOpen: true)),
        required: true),
      FieldDefinition("options", .json),
      FieldDefinition("next_question_logic", .json),
      FieldDefinition("category", .string(maximum: 100)),
      FieldDefinition("is_active", .boolean, required: true, default: true),
    ],
    indexes: [IndexDefinition("category"), IndexDefinition("number", unique: true)])

  static let chatAnswer = TypeDefinition(
    "chat_answer", plural: "chat_answers",
    fields: [
      FieldDefinition(
        "session_id", .reference(type: "chat_session", onDelete: .cascade), required: true),
      FieldDefinition(
        "question_id", .reference(type: "chat_question", onDelete: .restrict), required: true),
      FieldDefinition(
        "answer", .text(maximumBytes: Catalogue.maximumTextByteCount), required: true),
    ],
    indexes: [
      IndexDefinition("session_id"), IndexDefinition("question_id"),
      IndexDefinition("session_id", "question_id"),
    ],
    isAppendOnly: true)

  static let eligibilityResult = TypeDefinition(
    "eligibility_result", plural: "eligibility_results",
    fields: [
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .cascade), required: true),
      FieldDefinition(
        "session_id", .reference(type: "chat_session", onDelete: .cascade), required: true),
      FieldDefinition("is_eligible", .boolean, required: true),
      FieldDefinition("nccn_eligible", .boolean),
      FieldDefinition("tc_score", .string(maximum: 40)),
      FieldDefinition("factors", .json),
      FieldDefinition("provider_reviewed", .boolean, required: true, default: false),
      FieldDefinition("provider_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("review_notes", .text(maximumBytes: Catalogue.maximumTextByteCount)),
    ],
    units: [
      UnitRule("is_eligible", fields: ["is_eligible"], severity: .normal, rule: "R1"),
      UnitRule(
        "provider_reviewed", fields: ["provider_reviewed"],
        policy: [.truth(field: "provider_reviewed")], outcome: .auto, rule: "R1"),
      UnitRule("review_notes", fields: ["review_notes"], outcome: .note, rule: "R1"),
    ],
    indexes: [
      IndexDefinition("patient_id"), IndexDefinition("session_id"),
      IndexDefinition("provider_id"),
    ])

  static let labOrder = TypeDefinition(
    "lab_order", plural: "lab_orders",
    fields: [
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .restrict), required: true,
        proof: Proof(rule: "P10")),
      FieldDefinition(
        "provider_id", .reference(type: "user", onDelete: .restrict), required: true),
      FieldDefinition(
        "eligibility_result_id", .reference(type: "eligibility_result", onDelete: .restrict),
        required: true),
      FieldDefinition("test_type", .string(maximum: 100), required: true),
      FieldDefinition("lab_id", .string(maximum: 100)),
      FieldDefinition(
        "status", .choice(Choice(["ordered", "processing", "completed", "cancelled"])),
        required: true, default: "ordered"),
      FieldDefinition("ordered_at", .timestamp),
      FieldDefinition("external_order_id", .string(maximum: 255)),
      FieldDefinition("insurance_information", .json),
      FieldDefinition("notes", .text(maximumBytes: Catalogue.maximumTextByteCount)),
    ],
    units: [
      UnitRule(
        "status", fields: ["status"],
        policy: [
          .ranked(field: "status", order: ["completed", "cancelled", "processing", "ordered"])
        ],
        outcome: .auto, severity: .normal, rule: "R2",
        meetings: [Meeting("status", .value("cancelled"), .value("completed"), .review, rule: "R2")]
      ),
      UnitRule("notes", fields: ["notes"], outcome: .note, rule: "P4"),
    ],
    indexes: [
      IndexDefinition("patient_id"), IndexDefinition("provider_id"),
      IndexDefinition("eligibility_result_id"), IndexDefinition("external_order_id"),
    ])

  static let labResult = TypeDefinition(
    "lab_result", plural: "lab_results",
    fields: [
      FieldDefinition(
        "order_id", .reference(type: "lab_order", onDelete: .restrict), required: true),
      FieldDefinition(
        "status", .choice(Choice(["pending", "available", "reviewed"])), required: true,
        default: "pending"),
      FieldDefinition("result_data", .json),
      FieldDefinition("raw_result", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition("received_at", .timestamp),
      FieldDefinition("reviewed_at", .timestamp),
      FieldDefinition("reviewer_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("clinical_significance", .string(maximum: 100)),
    ],
    units: [
      UnitRule(
        "status", fields: ["status", "reviewed_at", "reviewer_id"],
        policy: [.ranked(field: "status", order: ["reviewed", "available", "pending"])],
        outcome: .auto, rule: "L2"),
      UnitRule(
        "result", fields: ["result_data", "raw_result", "received_at"], severity: .normal,
        rule: "L2"),
    ],
    indexes: [IndexDefinition("order_id"), IndexDefinition("reviewer_id")],
    writeOnce: ["result_data", "raw_result", "received_at"])
}
