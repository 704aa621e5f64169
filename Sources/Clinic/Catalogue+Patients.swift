import Documents
import JSON

extension TypeDefinition {
  static let patient = TypeDefinition(
    "patient", plural: "patients",
    fields: [
      FieldDefinition("email", .string(maximum: 255, format: .email)),
      FieldDefinition("email_norm", .string(maximum: 255), .computed),
      FieldDefinition("first_name", .string(maximum: 100), required: true),
      FieldDefinition("last_name", .string(maximum: 100), required: true),
      FieldDefinition("full_name", .string(maximum: 255), .computed),
      FieldDefinition("phone", .string(maximum: 20)),
      FieldDefinition("external_id", .string(maximum: 100)),
      FieldDefinition("date_of_birth", .civilDate),
      FieldDefinition("notes", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition(
        "status", .choice(Choice(["pending", "active", "inactive", "archived"])), required: true,
        default: "active"),
      FieldDefinition(
        "clinician_id", .reference(type: "user", onDelete: .setNull), aliases: ["provider_id"]),
      FieldDefinition("clinician_name", .string(maximum: 255), .computed),
      FieldDefinition("clinic_id", .reference(type: "clinic", onDelete: .restrict)),
      FieldDefinition("user_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition(
        "merged_into", .reference(type: "patient", onDelete: .restrict), .readOnly,
        proof: Proof(rule: "P21")),
      FieldDefinition("has_pending_invite", .boolean, .computed),
      FieldDefinition("allow_duplicate_email", .boolean, .request),
      .importRuns,
    ],
    units: patientUnits,
    indexes: [
      IndexDefinition("clinician_id"), IndexDefinition("email_norm", unique: true),
      IndexDefinition("external_id", unique: true), IndexDefinition("clinic_id"),
      IndexDefinition("user_id", unique: true), IndexDefinition("merged_into"),
    ])

  /// Every unit is compared with `merged_into`, and it with all: an edit must be known to have seen
  /// the merge or not.
  private static let patientUnits: [UnitRule] = {
    let edited = [
      UnitRule("email", fields: ["email"], severity: .normal, rule: "P2"),
      UnitRule(
        "identity", fields: ["first_name", "last_name", "date_of_birth"], severity: .normal,
        rule: "P3"),
      UnitRule("phone", fields: ["phone"], severity: .normal, rule: "P2"),
      UnitRule("external_id", fields: ["external_id"]),
      UnitRule("notes", fields: ["notes"], outcome: .note, rule: "P4"),
      UnitRule(
        "status", fields: ["status"],
        policy: [.ranked(field: "status", order: ["active", "pending", "inactive", "archived"])],
        outcome: .auto, severity: .normal, rule: "P5", keepsKnowledge: true,
        meetings: [Meeting("status", .value("archived"), .any, .review, rule: "P5")]),
      UnitRule(
        "assignment", fields: ["clinician_id", "clinic_id"],
        policy: [.present(field: "clinician_id")], rule: "P6"),
      UnitRule("user_id", fields: ["user_id"], severity: .urgent, rule: "P7"),
    ]
    let merge = UnitRule(
      "merged_into", fields: ["merged_into"],
      policy: [.present(field: "merged_into"), .earliest()], outcome: .auto, severity: .normal,
      rule: "P20", compares: UnitRule.allUnits,
      meetings: [
        Meeting("merged_into", .present, .present, .review, rule: "P19")
      ])
    return edited.map { $0.comparing(with: [merge.name]) } + [merge, .importRuns]
  }()
}
