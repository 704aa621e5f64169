package import Documents

/// The rules of a made-up type in which every kind of unit and policy occurs.
package enum SampleRules {
  package static let visit = TypeRules(
    type: "visit",
    units: [
      UnitRule("name", fields: ["given", "family"]),
      UnitRule(
        "status", fields: ["status"],
        policy: [.ranked(field: "status", order: ["cancelled", "confirmed", "planned"])],
        compares: ["slot"]),
      UnitRule(
        "slot", fields: ["start", "room"], policy: [.smallest(field: "start")],
        compares: ["status"], keepsReplacedValue: true),
      UnitRule("urgent", fields: ["urgent"], policy: [.truth(field: "urgent")], outcome: .auto),
      UnitRule("tags", fields: ["tags"], shape: .set, outcome: .auto),
      UnitRule("contacts", fields: ["contacts"], shape: .map),
    ],
    fieldOrder: ["given", "family", "status", "start", "room", "urgent", "tags", "contacts"])

  package static let all = MergeRules([visit])
}
