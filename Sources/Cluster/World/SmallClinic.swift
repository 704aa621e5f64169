import Causality
import Documents
import JSON

/// The documents of a small clinic, by numbers.
enum SmallClinic {
  static let types = [
    "clinic", "user", "doctor", "patient", "invite", "appointment", "cancellation", "stranger",
    "intake_form",
  ]

  static func key(_ type: String, _ number: Int) -> DocumentKey {
    let kind = types.firstIndex(of: type) ?? types.count
    return DocumentKey(
      type: type, id: UniqueID(high: 0x4000, low: 1 << 63 | UInt64(kind * 100 + number)))
  }

  /// Whether a patient came with a file: the file's ids are made of its lines.
  static func isImported(_ key: DocumentKey) -> Bool {
    key.type == "patient" && key.id.high != 0x4000
  }

  static func id(_ type: String, _ number: Int) -> JSONValue {
    .string(key(type, number).id.description)
  }

  /// What is there before anything happens.
  static var founding: [(key: DocumentKey, fields: JSONObject)] {
    var documents: [(key: DocumentKey, fields: JSONObject)] = [
      (key("clinic", 1), ["name": "North", "timezone": "America/New_York", "clinic_metadata": [:]])
    ]
    for number in 1...2 {
      let user: JSONObject = [
        "name": .string("User \(number)"), "email": .string("u\(number)@example.org"),
        "role": number == 1 ? "admin" : "clinician", "status": "active",
      ]
      let doctor: JSONObject = [
        "clinic_id": id("clinic", 1), "user_id": id("user", number),
        "name": .string("Doctor \(number)"), "status": "active",
      ]
      documents += [(key("user", number), user), (key("doctor", number), doctor)]
    }
    for number in 1...3 {
      let patient: JSONObject = [
        "first_name": .string("First \(number)"), "last_name": "Lima", "status": "active",
        "email": .string("p\(number)@example.org"), "date_of_birth": "1980-02-03",
      ]
      documents.append((key("patient", number), patient))
    }
    return documents
  }
}
