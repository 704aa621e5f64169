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
  package func key(_ fields: JSONObject) -> String? {
    switch self {
    case .patientEmail, .userEmail: fields["email"]?.stringValue.map(Self.emailKey)
    case .patientExternalID: fields["external_id"]?.stringValue
    case .appointmentCode: fields["confirmation_code"]?.stringValue
    case .appointmentDoctorDay:
      Self.doctorDay(fields["doctor_id"]?.stringValue, fields["date"]?.stringValue)
    case .appointmentPatient, .invitePatient: fields["patient_id"]?.stringValue
    case .appointmentCancellations: fields["appointment_id"]?.stringValue
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
