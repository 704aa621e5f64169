import Clinic
import JSON
import Testing

struct ValidatorTests {
  @Test func `all problems are told at once, missing fields first`() {
    let input: JSONObject = [
      "email": .string(String(repeating: "x", count: 256)), "status": "gone", "last_name": "B",
    ]
    #expect(
      throws: ValidationFailure([
        FieldProblem("first_name", "is required"),
        FieldProblem("email", "longer than 255 characters"),
        FieldProblem("status", "is not one of pending, active, inactive, archived"),
      ])
    ) {
      try Validator(functions: functions, now: now).normalise(input, type: "patient", mode: .create)
    }
    #expect(
      refusal { try create("patient", ["first_name": .null, "phone": 1]) }
        == "first_name: is required; phone: is not a string")
  }

  @Test func `an unknown type is another failure, which lists the known ones`() throws {
    let failure = #expect(throws: ValidationFailure.self) { try create("pet") }
    #expect(failure?.kind == .unknownType)
    #expect(
      failure?.description == "type: \"pet\" is not a type of document; there are patient, "
        + "invite, appointment, cancellation, clinic, doctor, user, account, account_settings, "
        + "intake_form, ai_intake_summary, recurring_availability, availability_override, "
        + "chat_session, chat_question, chat_answer, eligibility_result, lab_order, lab_result, "
        + "review_decision, erasure_request, refused_change")
  }

  @Test(arguments: minimums.keys.sorted())
  func `unknown fields are kept as they are, after the others`(type: String) throws {
    let extra: JSONObject = [
      "zz_extra": ["b": [1, .null], "a": .null, "": "\u{0}"], "Name2": "é",
    ]
    let input = JSONObject(members: extra.members + (minimums[type] ?? [:]).members)
    let fields = try Validator(functions: functions, now: now)
      .normalise(input, type: type, mode: .create, envelope: envelope)
    #expect(fields.keys.suffix(2) == ["zz_extra", "Name2"])
    #expect(fields["zz_extra"]?.isIdentical(to: extra["zz_extra"] ?? .null) == true)
  }

  @Test(arguments: ["", "a/b", "a\u{1}", String(repeating: "x", count: 101)])
  func `an unknown field needs a name that can name a unit`(name: String) throws {
    #expect(refusal { try create("patient", [name: 1]) } != nil)
    #expect(try update("patient", [name: 1], ["phone": "1", name: 2])[name]?.intValue == 2)
  }

  @Test(arguments: minimums.keys.sorted())
  func `the engine's values are ignored if they are right`(type: String) throws {
    let own: JSONObject = [
      "id": .string(documentID), "type": .string(type), "account_id": .string(otherID.uppercased()),
      "updated_at": .null, "_sync": .null,
    ]
    let input = JSONObject(members: (minimums[type] ?? [:]).members + own.members)
    let fields = try Validator(functions: functions, now: now)
      .normalise(input, type: type, mode: .create, envelope: envelope)
    for name in own.keys { #expect(fields[name] == nil) }
  }

  @Test(
    arguments: [
      ("account_id", .string(documentID), "belongs to another account"),
      ("id", .string(otherID), "cannot be edited"), ("type", "invite", "cannot be edited"),
      ("created_at", "2025-01-01T00:00:00.000Z", "cannot be edited"),
      ("created_by", "x", "cannot be edited"), ("updated_at", 1, "cannot be edited"),
      ("updated_by", "x", "cannot be edited"), ("schema_version", 2, "cannot be edited"),
      ("_sync", [:], "cannot be edited"), ("_anything", 1, "cannot be edited"),
    ] as [(String, JSONValue, String)])
  func `other values of the engine are refused`(name: String, value: JSONValue, problem: String) {
    #expect(refusal { try create("patient", [name: value]) } == "\(name): \(problem)")
    #expect(
      refusal { try update("patient", minimums["patient"]!, [name: value]) }
        == "\(name): \(problem)")
  }

  @Test(arguments: [
    ("user", "password_hash"), ("user", "google_id"), ("user", "password"), ("invite", "token"),
  ])
  func `what only the server keeps is refused`(type: String, name: String) {
    #expect(
      refusal { try create(type, [name: "x"], isSystem: true) }
        == "\(name): is kept by the server only and cannot be written here")
  }

  @Test(arguments: [
    ("patient", "full_name"), ("patient", "clinician_name"), ("patient", "has_pending_invite"),
    ("patient", "email_norm"), ("appointment", "starts_at_utc"), ("appointment", "tzdata_version"),
    ("appointment", "slot_version"), ("appointment", "date_time"),
    ("appointment", "effective_status"), ("user", "full_name"),
  ])
  func `what is worked out is ignored`(type: String, name: String) throws {
    #expect(try create(type, [name: "x"]).isIdentical(to: create(type)))
  }

  @Test(
    arguments: [
      ("patient", "allow_duplicate_email", true), ("invite", "expiry_days", 14),
    ] as [(String, String, JSONValue)])
  func `what directs a request is checked and dropped`(
    type: String, name: String, value: JSONValue
  ) throws {
    #expect(try create(type, [name: value]).isIdentical(to: create(type)))
    #expect(refusal { try create(type, [name: "x"]) } != nil)
  }

  @Test(
    arguments: [
      ("patient", "merged_into", .string(otherID)), ("invite", "access_hold", true),
      ("user", "last_login", "2025-06-01T00:00:00.000Z"),
      ("appointment", "code_aliases", ["AB12CD"]),
    ] as [(String, String, JSONValue)])
  func `only the program writes what is read-only`(
    type: String, name: String, value: JSONValue
  ) throws {
    #expect(refusal { try create(type, [name: value]) } == "\(name): cannot be edited")
    let stored = try create(type, [name: value], isSystem: true)
    #expect(stored[name]?.isIdentical(to: value) == true)
    #expect(try update(type, stored, [name: value]).isIdentical(to: stored))
    #expect(refusal { try update(type, stored, [name: .null]) } == "\(name): cannot be edited")
  }

  @Test func `an update checks only what it names`() throws {
    let damaged: JSONObject = ["first_name": "Ada", "status": "gone", "phone": 7]
    let fields = try update("patient", damaged, ["notes": "called"])
    #expect(text(fields) == #"{"first_name":"Ada","phone":7,"notes":"called","status":"gone"}"#)
    #expect(
      Validator(functions: functions, now: now).problems(of: damaged, type: "patient") == [
        FieldProblem("last_name", "is required"),
        FieldProblem("status", "is not one of pending, active, inactive, archived"),
        FieldProblem("phone", "is not a string"),
      ])
  }

  @Test func `an update removes what is null, but nothing that is required`() throws {
    let patient = try create("patient", ["phone": "1", "extra": ["a": 1, "b": 2]])
    let fields = try update("patient", patient, ["phone": .null, "extra": ["a": .null]])
    #expect(fields["phone"] == nil)
    #expect(fields["extra"]?.isIdentical(to: ["b": 2]) == true)
    #expect(
      refusal { try update("patient", patient, ["last_name": .null]) }
        == "last_name: is required")
    #expect(refusal { try update("patient", patient, ["status": .null]) } == "status: is required")
  }

  @Test func `an object is patched by key`() throws {
    let clinic = try create("clinic", ["clinic_metadata": ["phone": "1", "fax": "2"]])
    let fields = try update("clinic", clinic, ["clinic_metadata": ["fax": .null, "web": "x"]])
    #expect(fields["clinic_metadata"]?.isIdentical(to: ["phone": "1", "web": "x"]) == true)
  }

  @Test func `a user's name is made of its parts where it is not given`() throws {
    let user = try create("user", ["name": .null, "first_name": "Ada", "last_name": "Byron"])
    #expect(user["name"]?.stringValue == "Ada Byron")
    #expect(try update("user", user, ["last_name": "King"])["name"]?.stringValue == "Ada King")
    let named = try update("user", user, ["last_name": "King", "name": "Lovelace"])
    #expect(named["name"]?.stringValue == "Lovelace")
    #expect(try create("user", ["first_name": "Ada"])["name"]?.stringValue == "Grey")
  }

  @Test(arguments: [(1, "2025-06-02"), (14, "2025-06-15"), (90, "2025-08-30")])
  func `an invite expires some days after it was made`(days: Int, date: String) throws {
    let invite = try create("invite", ["expiry_days": .int(days)])
    #expect(invite["expires_at"]?.stringValue == "\(date)T12:00:00.000Z")
  }

  @Test(arguments: [0, 91])
  func `an invite is valid for 1 to 90 days`(days: Int) {
    #expect(
      refusal { try create("invite", ["expiry_days": .int(days)]) }
        == "expiry_days: must be from 1 to 90")
  }
}
