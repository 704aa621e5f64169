import Causality
import Clinic
import Documents
import JSON

/// A document that measures are made with.
struct SampleDocument {
  let key: DocumentKey
  /// As the catalogue leaves them, without the id.
  let fields: JSONObject

  /// The JSON line by which somebody would create it, without the newline. The id comes first.
  var line: [UInt8] {
    var object: JSONObject = ["id": .string(key.id.description)]
    object.members += fields.members
    return JSONValue.object(object).bytes
  }
}

/// Clinic documents without end, the same for the same seed: two thirds patients, one third
/// appointments, each about 500 bytes long.
struct SampleDocuments {
  /// The clinics and doctors that the others refer to.
  let ground: [SampleDocument]
  private var numbers: SeededNumbers
  private var patients: [String] = []
  private var count = 0
  /// The ids of the clinics; every patient and appointment is at one of them.
  let clinics: [String]
  private let doctors: [String]

  private static let clinicCount = 20
  private static let byteCounts = 450...600

  init(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let clinics = (1...Self.clinicCount).map { number in
      SampleDocument(
        key: Self.newKey("clinic", &numbers),
        fields: [
          "name": .string("Clinic \(number)"), "timezone": "Africa/Kigali", "clinic_metadata": [:],
        ])
    }
    let doctors = clinics.map { clinic in
      SampleDocument(
        key: Self.newKey("doctor", &numbers),
        fields: [
          "clinic_id": .string(clinic.key.id.description), "name": "Doctor", "status": "active",
        ])
    }
    ground = clinics + doctors
    self.clinics = clinics.map(\.key.id.description)
    self.doctors = doctors.map(\.key.id.description)
    self.numbers = numbers
  }

  mutating func next(_ count: Int) -> [SampleDocument] { (0..<count).map { _ in next() } }

  mutating func next() -> SampleDocument {
    defer { count += 1 }
    return count % 3 == 2 ? appointment() : patient()
  }

  private mutating func patient() -> SampleDocument {
    let key = Self.newKey("patient", &numbers)
    patients.append(key.id.description)
    let first = numbers.pick(SampleWords.givenNames)
    let last = numbers.pick(SampleWords.familyNames)
    let email = "\(first).\(last)\(count)@example.org".lowercased()
    return padded(
      key,
      [
        "email": .string(email), "first_name": .string(first), "last_name": .string(last),
        "phone": .string("+250 7\(twoDigits(10...99)) \(numbers.number(100_000...999_999))"),
        "external_id": .string("EX-\(count)"),
        "date_of_birth": .string("\(numbers.number(1930...2024))-\(twoDigits(1...12))-\(day())"),
        "notes": "", "status": "active", "clinic_id": .string(numbers.pick(clinics)),
      ])
  }

  /// Of one doctor after the other, so that none has two at once.
  private mutating func appointment() -> SampleDocument {
    let place = count / 3
    let (doctor, slot) = (doctors[place % doctors.count], place / doctors.count)
    let (hour, days) = (8 + slot % 10, slot / 10)
    let month = Self.twoDigits(days / 28 % 12 + 1)
    let date = "\(2027 + days / 336)-\(month)-\(Self.twoDigits(days % 28 + 1))"
    return padded(
      Self.newKey("appointment", &numbers),
      [
        "clinic_id": .string(numbers.pick(clinics)), "doctor_id": .string(doctor),
        "patient_id": .string(numbers.pick(patients)),
        "date": .string(date),
        "start_time": .string("\(Self.twoDigits(hour)):00"),
        "end_time": .string("\(Self.twoDigits(hour)):30"), "duration": 30,
        "visit_type": "in-clinic", "visit_category": "follow-up", "status": "unconfirmed",
        "intake_status": "missing", "arrived": false, "notes": "",
        "confirmation_code": .string(code()),
      ])
  }

  /// Fills the notes until the line has its length.
  private mutating func padded(_ key: DocumentKey, _ fields: JSONObject) -> SampleDocument {
    var fields = fields
    let missing =
      numbers.number(Self.byteCounts) - SampleDocument(key: key, fields: fields).line.count
    fields["notes"] = .string(text(max(10, missing)))
    return SampleDocument(key: key, fields: fields)
  }

  private mutating func text(_ byteCount: Int) -> String {
    var text = numbers.pick(SampleWords.notes)
    while text.utf8.count < byteCount { text += " " + numbers.pick(SampleWords.notes) }
    let cut = String(decoding: text.utf8.prefix(byteCount), as: UTF8.self)
    return cut.hasSuffix(" ") ? cut.dropLast() + "." : cut
  }

  /// A confirmation code that no other document of these has.
  private func code() -> String {
    let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    let places = (0..<ConfirmationCode.characterCount).reversed()
    return String(places.map { alphabet[count >> (5 * $0) & 31] })
  }

  private mutating func day() -> String { twoDigits(1...28) }

  private mutating func twoDigits(_ range: ClosedRange<Int>) -> String {
    Self.twoDigits(numbers.number(range))
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  private static func newKey(_ type: String, _ numbers: inout SeededNumbers) -> DocumentKey {
    guard let id = UniqueID(randomBytes: numbers.bytes(16)) else {
      preconditionFailure("16 bytes make an id")
    }
    return DocumentKey(type: type, id: id)
  }
}
