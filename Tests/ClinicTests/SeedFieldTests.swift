import Clinic
import JSON
import Testing

/// The fields, lengths, defaults, references and indexes that the seed documents ask for.
@Suite struct SeedFieldTests {
  private static let id: JSONValue = .string(otherID)
  private static let time: JSONValue = "2025-06-01T09:00:00.000Z"

  /// Of each type, a document with every field of the seeds, and for each field what it does not take.
  private static let documents: [(String, JSONObject, JSONObject)] = [
    (
      "account",
      ["name": "Group", "status": "suspended", "subscription_tier": "basic", "max_users": 5],
      ["name": 1, "status": "gone", "subscription_tier": 1, "max_users": -1]
    ),
    (
      "clinic",
      [
        "name": "North", "timezone": "Europe/Berlin", "clinic_type": "dental",
        "clinic_size": "2-5", "clinic_metadata": ["phone": "1"],
      ],
      [
        "name": 1, "timezone": "Mars/Olympus", "clinic_type": 1, "clinic_size": "huge",
        "clinic_metadata": [],
      ]
    ),
    (
      "user",
      [
        "email": "a@example.org", "name": "Ada Byron", "first_name": "Ada", "last_name": "Byron",
        "role": "owner", "status": "invited", "clinic_id": id, "doctor_id": id,
      ],
      [
        "email": "a", "name": 1, "first_name": 1, "last_name": 1, "role": "king",
        "status": "gone", "clinic_id": "x", "doctor_id": "x",
      ]
    ),
    (
      "doctor",
      [
        "clinic_id": id, "user_id": id, "name": "Dr. Grey", "initials": "G",
        "specialty": "Cardiology", "color": "#4a90a4",
      ],
      [
        "clinic_id": "x", "user_id": "x", "name": 1, "initials": 1, "specialty": 1, "color": "red",
      ]
    ),
    (
      "patient",
      [
        "email": "a@example.org", "first_name": "Ada", "last_name": "Byron", "phone": "1",
        "external_id": "7", "date_of_birth": "1970-01-31", "notes": "a\nb", "status": "archived",
        "clinician_id": id, "clinic_id": id, "user_id": id,
      ],
      [
        "email": "a", "first_name": 1, "last_name": 1, "phone": 1, "external_id": 1,
        "date_of_birth": "1970-02-31", "notes": 1, "status": "gone", "clinician_id": "x",
        "clinic_id": "x", "user_id": "x",
      ]
    ),
    (
      "invite",
      [
        "patient_id": id, "email": "a@example.org", "first_name": "Ada", "last_name": "Byron",
        "clinician_id": id, "status": "accepted", "expires_at": time, "accepted_at": time,
        "custom_message": "a", "send_email": false,
      ],
      [
        "patient_id": "x", "email": "a", "first_name": 1, "last_name": 1, "clinician_id": "x",
        "status": "gone", "expires_at": "x", "accepted_at": "x", "custom_message": 1,
        "send_email": 1,
      ]
    ),
    (
      "appointment",
      [
        "clinic_id": id, "doctor_id": id, "patient_id": id, "clinician_id": id,
        "date": "2025-06-02", "start_time": "09:00", "end_time": "09:45", "duration": 45,
        "visit_type": "virtual", "visit_category": "new-patient", "status": "completed",
        "intake_status": "sent", "arrived": true, "arrived_at": time,
        "meeting_link": "https://example.org", "notes": "a", "confirmation_code": "AB12CD",
      ],
      [
        "clinic_id": "x", "doctor_id": "x", "patient_id": "x", "clinician_id": "x",
        "date": "2025-06-31", "start_time": "9", "end_time": "09:46", "duration": 4,
        "visit_type": "x", "visit_category": "x", "status": "gone", "intake_status": "x",
        "arrived": "yes", "arrived_at": "x", "meeting_link": "http://example.org", "notes": 1,
        "confirmation_code": "12345678901",
      ]
    ),
    (
      "cancellation",
      [
        "appointment_id": id, "clinic_id": id, "patient_id": id, "cancelled_by_id": id,
        "cancellation_type": "no-show", "reason_note": "a",
      ],
      [
        "appointment_id": "x", "clinic_id": "x", "patient_id": "x", "cancelled_by_id": "x",
        "cancellation_type": "x", "reason_note": 1,
      ]
    ),
    (
      "intake_form",
      [
        "clinic_id": id, "patient_id": id, "appointment_id": id, "raw_answers": ["a": ["b"]],
        "status": "reviewed", "submitted_at": time,
      ],
      [
        "clinic_id": "x", "patient_id": "x", "appointment_id": "x", "raw_answers": "a",
        "status": "x", "submitted_at": "x",
      ]
    ),
    (
      "ai_intake_summary",
      [
        "clinic_id": id, "patient_id": id, "appointment_id": id, "intake_form_id": id,
        "summary_text": "a", "patient_concerns": ["a"], "medications": ["a"], "allergies": ["a"],
        "key_notes": "a", "model_version": "b", "status": "edited", "generated_at": time,
      ],
      [
        "clinic_id": "x", "patient_id": "x", "appointment_id": "x", "intake_form_id": "x",
        "summary_text": 1, "patient_concerns": "a", "medications": [1], "allergies": "a",
        "key_notes": 1, "model_version": 1, "status": "x", "generated_at": "x",
      ]
    ),
    (
      "recurring_availability",
      [
        "clinician_id": id, "days_of_week": [0, 6], "time_slots": ["09:00"],
        "start_date": "2025-06-01", "valid_until": "2025-06-30",
      ],
      [
        "clinician_id": "x", "days_of_week": [7], "time_slots": ["9"], "start_date": "x",
        "valid_until": "x",
      ]
    ),
    (
      "chat_session",
      ["patient_id": id, "status": "completed", "source": "invite", "completed_at": time],
      ["patient_id": "x", "status": "x", "source": 1, "completed_at": "x"]
    ),
    (
      "chat_question",
      [
        "text": "a", "question_type": "number", "options": ["a", "b"],
        "next_question_logic": ["yes": 2], "category": "a", "is_active": false,
      ],
      ["text": 1, "question_type": 1, "category": 1, "is_active": "no"]
    ),
    (
      "chat_answer", ["session_id": id, "question_id": id, "answer": "no"],
      ["session_id": "x", "question_id": "x", "answer": 1]
    ),
    (
      "eligibility_result",
      [
        "patient_id": id, "session_id": id, "is_eligible": true, "nccn_eligible": false,
        "tc_score": "12.50", "factors": ["a": 1], "provider_reviewed": true, "provider_id": id,
        "review_notes": "a",
      ],
      [
        "patient_id": "x", "session_id": "x", "is_eligible": "x", "nccn_eligible": "x",
        "tc_score": 12, "provider_reviewed": 1, "provider_id": "x", "review_notes": 1,
      ]
    ),
    (
      "lab_order",
      [
        "patient_id": id, "provider_id": id, "eligibility_result_id": id, "test_type": "a",
        "lab_id": "a", "status": "processing", "ordered_at": time, "external_order_id": "a",
        "insurance_information": ["a": 1], "notes": "a",
      ],
      [
        "patient_id": "x", "provider_id": "x", "eligibility_result_id": "x", "test_type": 1,
        "lab_id": 1, "status": "x", "ordered_at": "x", "external_order_id": 1, "notes": 1,
      ]
    ),
    (
      "lab_result",
      [
        "order_id": id, "status": "reviewed", "result_data": ["a": [1]], "raw_result": "a",
        "received_at": time, "reviewed_at": time, "reviewer_id": id, "clinical_significance": "a",
      ],
      [
        "order_id": "x", "status": "x", "raw_result": 1, "received_at": "x", "reviewed_at": "x",
        "reviewer_id": "x", "clinical_significance": 1,
      ]
    ),
  ]

