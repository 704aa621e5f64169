import Causality
import Clinic
import Documents
import JSON
import Replica

/// A clinic in New York with a doctor and a patient.
struct VisitFixture {
  let clinic: TestClinic
  let place: UniqueID
  let doctor: UniqueID
  let patient: UniqueID

  init(zone: String = "America/New_York") throws {
    clinic = try TestClinic()
    place = try clinic.create(
      "clinic", ["name": "Riverside", "timezone": .string(zone)])
    doctor = try clinic.create(
      "doctor", ["name": "Dr. Okafor", "clinic_id": .string(place.description)])
    patient = try clinic.create(
      "patient",
      [
        "first_name": "Ana", "last_name": "Lima", "external_id": "MED-7",
        "email": "ana@example.org",
      ])
  }

  func importAppointments(
    _ csv: String, map: [String: String] = [:], isDryRun: Bool = false
  ) throws -> ImportReport {
    try clinic.replica.importAppointments(
      Array(csv.utf8), clinic: place, doctor: doctor, map: map, isDryRun: isDryRun)
  }

  /// The one appointment.
  var appointment: JSONObject {
    let all = clinic.all("appointment")
    return all.count == 1 ? all[0] : JSONObject()
  }
}

extension JSONObject {
  /// The text of a field, as a person would type it.
  func text(_ name: String) -> String? { self[name].map(plainText) }

  var documentID: UniqueID? { self["id"]?.stringValue.flatMap { UniqueID($0) } }
}
