import Documents
import JSON

extension TypeDefinition {
  static let availability = TypeDefinition(
    "recurring_availability", plural: "recurring_availability",
    fields: [
      FieldDefinition(
        "clinician_id", .reference(type: "user", onDelete: .restrict), required: true,
        aliases: ["provider_id"]),
      FieldDefinition("clinic_id", .reference(type: "clinic", onDelete: .restrict)),
      FieldDefinition("days_of_week", .array(of: .integer(0...6)), required: true),
      FieldDefinition("time_slots", .array(of: .timeOfDay), required: true),
      FieldDefinition("slot_minutes", .integer(5...1440), required: true, default: 30),
      FieldDefinition("start_date", .civilDate, required: true),
      FieldDefinition("valid_until", .civilDate),
      FieldDefinition("time_zone", .string(maximum: 50, format: .timeZone)),
      // One day, one time, and a second name of the last day.
      FieldDefinition("day_of_week", .integer(0...6), .request),
      FieldDefinition("time", .timeOfDay, .request),
      FieldDefinition("end_date", .civilDate, .request),
    ],
    units: [
      UnitRule(
        "rule",
        fields: [
          "days_of_week", "time_slots", "slot_minutes", "start_date", "valid_until", "time_zone",
        ], severity: .normal, rule: "V1")
    ],
    checks: [.singularAvailability])

  /// One slot of one day that differs from the weekly rules.
  static let availabilityOverride = TypeDefinition(
    "availability_override", plural: "availability_overrides",
    fields: [
      FieldDefinition(
        "clinician_id", .reference(type: "user", onDelete: .restrict), required: true,
        aliases: ["provider_id"]),
      FieldDefinition("date", .civilDate, required: true),
      FieldDefinition("time_slot", .timeOfDay, required: true),
      FieldDefinition("available", .boolean, required: true),
    ],
    units: [
      UnitRule("slot", fields: ["clinician_id", "date", "time_slot"], rule: "L3"),
      UnitRule(
        "available", fields: ["available"], policy: [.falsehood(field: "available")], rule: "L3"),
    ],
    indexes: [IndexDefinition("clinician_id", "date")])
}
