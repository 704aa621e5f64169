import Causality
package import Documents
package import JSON

extension MergedClinic {
  /// Types of what happens to a patient, with the fields that say when, best first; without one of them
  /// the time of creation counts.
  private static let journey: [(type: String, times: [String])] = [
    ("appointment", ["starts_at_utc"]), ("cancellation", []), ("invite", []),
    ("intake_form", ["submitted_at"]), ("ai_intake_summary", ["generated_at"]),
    ("chat_session", []), ("eligibility_result", []), ("lab_order", ["ordered_at"]),
  ]

  /// What happened and will happen to a patient, and to whoever was merged with him, in order of time: a
  /// line for each document with `at`, `type`, `id`, `status` if it has one, and `summary`.
  package func timeline(of patient: DocumentKey) -> [JSONObject] {
    var entries: [(at: UInt64, key: DocumentKey, line: JSONObject)] = []
    for key in samePatient(patient) {
      for (type, times) in Self.journey {
        for subject in living(type, index: "patient_id", key.id.description) {
          entries.append(entry(subject, times))
          guard type == "lab_order" else { continue }
          for result in living("lab_result", index: "order_id", subject.key.id.description) {
            entries.append(entry(result, ["received_at"]))
          }
        }
      }
    }
    return entries.sorted { a, b in a.at != b.at ? a.at < b.at : a.key < b.key }.map(\.line)
  }

  private func entry(
    _ subject: Subject, _ times: [String]
  ) -> (at: UInt64, key: DocumentKey, line: JSONObject) {
    let computed = computedFields(of: subject.document)
    let time = times.compactMap { (computed[$0] ?? subject.fields[$0])?.stringValue }
      .compactMap(Timestamp.milliseconds).first
    let at = time ?? subject.document.origin.stamp.milliseconds
    var line: JSONObject = [
      "at": .string(Timestamp.text(milliseconds: at)), "type": .string(subject.key.type),
      "id": .string(subject.key.id.description),
    ]
    line["status"] = computed["status"] ?? subject.fields["status"]
    line["summary"] = .string(summary(of: subject))
    return (at, subject.key, line)
  }

  private func summary(of subject: Subject) -> String {
    func text(_ field: String) -> String { subject.text(field) ?? "" }
    switch subject.key.type {
    case "appointment":
      let doctor = living("doctor", subject.text("doctor_id"))?.text("name") ?? "a clinician"
      return "appointment on \(text("date")) at \(text("start_time")) with \(doctor)"
    case "cancellation": return "cancellation: \(text("cancellation_type"))"
    case "invite": return "invite to \(text("email"))"
    case "intake_form": return "intake form"
    case "ai_intake_summary": return "summary of the intake form"
    case "chat_session": return "risk assessment"
    case "eligibility_result":
      let isEligible = subject.fields["is_eligible"]?.boolValue == true
      return isEligible ? "eligible for a test" : "not eligible for a test"
    case "lab_order": return "test ordered: \(text("test_type"))"
    default: return "result of a test"
    }
  }
}
