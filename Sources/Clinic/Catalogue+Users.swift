import Documents
import JSON

extension TypeDefinition {
  static let user = TypeDefinition(
    "user", plural: "users",
    fields: [
      FieldDefinition("email", .string(maximum: 255, format: .email), required: true),
      FieldDefinition("email_norm", .string(maximum: 255), .computed),
      FieldDefinition("password", .string(maximum: 255), .serverOnly),
      FieldDefinition("password_hash", .string(maximum: 255), .serverOnly),
      FieldDefinition("google_id", .string(maximum: 255), .serverOnly),
      FieldDefinition("name", .string(maximum: 255), required: true),
      FieldDefinition("first_name", .string(maximum: 100)),
      FieldDefinition("last_name", .string(maximum: 100)),
      FieldDefinition("full_name", .string(maximum: 255), .computed),
      FieldDefinition("role", .choice(userRoles), required: true),
      FieldDefinition("role_source", .string(maximum: 50)),
      FieldDefinition(
        "status", .choice(Choice(["active", "inactive", "invited", "suspended"])), required: true,
        default: "active"),
      FieldDefinition("clinic_id", .reference(type: "clinic", onDelete: .restrict)),
      FieldDefinition("doctor_id", .reference(type: "doctor", onDelete: .setNull)),
      FieldDefinition("last_login", .timestamp, .readOnly),
    ],
    units: [
      UnitRule(
        "role", fields: ["role", "role_source"],
        policy: [.ranked(field: "role", order: leastPrivilegeFirst)], severity: .normal, rule: "U3"),
      UnitRule(
        "status", fields: ["status"],
        policy: [.ranked(field: "status", order: ["suspended", "inactive", "invited", "active"])],
        severity: .normal, rule: "U3"),
      UnitRule(
        "last_login", fields: ["last_login"], policy: [.present(field: "last_login")],
        outcome: .auto),
    ],
    indexes: [
      IndexDefinition("email_norm", unique: true), IndexDefinition("clinic_id"),
      IndexDefinition("doctor_id"),
    ],
    isServerAuthoritative: true,
    checks: [.wholeName])

  static let doctor = TypeDefinition(
    "doctor", plural: "doctors",
    fields: [
      FieldDefinition(
        "clinic_id", .reference(type: "clinic", onDelete: .restrict), required: true),
      FieldDefinition("user_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("name", .string(maximum: 255), required: true),
      FieldDefinition("initials", .string(maximum: 10)),
      FieldDefinition("specialty", .string(maximum: 100)),
      FieldDefinition("color", .string(maximum: 20, format: .color)),
      FieldDefinition(
        "status", .choice(Choice(["active", "inactive"])), required: true, default: "active"),
    ],
    units: ["name", "initials", "specialty", "color"].map {
      UnitRule($0, fields: [$0], rule: "L3")
    },
    indexes: [IndexDefinition("clinic_id"), IndexDefinition("user_id", unique: true)])

  private static let userRoles = Choice(
    leastPrivilegeFirst.reversed(), aliases: ["doctor": "clinician"], originalField: "role_source")

  private static let leastPrivilegeFirst = [
    "patient", "office_staff", "clinician", "admin", "owner", "account_admin", "super_admin",
  ]
}
