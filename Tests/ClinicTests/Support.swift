import Clinic
import Foundation
import Glibc
import JSON

let now: UInt64 = 1_748_779_200_000  // 2025-06-01T12:00:00.000Z
let documentID = "11111111-2222-4333-8444-555555555555"
let otherID = "99999999-2222-4333-8444-555555555555"

let functions = ClinicFunctions(
  sha1: { digest($0, function: "SHA1", byteCount: 20) },
  sha256: { digest($0, function: "SHA256", byteCount: 32) },
  nfc: { $0.precomposedStringWithCanonicalMapping },
  caseFolded: { $0.folding(options: .caseInsensitive, locale: nil) },
  utcOffsetSeconds: { zone, seconds in
    TimeZone(identifier: zone)?.secondsFromGMT(
      for: Date(timeIntervalSince1970: Double(seconds)))
  })

/// A digest of the system's libcrypto.
private func digest(_ bytes: [UInt8], function: String, byteCount: Int) -> [UInt8] {
  typealias Digest =
    @convention(c) (UnsafeRawPointer?, Int, UnsafeMutableRawPointer?) ->
    UnsafeMutableRawPointer?
  guard let library = dlopen("libcrypto.so.3", RTLD_NOW), let symbol = dlsym(library, function)
  else { return [] }
  var result = [UInt8](repeating: 0, count: byteCount)
  _ = unsafeBitCast(symbol, to: Digest.self)(bytes, bytes.count, &result)
  return result
}

let envelope: JSONObject = ["id": .string(documentID), "account_id": .string(otherID)]

/// For each type, the least that a new document must say.
let minimums: [String: JSONObject] = [
  "patient": ["first_name": "Ada", "last_name": "Byron"],
  "invite": ["patient_id": .string(otherID), "email": "ada@example.org"],
  "appointment": [
    "clinic_id": .string(otherID), "doctor_id": .string(otherID), "patient_id": .string(otherID),
    "date": "2025-06-02", "start_time": "09:00",
  ],
  "cancellation": [
    "appointment_id": .string(otherID), "clinic_id": .string(otherID),
    "patient_id": .string(otherID), "cancellation_type": "other",
  ],
  "clinic": ["name": "North"],
  "doctor": ["clinic_id": .string(otherID), "name": "Dr. Grey"],
  "user": ["email": "grey@example.org", "name": "Grey", "role": "clinician"],
  "account": ["name": "Group"],
  "account_settings": [:],
  "intake_form": ["clinic_id": .string(otherID), "patient_id": .string(otherID)],
  "ai_intake_summary": [
    "clinic_id": .string(otherID), "patient_id": .string(otherID),
    "appointment_id": .string(otherID), "intake_form_id": .string(otherID),
    "summary_text": "well",
  ],
  "recurring_availability": [
    "clinician_id": .string(otherID), "days_of_week": [0, 2], "time_slots": ["09:00"],
    "start_date": "2025-06-01",
  ],
  "availability_override": [
    "clinician_id": .string(otherID), "date": "2025-06-02", "time_slot": "09:00",
    "available": false,
  ],
  "chat_session": ["patient_id": .string(otherID)],
  "chat_question": ["text": "Do you smoke?", "question_type": "yes_no"],
  "chat_answer": [
    "session_id": .string(otherID), "question_id": .string(otherID), "answer": "no",
  ],
  "eligibility_result": [
    "patient_id": .string(otherID), "session_id": .string(otherID), "is_eligible": true,
  ],
  "lab_order": [
    "patient_id": .string(otherID), "provider_id": .string(otherID),
    "eligibility_result_id": .string(otherID), "test_type": "BRCA",
  ],
  "lab_result": ["order_id": .string(otherID)],
  "review_decision": [
    "rule": "P2", "documents": [["type": "patient", "id": .string(otherID)]],
    "dots": [.string("\(otherID):7")], "action": "keep",
  ],
  "refused_change": [
    "transaction": .string("\(otherID):7"), "reason": "it was not allowed",
    "documents": [["type": "patient", "id": .string(otherID)]], "device_id": .string(otherID),
    "written_at": "2025-06-01T12:00:00.000Z",
  ],
  "erasure_request": [
    "document": ["type": "patient", "id": .string(otherID)], "legal_ground": "request",
  ],
]

/// A new document: the minimum of its type with changes.
func create(
  _ type: String, _ changes: JSONObject = [:], isSystem: Bool = false
) throws -> JSONObject {
  let input = (minimums[type] ?? [:]).applyingMergePatch(changes)
  return try Validator(functions: functions, now: now, allowsReadOnlyFields: isSystem)
    .normalise(input, type: type, mode: .create, envelope: envelope)
}

func update(
  _ type: String, _ existing: JSONObject, _ patch: JSONObject, isSystem: Bool = false
) throws -> JSONObject {
  try Validator(functions: functions, now: now, allowsReadOnlyFields: isSystem)
    .normalise(patch, type: type, mode: .update(existing: existing), envelope: envelope)
}

/// The text of a refusal; nil if there was none.
func refusal(_ body: () throws -> JSONObject) -> String? {
  do {
    _ = try body()
    return nil
  } catch {
    return String(describing: error)
  }
}

func text(_ object: JSONObject) -> String {
  String(decoding: JSONValue.object(object).bytes, as: UTF8.self)
}
