package import JSON

/// How texts are brought into the form in which they are compared.
package struct TextForms: Sendable {
  /// Unicode normalisation form C.
  package var nfc: @Sendable (String) -> String
  /// Unicode case folding (full, not Turkic).
  package var caseFolded: @Sendable (String) -> String

  package init(
    nfc: @escaping @Sendable (String) -> String,
    caseFolded: @escaping @Sendable (String) -> String
  ) {
    self.nfc = nfc
    self.caseFolded = caseFolded
  }

  /// The form in which e-mail addresses are compared: trimmed, NFC, lower case.
  package func email(_ text: String) -> String { nfc(trimmed(text)).lowercased() }

  /// The form in which names of people are compared: trimmed, NFC, case-folded.
  package func name(_ text: String) -> String { caseFolded(nfc(trimmed(text))) }
}

extension IndexDefinition {
  /// The key of a document in an index of either kind, by the index's name; nil if it has none.
  package static func key(
    named index: String, _ fields: JSONObject, _ forms: TextForms
  ) -> String? {
    if let index = ClinicIndex(rawValue: index) { return index.key(fields, forms) }
    return key(index.split(separator: ",").map { fields[String($0)] })
  }
}

/// The indexes that the clinic's rules need besides those of the schema: by them a write finds what
/// it must not collide with, and a review rule what it compares.
package enum ClinicIndex: String, CaseIterable, Sendable {
  case patientEmail, patientExternalID, patientNameAndBirth, userEmail
  /// Patients that were merged into others.
  case patientMerged
  case appointmentCode, appointmentDoctorDay, appointmentClinicianDay, appointmentPatient
  case appointmentCancellations
  case invitePatient, inviteEmail
  /// An index holds one key of a document: each of the first hashes of an invite has its own.
  case inviteToken, inviteToken2, inviteToken3
  /// Invites of which the server has not told the patient yet.
  case inviteToMail

  package var type: String {
    switch self {
    case .patientEmail, .patientExternalID, .patientNameAndBirth, .patientMerged: "patient"
    case .userEmail: "user"
    case .appointmentCode, .appointmentDoctorDay, .appointmentClinicianDay, .appointmentPatient:
      "appointment"
    case .appointmentCancellations: "cancellation"
    case .invitePatient, .inviteEmail, .inviteToken, .inviteToken2, .inviteToken3,
      .inviteToMail:
      "invite"
    }
  }

  /// The key of a document by its visible fields; nil if it has none.
  package func key(_ fields: JSONObject, _ forms: TextForms) -> String? {
    key(self.fields.map { fields[$0] }, forms)
  }

  package var fields: [String] {
    switch self {
    case .patientEmail, .userEmail, .inviteEmail: ["email"]
    case .patientExternalID: ["external_id"]
    case .patientMerged: ["merged_into"]
    case .patientNameAndBirth: ["last_name", "date_of_birth"]
    case .appointmentCode: ["confirmation_code"]
    case .appointmentDoctorDay: ["doctor_id", "date"]
    case .appointmentClinicianDay: ["clinician_id", "date"]
    case .appointmentPatient, .invitePatient: ["patient_id"]
    case .appointmentCancellations: ["appointment_id"]
    case .inviteToken, .inviteToken2, .inviteToken3: ["token_hashes"]
    case .inviteToMail: ["status", "send_email", "email_sent_at"]
    }
  }

  package func key(_ values: [JSONValue?], _ forms: TextForms) -> String? {
    switch self {
    case .patientEmail, .userEmail, .inviteEmail: values[0]?.stringValue.map(forms.email)
    case .patientNameAndBirth:
      Self.pair(values[0]?.stringValue.map(forms.name), values[1]?.stringValue)
    case .appointmentDoctorDay, .appointmentClinicianDay:
      Self.pair(values[0]?.stringValue, values[1]?.stringValue)
    case .patientExternalID, .appointmentCode, .appointmentPatient, .invitePatient,
      .appointmentCancellations:
      values[0]?.stringValue
    case .patientMerged: values[0] == nil ? nil : ""
    case .inviteToken: Self.element(0, values[0])
    case .inviteToken2: Self.element(1, values[0])
    case .inviteToken3: Self.element(2, values[0])
    case .inviteToMail:
      values[0]?.stringValue == "pending" && values[1]?.boolValue != false && values[2] == nil
        ? "" : nil
    }
  }

  private static func element(_ number: Int, _ value: JSONValue?) -> String? {
    guard let list = value?.arrayValue, number < list.count else { return nil }
    return list[number].stringValue
  }

  /// Those by which an invite is found that has the hash of a token: so many can it have.
  package static let inviteTokens: [ClinicIndex] = [.inviteToken, .inviteToken2, .inviteToken3]

  /// The key of a person and a day.
  package static func personDay(_ person: String?, _ date: String?) -> String? {
    pair(person, date)
  }

  private static func pair(_ first: String?, _ second: String?) -> String? {
    guard let first, let second else { return nil }
    return "\(first) \(second)"
  }

  package static func indexes(ofType type: String) -> [ClinicIndex] { byType[type] ?? [] }

  private static let byType = Dictionary(grouping: allCases, by: \.type)
}
