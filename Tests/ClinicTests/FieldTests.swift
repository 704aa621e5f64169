import Clinic
import JSON
import Testing

struct FieldTests {
  @Test(arguments: minimums.keys.sorted())
  func `the minimum of a type is valid, and every type has one`(type: String) throws {
    let fields = try create(type)
    #expect(Validator(functions: functions, now: now).problems(of: fields, type: type) == [])
    #expect(Catalogue.standard.types.map(\.name).sorted() == minimums.keys.sorted())
  }

  @Test(arguments: minimums.keys.sorted())
  func `each required field is missed`(type: String) throws {
    for key in minimums[type]?.keys ?? [] {
      let expected =
        key == "doctor_id" ? "doctor_id: is required, or clinician_id" : "\(key): is required"
      #expect(refusal { try create(type, [key: .null]) } == expected)
    }
  }

  @Test func `times that follow from a status are filled in, once`() throws {
    let time: JSONValue = "2025-06-01T12:00:00.000Z"
    #expect(try create("ai_intake_summary")["generated_at"]?.isIdentical(to: time) == true)
    #expect(try create("intake_form")["submitted_at"] == nil)
    for status in ["submitted", "reviewed"] {
      let form = try create("intake_form", ["status": .string(status)])
      #expect(form["submitted_at"]?.isIdentical(to: time) == true)
    }
    let known: JSONValue = "2025-01-01T00:00:00.000Z"
    let form = try create("intake_form", ["status": "reviewed", "submitted_at": known])
    #expect(form["submitted_at"]?.isIdentical(to: known) == true)
    let chat = try create("chat_session", ["status": "completed"])
    #expect(chat["completed_at"]?.isIdentical(to: time) == true)
  }

  @Test(arguments: [
    ("patient", #"{"first_name":"Ada","last_name":"Byron","status":"active"}"#),
    (
      "invite",
      #"{"patient_id":"\#(otherID)","email":"ada@example.org","status":"pending","#
        + #""expires_at":"2025-06-15T12:00:00.000Z"}"#
    ),
    (
      "appointment",
      #"{"clinic_id":"\#(otherID)","doctor_id":"\#(otherID)","patient_id":"\#(otherID)","#
        + #""date":"2025-06-02","start_time":"09:00","end_time":"09:30","duration":30,"#
        + #""status":"unconfirmed","intake_status":"missing","arrived":false,"#
        + #""confirmation_code":"6P1AMXKG"}"#
    ),
    ("clinic", #"{"name":"North","timezone":"America/New_York","clinic_metadata":{}}"#),
    ("doctor", #"{"clinic_id":"\#(otherID)","name":"Dr. Grey","status":"active"}"#),
    ("user", #"{"email":"grey@example.org","name":"Grey","role":"clinician","status":"active"}"#),
    ("account", #"{"name":"Group","status":"active"}"#),
    (
      "account_settings",
      #"{"clinicians_see":"account","office_staff_edit_patients":true,"require_encryption":false,"#
        + #""invite_mode":"both","trash_days":30,"invite_expiry_days":14,"retirement_days":180}"#
    ),
  ])
  func `a new document gets its defaults, in schema order`(type: String, stored: String) throws {
    #expect(text(try create(type)) == stored)
  }

  @Test(arguments: [
    ("account", "name", 255), ("account", "subscription_tier", 50), ("clinic", "name", 255),
    ("clinic", "clinic_type", 50), ("user", "name", 255), ("user", "first_name", 100),
    ("user", "last_name", 100), ("doctor", "name", 255), ("doctor", "initials", 10),
    ("doctor", "specialty", 100), ("patient", "first_name", 100), ("patient", "last_name", 100),
    ("patient", "phone", 20), ("patient", "external_id", 100), ("invite", "first_name", 100),
    ("invite", "last_name", 100), ("invite", "revoke_reason", 255),
    ("appointment", "overbook_reason", 255), ("cancellation", "cancelled_by_name", 255),
  ])
  func `strings are limited in characters`(type: String, field: String, maximum: Int) throws {
    for letter in ["x", "é"] {
      let longest = String(repeating: letter, count: maximum)
      for value in [String(longest.dropLast()), longest] {
        #expect(try create(type, [field: .string(value)])[field]?.stringValue == value)
      }
      #expect(
        refusal { try create(type, [field: .string(longest + letter)]) }
          == "\(field): longer than \(maximum) characters")
    }
  }

  @Test(arguments: [("patient", "email"), ("user", "email"), ("invite", "email")])
  func `e-mail addresses have at most 255 characters`(type: String, field: String) throws {
    let longest = String(repeating: "x", count: 250) + "@b.de"
    for value in [String(longest.dropFirst()), longest] {
      #expect(try create(type, [field: .string(value)])[field]?.stringValue == value)
    }
    #expect(
      refusal { try create(type, [field: .string("x" + longest)]) }
        == "\(field): longer than 255 characters")
  }

  @Test(arguments: [
    ("patient", "notes"), ("appointment", "notes"), ("invite", "custom_message"),
    ("cancellation", "reason_note"), ("review_decision", "reason"),
  ])
  func `texts are limited in bytes`(type: String, field: String) throws {
    let longest = String(repeating: "é", count: 32768)
    for value in [longest.dropLast() + "e", longest[...]] {
      #expect(
        try create(type, [field: .string(String(value))])[field]?.stringValue == String(value))
    }
    #expect(
      refusal { try create(type, [field: .string(longest + "e")]) }
        == "\(field): longer than 65536 bytes")
  }

  @Test(arguments: [
    ("account", "max_users", 0, 2_147_483_647), ("account_settings", "invite_expiry_days", 1, 90),
    ("account_settings", "trash_days", 1, 3650), ("account_settings", "retirement_days", 1, 3650),
    ("appointment", "utc_offset_minutes", -1080, 1080),
  ])
  func `numbers are limited`(type: String, field: String, least: Int, most: Int) throws {
    for value in [least, least + 1, most - 1, most] {
      #expect(try create(type, [field: .int(value)])[field]?.intValue == value)
    }
    for value in [least - 1, most + 1] {
      #expect(
        refusal { try create(type, [field: .int(value)]) }
          == "\(field): must be from \(least) to \(most)")
    }
  }

