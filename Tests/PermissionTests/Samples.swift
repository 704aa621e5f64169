import Clinic
import JSON

/// What documents of each type hold besides references.
enum Samples {
  /// - Parameter number: another one for each document.
  static func fields(_ type: String, number: Int, mark: String) -> JSONObject {
    let name: JSONValue = .string("\(type) \(mark) \(number)")
    let email: JSONValue = .string("\(type).\(mark).\(number)@example.org")
    switch type {
    case "patient": return ["first_name": "Ada", "last_name": name, "email": email]
    case "appointment":
      return ["date": .string(date(number)), "start_time": "09:00", "notes": name]
    case "cancellation": return ["cancellation_type": "other", "reason_note": name]
    case "account", "clinic", "doctor": return ["name": name]
    case "user": return ["name": name, "email": email, "role": "clinician"]
    case "recurring_availability":
      return ["days_of_week": [1], "time_slots": ["09:00"], "start_date": "2030-01-01"]
    case "availability_override":
      return ["date": .string(date(number)), "time_slot": "09:00", "available": true]
    case "intake_form":
      return ["raw_answers": ["reason": name], "status": "submitted"]
    case "ai_intake_summary":
      return ["summary_text": name, "generated_at": "2030-01-01T00:00:00.000Z"]
    case "chat_question": return ["text": name, "question_type": "text"]
    case "chat_answer": return ["answer": name]
    case "eligibility_result": return ["is_eligible": true, "review_notes": name]
    case "lab_order": return ["test_type": name]
    case "lab_result": return ["clinical_significance": name]
    default: return [:]
    }
  }

  /// A small change of a document.
  static func change(_ type: String) -> JSONObject {
    switch type {
    case "patient": ["phone": "555 0100"]
    case "account", "clinic", "doctor", "user": ["name": "Another name"]
    case "account_settings": ["trash_days": 40]
    case "recurring_availability": ["slot_minutes": 20]
    case "availability_override": ["available": false]
    case "intake_form": ["raw_answers": ["more": "pain"]]
    case "ai_intake_summary": ["key_notes": "pain"]
    case "chat_session": ["source": "provider"]
    case "chat_question": ["text": "Where?"]
    case "eligibility_result": ["review_notes": "seen"]
    case "lab_result": ["clinical_significance": "none"]
    default: ["notes": "a note"]
    }
  }

  /// A day in the future; another one for each number up to 20 years.
  static func date(_ number: Int) -> String {
    let (year, month, day) = (2031 + number / 336, number / 28 % 12 + 1, number % 28 + 1)
    func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(digits(month))-\(digits(day))"
  }

  /// The fields of a type that name documents, with the type of these.
  static func references(of type: String) -> [(field: String, type: String)] {
    (Catalogue.standard.type(named: type)?.fields ?? []).compactMap { field in
      guard field.use == .stored, case .reference(let type, _) = field.kind else { return nil }
      return (field.name, type)
    }
  }
}
