import Clinic
package import JSON
import Platform
package import Storage

/// The indexes that the clinic's rules need: by them a write finds what it must not collide with.
package enum ClinicIndex: String, CaseIterable, Sendable {
  case patientEmail, patientExternalID, userEmail
  case appointmentCode, appointmentDoctorDay, appointmentPatient, appointmentCancellations
  case invitePatient

  package var type: String {
    switch self {
    case .patientEmail, .patientExternalID: "patient"
    case .userEmail: "user"
    case .appointmentCode, .appointmentDoctorDay, .appointmentPatient: "appointment"
    case .appointmentCancellations: "cancellation"
    case .invitePatient: "invite"
    }
  }

  /// The key of a document by its visible fields; nil if it has none.
  package func key(_ fields: JSONObject) -> String? { key(self.fields.map { fields[$0] }) }

  private var fields: [String] {
    switch self {
    case .patientEmail, .userEmail: ["email"]
    case .patientExternalID: ["external_id"]
    case .appointmentCode: ["confirmation_code"]
    case .appointmentDoctorDay: ["doctor_id", "date"]
    case .appointmentPatient, .invitePatient: ["patient_id"]
    case .appointmentCancellations: ["appointment_id"]
    }
  }

  private func key(_ values: [JSONValue?]) -> String? {
    switch self {
    case .patientEmail, .userEmail: values[0]?.stringValue.map(Self.emailKey)
    case .appointmentDoctorDay: Self.doctorDay(values[0]?.stringValue, values[1]?.stringValue)
    case .patientExternalID, .appointmentCode, .appointmentPatient, .invitePatient,
      .appointmentCancellations:
      values[0]?.stringValue
    }
  }

  /// The form in which e-mail addresses are compared.
  package static func emailKey(_ email: String) -> String {
    Text.nfc(trimmed(email)).lowercased()
  }

  package static func doctorDay(_ doctor: String?, _ date: String?) -> String? {
    guard let doctor, let date else { return nil }
    return "\(doctor) \(date)"
  }

  static func indexes(ofType type: String) -> [ClinicIndex] { byType[type] ?? [] }

  private static let byType = Dictionary(grouping: allCases, by: \.type)

  package static var all: [StoreIndex] {
    allCases.map { index in
      StoreIndex(type: index.type, name: index.rawValue, fields: index.fields) { index.key($0) }
    }
  }
}