  @Test func `a meeting link has at most 500 characters and begins with https`() throws {
    let longest = "https://" + String(repeating: "x", count: 492)
    for link in [String(longest.dropLast()), longest, "HTTPS://example.org/a?b#c"] {
      #expect(try create("appointment", ["meeting_link": .string(link)])["meeting_link"] != nil)
    }
    #expect(
      refusal { try create("appointment", ["meeting_link": .string(longest + "x")]) }
        == "meeting_link: longer than 500 characters")
    for link in ["http://example.org", "https://", "https:///x", "example.org", "https://a b"] {
      #expect(
        refusal { try create("appointment", ["meeting_link": .string(link)]) }
          == "meeting_link: is not an address that begins with https://")
    }
  }

  @Test(arguments: [
    ("account", "status", ["active", "inactive", "suspended"]),
    ("clinic", "clinic_size", ["solo", "2-5", "6-10", "10plus"]),
    (
      "user", "role",
      ["super_admin", "account_admin", "owner", "admin", "clinician", "office_staff", "patient"]
    ),
    ("user", "status", ["active", "inactive", "invited", "suspended"]),
    ("doctor", "status", ["active", "inactive"]),
    ("patient", "status", ["pending", "active", "inactive", "archived"]),
    ("invite", "status", ["pending", "accepted", "expired", "revoked"]),
    ("appointment", "visit_type", ["in-clinic", "virtual", "home-visit"]),
    ("appointment", "visit_category", ["new-patient", "follow-up"]),
    ("appointment", "status", ["confirmed", "unconfirmed", "cancelled", "completed", "no-show"]),
    ("appointment", "intake_status", ["missing", "sent", "completed"]),
    (
      "cancellation", "cancellation_type",
      ["patient-cancelled", "no-show", "rescheduled-externally", "clinic-cancelled", "other"]
    ),
    ("account_settings", "clinicians_see", ["own", "clinic", "account"]),
    ("account_settings", "invite_mode", ["legacy", "both", "patient_first"]),
  ])
  func `a choice takes its values and no other`(type: String, field: String, values: [String])
    throws
  {
    for value in values {
      #expect(try create(type, [field: .string(value)])[field]?.stringValue == value)
    }
    for wrong in ["other-value", values[0].uppercased(), values[0] + " "]
    where !values.contains(wrong) {
      #expect(
        refusal { try create(type, [field: .string(wrong)]) }
          == "\(field): is not one of \(values.joined(separator: ", "))")
    }
    #expect(refusal { try create(type, [field: 1]) } == "\(field): is not a string")
  }

  @Test func `an open choice keeps other values`() throws {
    for value in ["primary-care", "specialty", "dental", "veterinary"] {
      let fields = try create("clinic", ["clinic_type": .string(value)])
      #expect(fields["clinic_type"]?.stringValue == value)
    }
  }

  @Test(
    arguments: [
      ("appointment", "status", "scheduled", "unconfirmed", "legacy_status"),
      ("appointment", "status", "canceled", "cancelled", "legacy_status"),
      ("appointment", "status", "rescheduled", "cancelled", "legacy_status"),
      ("appointment", "visit_type", "in-person", "in-clinic", nil),
      ("invite", "status", "completed", "accepted", nil),
      ("user", "role", "doctor", "clinician", "role_source"),
    ] as [(String, String, String, String, String?)])
  func `an alias of a value is resolved`(
    type: String, field: String, alias: String, value: String, originalField: String?
  ) throws {
    let fields = try create(type, [field: .string(alias)])
    #expect(fields[field]?.stringValue == value)
    if let originalField { #expect(fields[originalField]?.stringValue == alias) }
  }

  @Test(
    arguments: [
      ("patient", "provider_id", "clinician_id", .string(otherID)),
      ("invite", "provider_id", "clinician_id", .string(otherID)),
      ("invite", "completed_at", "accepted_at", "2025-06-01T00:00:00.000Z"),
      ("appointment", "provider_id", "clinician_id", .string(otherID)),
      ("appointment", "appointment_type", "visit_type", "virtual"),
    ] as [(String, String, String, JSONValue)])
  func `an alias of a field is resolved`(
    type: String, alias: String, field: String, value: JSONValue
  ) throws {
    let fields = try create(type, [alias: value])
    #expect(fields[alias] == nil)
    #expect(fields[field]?.isIdentical(to: value) == true)
    #expect(try create(type, [alias: value, field: value])[field] != nil)
  }

  @Test func `a field and its alias must not differ`() {
    #expect(
      refusal {
        try create(
          "patient", ["clinician_id": .string(otherID), "provider_id": .string(documentID)])
      } == "provider_id: differs from clinician_id, which is the same field")
  }

  @Test func `time is an alias of start_time`() throws {
    let fields = try create("appointment", ["start_time": .null, "time": "10:15:00"])
    #expect(fields["start_time"]?.stringValue == "10:15")
  }

  @Test func `a changed status forgets the spelling of the old one`() throws {
    let old = try create("appointment", ["status": "scheduled"])
    #expect(try update("appointment", old, ["notes": "x"])["legacy_status"] != nil)
    #expect(try update("appointment", old, ["status": "unconfirmed"])["legacy_status"] != nil)
    #expect(try update("appointment", old, ["status": "confirmed"])["legacy_status"] == nil)
    let cancelled = try update("appointment", old, ["status": "canceled"])
    #expect(cancelled["legacy_status"]?.stringValue == "canceled")
  }
}