  /// They hold any JSON value.
  private static let open = [
    "options", "next_question_logic", "factors", "insurance_information", "result_data",
  ]

  @Test(arguments: documents)
  func `every field of a seed document is kept, and takes nothing else`(
    type: String, fields: JSONObject, wrong: JSONObject
  ) throws {
    let made = try create(type, fields)
    for (name, value) in fields.members.map({ ($0.key, $0.value) }) {
      #expect(made[name]?.isIdentical(to: value) == true, "\(name)")
      guard !Self.open.contains(name) else { continue }
      let bad = try #require(wrong[name])
      let refused = refusal { try create(type, fields.applyingMergePatch([name: bad])) }
      #expect(refused?.contains("\(name): ") == true, "\(name): \(refused ?? "is taken")")
    }
  }

  @Test(arguments: [
    ("chat_question", "category", 100), ("lab_order", "test_type", 100),
    ("lab_order", "lab_id", 100), ("lab_order", "external_order_id", 255),
    ("lab_result", "clinical_significance", 100), ("ai_intake_summary", "model_version", 50),
    ("chat_session", "source", 50), ("chat_question", "question_type", 50),
  ])
  func `a string of a form, chat or test has the length of the seeds`(
    type: String, field: String, maximum: Int
  ) throws {
    let longest = String(repeating: "x", count: maximum)
    #expect(try create(type, [field: .string(longest)])[field]?.stringValue == longest)
    #expect(refusal { try create(type, [field: .string(longest + "x")]) } != nil)
  }

