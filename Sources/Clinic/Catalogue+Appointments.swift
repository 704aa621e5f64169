import Documents
import JSON

extension TypeDefinition {
  static let appointment = TypeDefinition(
    "appointment", plural: "appointments", fields: appointmentFields, units: appointmentUnits,
    indexes: [
      IndexDefinition("clinic_id", "date"), IndexDefinition("doctor_id", "date"),
      IndexDefinition("doctor_id", "starts_at_utc"), IndexDefinition("patient_id"),
      IndexDefinition("clinician_id"), IndexDefinition("date"),
      IndexDefinition("confirmation_code", unique: true),
    ],
    checks: [
      .anyOf(["doctor_id", "clinician_id"]), .slotTimes, .arrival, .overbookReason,
      .confirmationCode,
    ])

  private static let appointmentFields = [
    FieldDefinition("clinic_id", .reference(type: "clinic", onDelete: .restrict), required: true),
    FieldDefinition("doctor_id", .reference(type: "doctor", onDelete: .restrict)),
    FieldDefinition(
      "clinician_id", .reference(type: "user", onDelete: .restrict), aliases: ["provider_id"]),
    FieldDefinition(
      "patient_id", .reference(type: "patient", onDelete: .restrict), required: true,
      proof: Proof(rule: "P10")),
    FieldDefinition("date", .civilDate, required: true),
    FieldDefinition("start_time", .timeOfDay, required: true, aliases: ["time"]),
    FieldDefinition("end_time", .timeOfDay, required: true),
    FieldDefinition("duration", .integer(5...1440), required: true, default: 30),
    FieldDefinition("time_zone", .string(maximum: 50, format: .timeZone)),
    FieldDefinition("utc_offset_minutes", .integer(-1080...1080)),
    FieldDefinition("date_time", .string(maximum: 50), .computed),
    FieldDefinition("starts_at_utc", .timestamp, .computed),
    FieldDefinition("tzdata_version", .string(maximum: 20), .computed),
    FieldDefinition("slot_version", .integer(0...1 << 53), .computed),
    FieldDefinition(
      "visit_type",
      .choice(
        Choice(["in-clinic", "virtual", "home-visit"], aliases: ["in-person": "in-clinic"])),
      aliases: ["appointment_type"]),
    FieldDefinition("visit_category", .choice(Choice(["new-patient", "follow-up"]))),
    FieldDefinition("status", .choice(appointmentStatuses), required: true, default: "unconfirmed"),
    FieldDefinition("legacy_status", .string(maximum: 50)),
    FieldDefinition("cancellation", .reference(type: "cancellation", onDelete: .setNull)),
    FieldDefinition("rescheduled_to", .reference(type: "appointment", onDelete: .setNull)),
    FieldDefinition(
      "intake_status", .choice(Choice(["missing", "sent", "completed"])), required: true,
      default: "missing"),
    FieldDefinition("arrived", .boolean, required: true, default: false),
    FieldDefinition("arrived_at", .timestamp),
    FieldDefinition("meeting_link", .string(maximum: 500, format: .httpsURL)),
    FieldDefinition("notes", .text(maximumBytes: Catalogue.maximumTextByteCount)),
    FieldDefinition(
      "confirmation_code", .string(maximum: 10, format: .confirmationCode), required: true),
    FieldDefinition(
      "code_aliases", .stringSet(maximum: 10, format: .confirmationCode), .readOnly),
    FieldDefinition("overbook", .boolean),
    FieldDefinition("overbook_reason", .string(maximum: 255)),
  ]

  private static let appointmentStatuses = Choice(
    ["confirmed", "unconfirmed", "cancelled", "completed", "no-show"],
    aliases: [
      "scheduled": "unconfirmed", "canceled": "cancelled", "rescheduled": "cancelled",
    ], originalField: "legacy_status")

  private static let statusMeetings = [
    Meeting("status", .value("completed"), .value("cancelled"), .review, rule: "A7"),
    Meeting("status", .value("completed"), .value("no-show"), .review, rule: "A9"),
    Meeting("status", .value("completed"), .any, .auto, rule: "A14"),
    Meeting("status", .value("cancelled"), .value("no-show"), .review, rule: "A8"),
    Meeting("status", .value("cancelled"), .value("cancelled"), .auto, rule: "A10"),
    Meeting(
      "status", .value("cancelled"), .value("confirmed", "unconfirmed", after: "cancelled"),
      .review, rule: "A15"),
    Meeting(
      "status", .value("confirmed", "unconfirmed"), .value("confirmed", "unconfirmed"), .auto,
      rule: "A11"),
  ]

  private static let appointmentUnits = [
    UnitRule(
      "slot",
      fields: [
        "clinic_id", "doctor_id", "clinician_id", "date", "start_time", "end_time", "duration",
        "time_zone", "utc_offset_minutes",
      ], severity: .normal, rule: "A1", compares: ["status", "arrival"], keepsReplacedValue: true),
    UnitRule(
      "place", fields: ["visit_type", "meeting_link"], outcome: .note, rule: "A20"),
    UnitRule(
      "status", fields: ["status", "legacy_status", "cancellation", "rescheduled_to"],
      policy: [
        .ranked(
          field: "status",
          order: ["completed", "cancelled", "no-show", "confirmed", "unconfirmed"]),
        .earliest(field: "status", value: "cancelled"),
      ], severity: .normal, compares: ["slot", "arrival"], keepsReplacedValue: true,
      meetings: statusMeetings),
    UnitRule(
      "intake_status", fields: ["intake_status"],
      policy: [.ranked(field: "intake_status", order: ["completed", "sent", "missing"])],
      outcome: .auto, rule: "A21"),
    UnitRule(
      "arrival", fields: ["arrived", "arrived_at"],
      policy: [.truth(field: "arrived"), .smallest(field: "arrived_at")], outcome: .auto,
      rule: "A12", compares: ["slot", "status"]),
    UnitRule("notes", fields: ["notes"], outcome: .note, rule: "P4"),
    UnitRule("code", fields: ["confirmation_code"], rule: "A19"),
  ]

  static let cancellation = TypeDefinition(
    "cancellation", plural: "cancellations",
    fields: [
      FieldDefinition(
        "appointment_id", .reference(type: "appointment", onDelete: .cascade), required: true),
      FieldDefinition(
        "clinic_id", .reference(type: "clinic", onDelete: .restrict), required: true),
      FieldDefinition(
        "patient_id", .reference(type: "patient", onDelete: .restrict), required: true),
      FieldDefinition("cancelled_by_id", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("cancelled_by_name", .string(maximum: 255)),
      FieldDefinition(
        "cancellation_type",
        .choice(
          Choice([
            "patient-cancelled", "no-show", "rescheduled-externally", "clinic-cancelled", "other",
          ])), required: true),
      FieldDefinition("reason_note", .text(maximumBytes: Catalogue.maximumTextByteCount)),
      FieldDefinition("reinstated_at", .timestamp),
      FieldDefinition("reinstated_by", .reference(type: "user", onDelete: .setNull)),
      FieldDefinition("disputed", .boolean),
    ],
    indexes: [IndexDefinition("appointment_id"), IndexDefinition("patient_id")],
    isAppendOnly: true)
}