struct FormatTests {
  @Test(arguments: [
    ("patient", "date_of_birth", "2024-02-29", "2024-02-29"),
    ("patient", "date_of_birth", "0001-01-01", "0001-01-01"),
    ("appointment", "start_time", "00:00", "00:00"),
    ("appointment", "start_time", "23:14", "23:14"),
    ("appointment", "start_time", "08:05:00", "08:05"),
    ("invite", "expires_at", "2025-06-01T12:00:00Z", "2025-06-01T12:00:00.000Z"),
    ("invite", "expires_at", "2025-06-01T12:00:00.1234+02:00", "2025-06-01T10:00:00.123Z"),
    ("patient", "user_id", otherID.uppercased(), otherID),
    ("doctor", "color", "#0aF9b1", "#0aF9b1"),
    ("clinic", "timezone", "Europe/Berlin", "Europe/Berlin"),
    ("appointment", "confirmation_code", "6p1a-mxkg", "6P1AMXKG"),
    ("appointment", "confirmation_code", "oilx mxkg", "011XMXKG"),
    ("appointment", "confirmation_code", "ab12u9", "AB12U9"),
    ("patient", "notes", "a\r\nb\tc\n", "a\nb\tc\n"), ("patient", "notes", "", ""),
    ("patient", "email", "Ada@Example.org", "Ada@Example.org"),
  ])
  func `a value gets its normal form`(
    type: String, field: String, given: String, stored: String
  ) throws {
    #expect(try create(type, [field: .string(given)])[field]?.stringValue == stored)
  }

