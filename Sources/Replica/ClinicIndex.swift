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
  package func key(_ fields: JSONObject) -> String? { key { fields[$0] } }

  /// The key of a document; nil if it has none.
  /// - Parameter value: the visible value of a field.
  package func key(_ value: StoreIndex.FieldValue) -> String? {
    switch self {
    case .patientEmail, .userEmail: value("email")?.stringValue.map(Self.emailKey)
    case .patientExternalID: value("external_id")?.stringValue
    case .appointmentCode: value("confirmation_code")?.stringValue
    case .appointmentDoctorDay:
      Self.doctorDay(value("doctor_id")?.stringValue, value("date")?.stringValue)
    case .appointmentPatient, .invitePatient: value("patient_id")?.stringValue
    case .appointmentCancellations: value("appointment_id")?.stringValue
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

  package static var all: [StoreIndex] {
    allCases.map { index in
      StoreIndex(type: index.type, name: index.rawValue) { index.key($0) }
    }
  }
}