  @Test(arguments: [
    ("intake_form", "status", ["pending", "submitted", "reviewed"]),
    ("ai_intake_summary", "status", ["generating", "generated", "failed", "edited"]),
    ("chat_session", "status", ["in_progress", "completed", "abandoned"]),
    ("chat_session", "source", ["invite", "direct", "provider"]),
    ("chat_question", "question_type", ["multiple_choice", "text", "yes_no", "number"]),
    ("lab_order", "status", ["ordered", "processing", "completed", "cancelled"]),
    ("lab_result", "status", ["pending", "available", "reviewed"]),
  ])
  func `a choice of a form, chat or test takes the values of the seeds`(
    type: String, field: String, values: [String]
  ) throws {
    for value in values {
      #expect(try create(type, [field: .string(value)])[field]?.stringValue == value)
    }
    let isOpen = ["source", "question_type"].contains(field)
    #expect((refusal { try create(type, [field: "other-value"]) } == nil) == isOpen)
  }

  @Test(
    arguments: [
      ("account", "status", "active"), ("clinic", "timezone", "America/New_York"),
      ("clinic", "clinic_metadata", [:]), ("user", "status", "active"),
      ("patient", "status", "active"), ("invite", "status", "pending"),
      ("appointment", "duration", 30), ("appointment", "status", "unconfirmed"),
      ("appointment", "intake_status", "missing"), ("appointment", "arrived", false),
      ("intake_form", "status", "pending"), ("ai_intake_summary", "status", "generated"),
      ("ai_intake_summary", "model_version", "gpt-4"), ("chat_session", "status", "in_progress"),
      ("chat_question", "is_active", true), ("eligibility_result", "provider_reviewed", false),
      ("lab_order", "status", "ordered"), ("lab_result", "status", "pending"),
    ] as [(String, String, JSONValue)])
  func `a field that is not given has the default of the seeds`(
    type: String, field: String, value: JSONValue
  ) throws {
    #expect(try create(type)[field]?.isIdentical(to: value) == true)
  }