  @Test(arguments: [
    ("patient", "date_of_birth", "2023-02-29", "is not a day of the calendar"),
    ("patient", "date_of_birth", "2023-13-01", "is not a day of the calendar"),
    ("patient", "date_of_birth", "0000-01-01", "is not a date (YYYY-MM-DD)"),
    ("patient", "date_of_birth", "2023-1-01", "is not a date (YYYY-MM-DD)"),
    ("patient", "date_of_birth", "+023-01-01", "is not a date (YYYY-MM-DD)"),
    ("patient", "date_of_birth", "2023-01-01T00:00:00Z", "is not a date (YYYY-MM-DD)"),
    ("appointment", "start_time", "24:00", "is not a time of day (HH:MM)"),
    ("appointment", "start_time", "10:60", "is not a time of day (HH:MM)"),
    ("appointment", "start_time", "9:00", "is not a time of day (HH:MM)"),
    ("appointment", "start_time", "09:00:30", "is not a time of day in whole minutes (HH:MM)"),
    (
      "invite", "expires_at", "2025-06-01",
      "is not a time since 1970 in RFC 3339 (YYYY-MM-DDTHH:MM:SSZ)"
    ),
    (
      "invite", "expires_at", "2025-02-30T00:00:00Z",
      "is not a time since 1970 in RFC 3339 (YYYY-MM-DDTHH:MM:SSZ)"
    ),
    ("patient", "user_id", "42", "is not an id (UUID)"),
    ("doctor", "color", "#12345", "is not a color (#RRGGBB)"),
    ("doctor", "color", "red", "is not a color (#RRGGBB)"),
    ("doctor", "color", "#12345g", "is not a color (#RRGGBB)"),
    ("clinic", "timezone", "Mars/Olympus", "is not a time zone of the IANA data base"),
    ("patient", "email", "ada", "is not an e-mail address"),
    ("patient", "email", "a@b@c", "is not an e-mail address"),
    ("patient", "email", "a b@c", "is not an e-mail address"),
    ("patient", "email", "@c", "is not an e-mail address"),
    ("patient", "phone", "1\u{0}2", "contains a control character"),
    ("patient", "phone", "1\n2", "contains a control character"),
    ("patient", "phone", "1\u{85}2", "contains a control character"),
    ("patient", "notes", "a\u{0}", "contains a control character"),
    ("patient", "notes", "a\rb", "contains a control character"),
    ("patient", "notes", "a\r", "contains a control character"),
    (
      "appointment", "confirmation_code", "abc",
      "is not a confirmation code (letters and digits)"
    ),
    (
      "appointment", "confirmation_code", "abc_12",
      "is not a confirmation code (letters and digits)"
    ),
    ("patient", "first_name", "", "must not be empty"),
    ("patient", "first_name", " \u{a0}", "must not be empty"),
  ])
  func `a wrong value is refused`(type: String, field: String, value: String, problem: String) {
    #expect(refusal { try create(type, [field: .string(value)]) } == "\(field): \(problem)")
  }

  @Test(
    arguments: [
      ("patient", "first_name", 1, "is not a string"),
      ("appointment", "duration", "30", "is not a whole number"),
      ("account", "max_users", true, "is not a whole number"),
      ("appointment", "arrived", "yes", "is neither true nor false"),
      ("clinic", "clinic_metadata", [], "is not an object"),
      ("patient", "user_id", 7, "is not an id (UUID)"),
      ("review_decision", "documents", "x", "is not a list"),
      (
        "review_decision", "documents", [["type": "patient"]],
        "element 1 is not an object of a type and an id"
      ),
      ("review_decision", "dots", ["a", ""], "element 2 is empty"),
      ("erasure_request", "document", "x", "is not an object of a type and an id"),
    ] as [(String, String, JSONValue, String)])
  func `a value of another kind is refused`(
    type: String, field: String, value: JSONValue, problem: String
  ) {
    #expect(refusal { try create(type, [field: value]) } == "\(field): \(problem)")
  }

  @Test(arguments: [
    ("2.5", "is not a whole number"), ("2.0", "must be written without point and exponent"),
    ("1e1", "must be written without point and exponent"), ("1e999", "is not a whole number"),
  ])
  func `a whole number is spelled as one`(spelling: String, problem: String) throws {
    let number = try #require(JSONNumber(text: spelling))
    #expect(
      refusal { try create("account", ["max_users": .number(number)]) }
        == "max_users: \(problem)")
  }

  @Test(arguments: ["email", "date_of_birth", "clinician_id"])
  func `an empty string is no date, id or address`(field: String) throws {
    #expect(try create("patient", [field: ""])[field] == nil)
  }

  @Test func `a set is sorted and holds nothing twice`() throws {
    let a = String(repeating: "a", count: 64)
    let b = String(repeating: "B", count: 64)
    let hashes: JSONValue = .array([b, a, b.lowercased()].map { .string($0) })
    let fields = try create("invite", ["token_hashes": hashes], isSystem: true)
    #expect(fields["token_hashes"]?.arrayValue?.compactMap(\.stringValue) == [a, b.lowercased()])
    #expect(
      refusal { try create("invite", ["token_hashes": ["x"]], isSystem: true) }
        == "token_hashes: element 1 is not a SHA-256 digest in hexadecimal")
  }
}
