/// Sample data for trying the product out: two clinics in two time zones, three doctors, sixty
/// patients and two hundred appointments. Nobody in it exists; e-mail addresses end in
/// `example.org` and phone numbers begin with 555-01, which are reserved for such use.
package enum Samples {
  package static let clinics = [
    SampleClinic(
      key: "riverside", name: "Riverside Family Practice", timeZone: "America/New_York",
      clinicType: "primary-care"),
    SampleClinic(
      key: "lindenhof", name: "Praxis am Lindenhof", timeZone: "Europe/Berlin",
      clinicType: "specialty"),
  ]

  package static let doctors = [
    SampleDoctor(
      key: "okafor", clinicKey: "riverside", name: "Dr. Adaeze Okafor", initials: "AO",
      specialty: "Family medicine", color: "#2E7D6B", appointmentsCSV: okaforAppointmentsCSV),
    SampleDoctor(
      key: "brandt", clinicKey: "riverside", name: "Dr. Julian Brandt", initials: "JB",
      specialty: "Internal medicine", color: "#3F5FA8", appointmentsCSV: brandtAppointmentsCSV),
    SampleDoctor(
      key: "winter", clinicKey: "lindenhof", name: "Dr. Mareike Winter-Özdemir", initials: "MW",
      specialty: "Clinical genetics", color: "#B5651D", appointmentsCSV: winterAppointmentsCSV),
  ]

  /// What stands before an appointment's `patient_id` in the patient's `external_id`.
  package static let externalIDPrefix = "DEMO-"

  /// How long each appointment takes.
  package static let appointmentMinutes = 30

  /// The doctors of a clinic, in the order of `doctors`.
  package static func doctors(of clinic: SampleClinic) -> [SampleDoctor] {
    doctors.filter { $0.clinicKey == clinic.key }
  }
}

/// A clinic of the sample data.
package struct SampleClinic: Hashable, Sendable {
  /// Names the clinic within the sample data.
  package let key: String
  package let name: String
  /// An IANA zone.
  package let timeZone: String
  package let clinicType: String
}

/// A doctor of the sample data.
package struct SampleDoctor: Hashable, Sendable {
  /// Names the doctor within the sample data.
  package let key: String
  /// The `key` of the clinic.
  package let clinicKey: String
  package let name: String
  package let initials: String
  package let specialty: String
  /// `#RRGGBB`.
  package let color: String
  /// The doctor's appointments as a CSV file with the columns `appointment_id`, `appointment_date`,
  /// `appointment_time`, `status`, `check_in_time`, `patient_id` (the patient's `external_id`
  /// without its prefix), `start_time` and `end_time`. All times are wall times of the clinic.
  package let appointmentsCSV: String
}