  @Test(arguments: [
    ("user", "clinic_id", "clinic", ReferenceAction.restrict),
    ("user", "doctor_id", "doctor", .setNull), ("doctor", "clinic_id", "clinic", .restrict),
    ("doctor", "user_id", "user", .setNull), ("patient", "clinician_id", "user", .setNull),
    ("patient", "clinic_id", "clinic", .restrict), ("patient", "user_id", "user", .setNull),
    ("invite", "patient_id", "patient", .cascade), ("invite", "clinician_id", "user", .restrict),
    ("appointment", "clinic_id", "clinic", .restrict),
    ("appointment", "doctor_id", "doctor", .restrict),
    ("appointment", "patient_id", "patient", .restrict),
    ("appointment", "clinician_id", "user", .restrict),
    ("cancellation", "appointment_id", "appointment", .cascade),
    ("cancellation", "clinic_id", "clinic", .restrict),
    ("cancellation", "patient_id", "patient", .restrict),
    ("cancellation", "cancelled_by_id", "user", .setNull),
    ("intake_form", "clinic_id", "clinic", .restrict),
    ("intake_form", "patient_id", "patient", .cascade),
    ("intake_form", "appointment_id", "appointment", .setNull),
    ("ai_intake_summary", "clinic_id", "clinic", .restrict),
    ("ai_intake_summary", "patient_id", "patient", .cascade),
    ("ai_intake_summary", "appointment_id", "appointment", .cascade),
    ("ai_intake_summary", "intake_form_id", "intake_form", .cascade),
    ("recurring_availability", "clinician_id", "user", .restrict),
    ("chat_session", "patient_id", "patient", .cascade),
    ("chat_answer", "session_id", "chat_session", .cascade),
    ("chat_answer", "question_id", "chat_question", .restrict),
    ("eligibility_result", "patient_id", "patient", .cascade),
    ("eligibility_result", "session_id", "chat_session", .cascade),
    ("eligibility_result", "provider_id", "user", .setNull),
    ("lab_order", "patient_id", "patient", .restrict),
    ("lab_order", "provider_id", "user", .restrict),
    ("lab_order", "eligibility_result_id", "eligibility_result", .restrict),
    ("lab_result", "order_id", "lab_order", .restrict),
    ("lab_result", "reviewer_id", "user", .setNull),
  ])
  func `a foreign key of the seeds is a reference with an action`(
    type: String, field: String, target: String, action: ReferenceAction
  ) {
    let references = Catalogue.standard.references(to: target)
    let reference = references.first { $0.type.name == type && $0.field.name == field }
    #expect(reference?.onDelete == action)
  }

  @Test(arguments: [
    ("user", "email_norm", true), ("patient", "user_id", true), ("patient", "email_norm", true),
    ("patient", "external_id", true), ("patient", "clinician_id", false),
    ("patient", "clinic_id", false), ("invite", "token_hashes", true),
    ("invite", "patient_id", false), ("invite", "clinician_id", false), ("invite", "email", false),
    ("appointment", "confirmation_code", true), ("appointment", "clinic_id,date", false),
    ("appointment", "doctor_id,date", false), ("appointment", "patient_id", false),
    ("appointment", "clinician_id", false), ("appointment", "date", false),
    ("recurring_availability", "clinician_id", false), ("chat_session", "patient_id", false),
    ("chat_question", "category", false), ("chat_answer", "session_id", false),
    ("chat_answer", "question_id", false), ("eligibility_result", "patient_id", false),
    ("eligibility_result", "session_id", false), ("eligibility_result", "provider_id", false),
    ("lab_order", "patient_id", false), ("lab_order", "provider_id", false),
    ("lab_order", "eligibility_result_id", false), ("lab_order", "external_order_id", false),
    ("lab_result", "order_id", false), ("lab_result", "reviewer_id", false),
  ])
  func `an index of the seeds is kept`(type: String, fields: String, isUnique: Bool) {
    let indexes = Catalogue.standard.type(named: type)?.indexes ?? []
    #expect(indexes.first { $0.name == fields }?.isUnique == isUnique)
  }

}
