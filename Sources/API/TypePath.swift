import Clinic

/// Where the documents of a type are in the API.
struct TypePath: Sendable {
  let type: String
  /// `chat-sessions` of `/api/chat-sessions/`.
  let path: String
  /// Whether documents are made by a call of their own.
  var isReadOnly = false

  static let all = [
    TypePath(type: "patient", path: "patients"),
    TypePath(type: "invite", path: "invites", isReadOnly: true),
    TypePath(type: "appointment", path: "appointments"),
    TypePath(type: "cancellation", path: "cancellations"),
    TypePath(type: "account", path: "accounts"),
    TypePath(type: "account_settings", path: "account-settings"),
    TypePath(type: "clinic", path: "clinics"),
    TypePath(type: "doctor", path: "doctors"),
    TypePath(type: "user", path: "users"),
    TypePath(type: "recurring_availability", path: "availability"),
    TypePath(type: "availability_override", path: "availability-overrides"),
    TypePath(type: "intake_form", path: "intake"),
    TypePath(type: "ai_intake_summary", path: "ai-intake-summaries"),
    TypePath(type: "chat_session", path: "chat-sessions"),
    TypePath(type: "chat_question", path: "chat-questions"),
    TypePath(type: "chat_answer", path: "chat-answers"),
    TypePath(type: "eligibility_result", path: "eligibility-results"),
    TypePath(type: "lab_order", path: "lab-orders"),
    TypePath(type: "lab_result", path: "lab-results"),
  ]

  static func path(of type: String) -> String {
    all.first { $0.type == type }?.path ?? type
  }
}
