import Causality
import Documents
import JSON

/// How review items name things.
extension Reviewer {
  /// A document as a person would call it: `patient Ana Lima`.
  func name(_ key: DocumentKey) -> String {
    let fields = clinic.subject(key)?.fields ?? JSONObject()
    let text = { (name: String) in fields[name]?.stringValue ?? "" }
    let words: String
    switch key.type {
    case "appointment":
      let patient = fields["patient_id"]?.stringValue.flatMap { UniqueID($0) }
        .map { name(DocumentKey(type: "patient", id: $0)) }
      words = "of \(patient ?? "nobody") on \(text("date")) at \(text("start_time"))"
    case "invite":
      words = "to \(text("email"))"
    case "recurring_availability", "availability_override", "intake_form", "ai_intake_summary",
      "lab_order", "lab_result", "eligibility_result", "chat_session", "cancellation":
      let person = ["patient_id", "clinician_id", "order_id"].lazy.compactMap { field in
        fields[field]?.stringValue.flatMap { UniqueID($0) }.map { (field, $0) }
      }.first
      let types = ["patient_id": "patient", "clinician_id": "user", "order_id": "lab_order"]
      words =
        person.map { "of \(name(DocumentKey(type: types[$0.0] ?? "patient", id: $0.1)))" } ?? ""
    default:
      let whole = text("name")
      words =
        whole.isEmpty
        ? [text("first_name"), text("last_name")].filter { !$0.isEmpty }.joined(separator: " ")
        : whole
    }
    let isNamed = words.utf8.contains { $0 != UInt8(ascii: " ") }
    return "\(Self.words(key.type)) \(isNamed ? words : key.id.description)"
  }

  /// The name of a type or field in words: `external_id` becomes `external id`.
  static func words(_ name: String) -> String {
    String(name.map { $0 == "_" ? " " : $0 })
  }

  /// Who wrote: the user's name, else the id; nil if nobody is known.
  func author(_ author: Author) -> String? {
    guard let user = author.user else { return nil }
    let subject = clinic.subject(DocumentKey(type: "user", id: user))
    return subject?.text("name") ?? user.description
  }

  func side(_ value: JSONValue, _ write: Write) -> ReviewSide {
    ReviewSide(
      value: value, author: author(write.author), device: write.author.device,
      at: write.stamp.milliseconds)
  }

  /// A value in a sentence, cut where it gets long.
  static func quoted(_ value: JSONValue) -> String {
    let text =
      switch value {
      case .null: "nothing"
      case .string(let text): "\"\(text)\""
      case .object(let object):
        object.isEmpty
          ? "nothing"
          : object.members.map { "\(words($0.key)) \(quoted($0.value))" }.joined(separator: ", ")
      default: String(decoding: value.bytes, as: UTF8.self)
      }
    return text.count > 120 ? "\(text.prefix(119))…" : text
  }

  static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// The transactions that wrote versions, as decisions name them.
  static func dots(_ versions: some Sequence<Version>) -> [String] {
    Set(versions.map(\.write.dot)).sorted().map(\.description)
  }

  func item(
    rule: String, severity: ReviewSeverity, documents: [DocumentKey], unit: String? = nil,
    sides: [ReviewSide], summary: String, actions: [ReviewAction], dots: [String],
    versions: [VersionKey] = [], late: [Dot] = [], subject: DocumentKey? = nil
  ) -> ReviewItem {
    let documents = documents.sorted()
    let id = ReviewItem.id(
      rule: rule, documents: documents, unit: unit, sha256: clinic.functions.sha256)
    return ReviewItem(
      id: id, rule: rule, severity: severity, documents: documents, unit: unit, sides: sides,
      summary: summary, actions: actions, dots: dots, versions: versions,
      lateDots: late, subject: subject)
  }
}
