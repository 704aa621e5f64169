import Documents
import JSON

extension TypeDefinition {
  static let invite = TypeDefinition(
    "invite", plural: "invites",
    fields: [
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .cascade), required: true,
        proof: Proof(rule: "I11", when: ("status", "accepted"))),
      FieldDefinition("email", .string(maximum: 255, format: .email), required: true),
      FieldDefinition("first_name", .string(maximum: 100)),
      FieldDefinition("last_name", .string(maximum: 100)),
      FieldDefinition("token", .string(maximum: 255), .serverOnly),
      FieldDefinition("token_hashes", .stringSet(maximum: 64, format: .digest), .readOnly),
      FieldDefinition(
        "clinician_id", .reference(type: "user", onDelete: .restrict), aliases: ["provider_id"]),
      FieldDefinition(
        "status",
        .choice(
          Choice(
            ["pending", "accepted", "expired", "revoked"], aliases: ["completed": "accepted"])),
        required: true, default: "pending"),
      FieldDefinition("expires_at", .timestamp, required: true),
      FieldDefinition("accepted_at", .timestamp, aliases: ["completed_at"]),
      FieldDefinition("user_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("revoked_at", .timestamp),
      FieldDefinition("revoked_by", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("revoke_reason", .string(maximum: 255)),
      FieldDefinition("superseded_by", .reference(type: "invite", onDelete: .setNull)),
      FieldDefinition("access_hold", .boolean, .readOnly),
      FieldDefinition("custom_message", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition("send_email", .boolean),
      FieldDefinition("email_sent_at", .timestamp, .readOnly),
      FieldDefinition("expiry_days", .integer(InviteLifeCycle.expiryDays), .request),
      .importRuns,
    ],
    units: [
      UnitRule(
        "lifecycle",
        fields: [
          "status", "accepted_at", "user_id", "revoked_at", "revoked_by", "revoke_reason",
          "superseded_by",
        ],
        policy: [.ranked(field: "status", order: ["accepted", "revoked", "expired", "pending"])],
        outcome: .auto, severity: .urgent, rule: "I3", compares: ["expiry"],
        meetings: [
          Meeting(
            "status", .value("accepted"),
            .value("revoked").unless("revoke_reason", InviteLifeCycle.consequences), .review,
            severity: .urgent, rule: "I1"),
          Meeting("status", .value("accepted"), .value("revoked"), .auto, rule: "I7"),
          Meeting("status", .value("accepted"), .value("expired"), .auto, rule: "I2"),
          Meeting(
            "status", .value("accepted"), .value("accepted"), .review, severity: .urgent,
            rule: "I8"),
        ]),
      UnitRule(
        "expiry", fields: ["expires_at"], rule: "I5", compares: ["lifecycle"],
        keepsReplacedValue: true),
      UnitRule("message", fields: ["custom_message"]),
      UnitRule(
        "email_sent_at", fields: ["email_sent_at"], policy: [.present(field: "email_sent_at")],
        outcome: .auto),
      UnitRule(
        "access_hold", fields: ["access_hold"], policy: [.truth(field: "access_hold")],
        outcome: .note, rule: "I1"),
      .importRuns,
    ],
    indexes: [
      IndexDefinition("token_hashes", unique: true), IndexDefinition("patient_id"),
      IndexDefinition("clinician_id"), IndexDefinition("email"),
    ],
    checks: [.inviteExpiry])
}
