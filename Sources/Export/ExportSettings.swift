package import Causality
package import Documents

/// How a calendar names patients.
package enum PatientLabel: Sendable {
  case none, initials, names
}

/// What an export is about, and how much it tells. Without flags it tells nothing that people wrote for
/// each other, and no secrets.
package struct ExportSettings: Sendable {
  /// Stands where no canonical base is configured.
  package static let usualBase = "https://clinic.invalid/fhir"

  package let account: UniqueID
  /// Milliseconds since 1970 UTC.
  package let now: UInt64
  /// The one type that is exported; nil for all that the format knows.
  package var type: String?
  /// Where FHIR's extensions and identifiers are defined; without a slash at its end.
  package var base = usualBase
  /// Notes of patients and appointments, and the reasons of cancellations.
  package var tellsNotes = false
  /// Links to meetings.
  package var tellsLinks = false
  /// Confirmation codes.
  package var tellsCodes = false
  package var patientLabel = PatientLabel.none
  /// The documents of which something is to be reviewed.
  package var inReview: Set<DocumentKey> = []

  package init(account: UniqueID, now: UInt64) {
    self.account = account
    self.now = now
  }
}
