import Causality
import Clinic
import Documents
import JSON
import Replica
import ReplicaTestSupport
import Storage

@testable import Export

/// A clinic in New York with a doctor, and what an export makes of it.
final class ExportClinic {
  static let account = TestReplica.account
  let clock = TestClock("2026-03-02T13:00:00Z")
  let store: TestReplica
  let clinic = ExportClinic.id(1)
  let user = ExportClinic.id(2)
  let doctor = ExportClinic.id(3)
  let patient = ExportClinic.id(4)

  var replica: Replica { store.replica }

  init() throws {
    store = try TestReplica(clock: clock)
    try make(
      "clinic", clinic, ["name": "Riverside; North", "timezone": "America/New_York"])
    try make(
      "user", user, ["email": "d@example.org", "name": "Dana Field", "role": "clinician"])
    try make(
      "doctor", doctor,
      [
        "name": "Dr. Field", "clinic_id": .string(clinic), "user_id": .string(user),
        "specialty": "cardiology",
      ])
    try make(
      "patient", patient,
      [
        "first_name": "Ana", "last_name": "Ruiz", "external_id": "R-1", "notes": "afraid of dogs",
        "clinician_id": .string(user), "clinic_id": .string(clinic),
      ])
  }

  /// A document's id by a small number.
  static func id(_ number: UInt64) -> String {
    UniqueID(high: 0x4000, low: 1 << 63 | number).description
  }

  func make(_ type: String, _ id: String, _ fields: JSONObject) throws {
    var fields = fields
    fields["id"] = .string(id)
    try replica.transact { (transaction) throws(ReplicaError) in
      _ = try replica.create(fields, type: type, in: &transaction)
    }
  }

  /// An appointment of the patient with the doctor on a Wednesday at nine.
  func book(_ number: UInt64, _ more: JSONObject = [:]) throws {
    var fields: JSONObject = [
      "patient_id": .string(patient), "doctor_id": .string(doctor), "clinic_id": .string(clinic),
      "date": "2026-03-04", "start_time": "09:00", "duration": 30,
      "time_zone": "America/New_York", "confirmation_code": "ABCD2345",
    ]
    for member in more.members { fields[member.key] = member.value }
    try make("appointment", Self.id(number), fields)
  }

  func key(_ type: String, _ id: String) throws -> DocumentKey {
    DocumentKey(type: type, id: UniqueID(id) ?? UniqueID(high: 0, low: 0))
  }

  func update(_ type: String, _ id: String, _ patch: JSONObject) throws {
    let key = try key(type, id)
    try replica.transact { (transaction) throws(ReplicaError) in
      _ = try replica.update(key, patch: patch, in: &transaction, validator: replica.validator())
    }
  }

  // MARK: - Exports

  var settings: ExportSettings { ExportSettings(account: Self.account, now: clock.now()) }

  func text(_ export: consuming some DocumentExport) throws -> String {
    let bytes = try replica.withOneState(needsReview: false) {
      (tables, _) throws(ReplicaError) -> [UInt8] in
      for type in export.surveyedTypes {
        _ = try replica.forEachPage(ofType: type, of: tables) { documents, clinic in
          for document in documents { export.survey(exported(document, clinic)) }
          return true
        }
      }
      var bytes: [UInt8] = []
      export.begin(&bytes)
      for type in export.types {
        _ = try replica.forEachPage(ofType: type, of: tables) { documents, clinic in
          for document in documents { export.add(exported(document, clinic), &bytes) }
          return true
        }
      }
      export.end(&bytes)
      return bytes
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func exported(_ document: Document, _ clinic: MergedClinic) -> ExportedDocument {
    ExportedDocument(document, view: replica.view(document), clinic)
  }

  func calendar(_ settings: ExportSettings? = nil) throws -> String {
    try text(CalendarExport(settings ?? self.settings, replica.world.clinic))
  }

  /// The events of a calendar, unfolded.
  func events(_ settings: ExportSettings? = nil) throws -> [[String]] {
    let lines = try calendar(settings).replacing("\r\n ", with: "").split(separator: "\r\n")
      .map(String.init)
    return lines.split(separator: "BEGIN:VEVENT").dropFirst().map { event in
      Array(event.prefix { $0 != "END:VEVENT" })
    }
  }

  func bundle(_ settings: ExportSettings? = nil) throws -> Bundle {
    Bundle(try text(FHIRExport(settings ?? self.settings, replica.world.clinic)))
  }

  func lines(_ type: String? = nil) throws -> String {
    var settings = settings
    settings.type = type
    let present = replica.read { $0.typeNames }
    return try text(LineExport(replica.catalogue, settings, present: present))
  }

  func table(_ name: String) throws -> String {
    try text(TableExport(replica.catalogue.requireType(named: name), replica.catalogue))
  }
}

/// A bundle as a test looks at it.
struct Bundle {
  let text: String
  let value: JSONObject
  let entries: [JSONObject]

  init(_ text: String) {
    self.text = text
    value = (try? JSONValue(parsing: Array(text.utf8)))?.objectValue ?? JSONObject()
    entries = value["entry"]?.arrayValue?.compactMap(\.objectValue) ?? []
  }

  func all(_ type: String) -> [JSONObject] {
    entries.compactMap { $0["resource"]?.objectValue }.filter {
      $0["resourceType"]?.stringValue == type
    }
  }

  func one(_ type: String, _ id: String) -> JSONObject {
    all(type).first { $0["id"]?.stringValue == id } ?? JSONObject()
  }
}

extension JSONObject {
  /// As it would be written.
  var line: String { String(decoding: JSONValue.object(self).bytes, as: UTF8.self) }
}
