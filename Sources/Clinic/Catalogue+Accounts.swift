import Documents
import JSON

extension TypeDefinition {
  static let account = TypeDefinition(
    "account", plural: "accounts",
    fields: [
      FieldDefinition("name", .string(maximum: 255), required: true),
      FieldDefinition(
        "status", .choice(Choice(["active", "inactive", "suspended"])), required: true,
        default: "active"),
      FieldDefinition("subscription_tier", .string(maximum: 50)),
      FieldDefinition("max_users", .integer(0...Int(Int32.max))),
    ],
    isServerAuthoritative: true)

  static let clinic = TypeDefinition(
    "clinic", plural: "clinics",
    fields: [
      FieldDefinition("name", .string(maximum: 255), required: true),
      FieldDefinition(
        "timezone", .string(maximum: 50, format: .timeZone), required: true,
        default: "America/New_York"),
      FieldDefinition(
        "clinic_type", .choice(Choice(["primary-care", "specialty", "dental"], isOpen: true))),
      FieldDefinition("clinic_size", .choice(Choice(["solo", "2-5", "6-10", "10plus"]))),
      FieldDefinition("clinic_metadata", .object, required: true, default: [:]),
    ],
    units: [
      UnitRule("name", fields: ["name"], severity: .normal, rule: "U5"),
      UnitRule("timezone", fields: ["timezone"], severity: .normal, rule: "U5"),
      UnitRule("clinic_metadata", fields: ["clinic_metadata"], shape: .map, rule: "U5"),
    ])

  static let accountSettings = TypeDefinition(
    "account_settings", plural: "account_settings",
    fields: [
      FieldDefinition(
        "clinicians_see", .choice(Choice(["own", "clinic", "account"])), required: true,
        default: "account"),
      FieldDefinition("office_staff_edit_patients", .boolean, required: true, default: true),
      FieldDefinition("require_encryption", .boolean, required: true, default: false),
      FieldDefinition(
        "invite_mode", .choice(Choice(["legacy", "both", "patient_first"])), required: true,
        default: "both"),
      FieldDefinition("trash_days", .integer(1...3650), required: true, default: 30),
      FieldDefinition(
        "invite_expiry_days", .integer(InviteLifeCycle.expiryDays), required: true,
        default: .int(InviteLifeCycle.defaultExpiryDays)),
      FieldDefinition("retirement_days", .integer(1...3650), required: true, default: 180),
    ])
}
