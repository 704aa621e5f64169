import Clinic
import Documents
import JSON
import Testing

struct CatalogueTests {
  @Test(arguments: Catalogue.standard.types.map(\.name))
  func `every stored field is in exactly one unit, and a unit names only stored fields`(
    name: String
  ) throws {
    let type = try #require(Catalogue.standard.type(named: name))
    let stored = type.fields.filter(\.isStored).map(\.name)
    #expect(type.units.flatMap(\.fields).sorted() == stored.sorted())
    #expect(Set(type.units.map(\.name)).count == type.units.count)
    let inputNames = type.fields.flatMap { [$0.name] + $0.aliases }
    #expect(Set(inputNames).count == inputNames.count)
    for unit in type.units where unit.shape != .fields { #expect(unit.fields.count == 1) }
  }

  @Test(arguments: Catalogue.standard.types.map(\.name))
  func `units are compared in both directions`(name: String) throws {
    let type = try #require(Catalogue.standard.type(named: name))
    for unit in type.units where unit.compares != UnitRule.allUnits {
      for other in unit.compares {
        let compared = try #require(type.units.first { $0.name == other })
        #expect(
          compared.compares == UnitRule.allUnits || compared.compares.contains(unit.name))
      }
    }
  }

  @Test(arguments: [
    (
      "patient", "identity", ["first_name", "last_name", "date_of_birth"], MergeOutcome.review, "P3"
    ),
    ("patient", "email", ["email"], .review, "P2"), ("patient", "phone", ["phone"], .review, "P2"),
    ("patient", "notes", ["notes"], .note, "P4"), ("patient", "status", ["status"], .auto, "P5"),
    ("patient", "assignment", ["clinician_id", "clinic_id"], .review, "P6"),
    ("patient", "user_id", ["user_id"], .review, "P7"),
    (
      "invite", "lifecycle",
      [
        "status", "accepted_at", "user_id", "revoked_at", "revoked_by", "revoke_reason",
        "superseded_by",
      ], .auto, "I3"
    ),
    ("invite", "message", ["custom_message"], .review, "-"),
    ("invite", "expiry", ["expires_at"], .review, "I5"),
    (
      "appointment", "slot",
      [
        "clinic_id", "doctor_id", "clinician_id", "date", "start_time", "end_time", "duration",
        "time_zone", "utc_offset_minutes",
      ], .review, "A1"
    ),
    (
      "appointment", "status", ["status", "legacy_status", "cancellation", "rescheduled_to"],
      .review, "-"
    ),
    ("appointment", "arrival", ["arrived", "arrived_at"], .auto, "A12"),
    ("appointment", "place", ["visit_type", "meeting_link"], .note, "A20"),
    ("appointment", "visit_category", ["visit_category"], .review, "-"),
    ("appointment", "intake_status", ["intake_status"], .auto, "A21"),
    ("appointment", "code", ["confirmation_code"], .review, "A19"),
    ("user", "status", ["status"], .review, "U3"),
    ("clinic", "clinic_metadata", ["clinic_metadata"], .review, "U5"),
  ])
  func `fields are grouped as a clinic wants them`(
    type: String, unit: String, fields: [String], outcome: MergeOutcome, rule: String
  ) {
    let definition = Catalogue.standard.rules.type(type).unit(named: unit)
    #expect(definition.fields == fields)
    #expect(definition.outcome == outcome)
    #expect(definition.rule == rule)
    for field in fields {
      #expect(Catalogue.standard.rules.type(type).unit(holding: field).name == unit)
    }
  }

  @Test(arguments: [
    ("patient", "status", ["active", "pending", "inactive", "archived"]),
    ("invite", "lifecycle", ["accepted", "revoked", "expired", "pending"]),
    ("appointment", "status", ["completed", "cancelled", "no-show", "confirmed", "unconfirmed"]),
    ("appointment", "intake_status", ["completed", "sent", "missing"]),
    ("user", "status", ["suspended", "inactive", "invited", "active"]),
  ])
  func `statuses are ranked`(type: String, unit: String, order: [String]) {
    let policy = Catalogue.standard.rules.type(type).unit(named: unit).policy
    #expect(policy.first == .ranked(field: unit == "lifecycle" ? "status" : unit, order: order))
  }

  @Test func `slot, status and expiry keep what they replaced, and only they`() {
    let keeping = Catalogue.standard.types.flatMap(\.units).filter(\.keepsReplacedValue)
    #expect(keeping.map(\.name) == ["expiry", "slot", "status"])
  }

  @Test func `a merge of patients is compared with every other unit`() {
    let units = Catalogue.standard.type(named: "patient")?.units ?? []
    let merge = units.first { $0.name == "merged_into" }
    #expect(merge?.compares == UnitRule.allUnits)
  }

  @Test func `sets and maps have units by element and key`() {
    let rules = Catalogue.standard.rules
    #expect(rules.type("invite").unit(named: "token_hashes").shape == .set)
    #expect(rules.type("appointment").unit(named: "code_aliases").shape == .set)
    #expect(rules.type("clinic").unit(named: "clinic_metadata/phone").shape == .map)
  }

  @Test func `fields are shown in schema order, the envelope around them`() {
    let order = Catalogue.standard.type(named: "doctor")?.visibleFieldOrder
    #expect(
      order == [
        "id", "type", "schema_version", "account_id", "clinic_id", "user_id", "name", "initials",
        "specialty", "color", "status", "created_at", "created_by", "updated_at", "updated_by",
      ])
    let user = Catalogue.standard.type(named: "user")?.visibleFieldOrder ?? []
    #expect(!user.contains("password_hash") && !user.contains("google_id"))
  }

  @Test func `references name known types`() {
    for field in Catalogue.standard.types.flatMap(\.fields) {
      if case .reference(let type, _) = field.kind {
        #expect(Catalogue.standard.type(named: type) != nil)
      }
    }
  }

  @Test(arguments: [
    ("patient", "clinician_id", "user", ReferenceAction.setNull),
    ("patient", "clinic_id", "clinic", .restrict), ("patient", "user_id", "user", .setNull),
    ("invite", "patient_id", "patient", .cascade), ("invite", "clinician_id", "user", .restrict),
    ("appointment", "patient_id", "patient", .restrict),
    ("appointment", "doctor_id", "doctor", .restrict),
    ("cancellation", "appointment_id", "appointment", .cascade),
    ("cancellation", "cancelled_by_id", "user", .setNull),
    ("doctor", "clinic_id", "clinic", .restrict), ("doctor", "user_id", "user", .setNull),
    ("user", "doctor_id", "doctor", .setNull),
  ])
  func `a delete does to references what the schema says`(
    type: String, field: String, target: String, action: ReferenceAction
  ) {
    guard
      case .reference(target, action) = Catalogue.standard.type(named: type)?.field(named: field)?
        .kind
    else {
      Issue.record("not a reference to \(target) with \(action)")
      return
    }
  }

  @Test
  func
    `cancellations, answers and requests are append-only, users and accounts the server's`()
  {
    let types = Catalogue.standard.types
    #expect(
      types.filter(\.isAppendOnly).map(\.name) == [
        "cancellation", "chat_answer", "erasure_request", "refused_change",
      ])
    #expect(
      types.filter(\.isServerAuthoritative).map(\.name) == [
        "user", "account", "refused_change",
      ])
  }
}
