import Platform

/// The rows of `Conformance/seeds.md`, and what they must name.
enum SeedTable {
  struct Row {
    let line: Int
    /// Document, what, here, test.
    let cells: [String]

    var isNotBuilt: Bool { cells.last?.hasPrefix(notBuilt) == true }
    var tests: [String] {
      (cells.last ?? "").split(separator: ";").map { trimmed(String($0)) }
    }
    /// The names in the second cell; of `patients.email`, `email`.
    var words: [String] {
      cells[1].split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
  }

  static let notBuilt = "not built: "

  static let rows: [Row] = {
    let bytes = (try? POSIXFileSystem().readFile("\(Rooms.package)/Conformance/seeds.md")) ?? []
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      guard line.hasPrefix("| "), !line.hasPrefix("| seed |") else { return nil }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .dropFirst().dropLast()
      return Row(line: index + 1, cells: cells.map { trimmed(String($0)) })
    }
  }()

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }

  /// The tables of the fourth and fifth seed document, and of the first the one of patients.
  static let entities: [String: [String]] = [
    "clinics": names(
      "id name timezone clinic_type clinic_size clinic_metadata created_at updated_at"),
    "users": names(
      """
      id email password_hash google_id name role status clinic_id doctor_id created_at updated_at
      """),
    "doctors": names("id clinic_id user_id name initials specialty color created_at"),
    "patients": names(
      """
      id email first_name last_name phone external_id date_of_birth notes status created_at \
      updated_at clinician_id account_id user_id clinic_id full_name
      """),
    "appointments": names(
      """
      id clinic_id doctor_id patient_id date start_time end_time duration visit_type \
      visit_category status intake_status arrived arrived_at meeting_link created_at updated_at
      """),
    "cancellations": names(
      """
      id appointment_id clinic_id patient_id cancelled_by_id cancellation_type reason_note \
      created_at
      """),
    "intake_forms": names(
      "id clinic_id patient_id appointment_id raw_answers status submitted_at created_at"),
    "ai_intake_summaries": names(
      """
      id clinic_id patient_id appointment_id intake_form_id summary_text patient_concerns \
      medications allergies key_notes model_version status generated_at
      """),
    "Account": names("id name status created_at updated_at subscription_tier max_users"),
    "User": names(
      """
      id email password_hash first_name last_name role account_id status created_at updated_at \
      last_login
      """),
    "Patient": names(
      """
      id account_id first_name last_name email phone date_of_birth provider_id created_at \
      updated_at status
      """),
    "ChatSession": names("id patient_id status created_at updated_at completed_at source"),
    "ChatQuestion": names(
      """
      id text question_type options next_question_logic category created_at updated_at is_active
      """),
    "ChatAnswer": names("id session_id question_id answer created_at"),
    "Invite": names(
      """
      id patient_id email first_name last_name token provider_id status created_at expires_at \
      completed_at
      """),
    "EligibilityResult": names(
      """
      id patient_id session_id is_eligible nccn_eligible tc_score factors created_at \
      provider_reviewed provider_id review_notes
      """),
    "LabOrder": names(
      """
      id patient_id provider_id eligibility_result_id test_type lab_id status ordered_at \
      external_order_id insurance_information notes
      """),
    "LabResult": names(
      """
      id order_id status result_data raw_result received_at reviewed_at reviewer_id \
      clinical_significance
      """),
    "Appointments": names(
      """
      id patient_id clinician_id date time date_time appointment_type status notes \
      confirmation_code created_at updated_at
      """),
    "RecurringAvailability": names(
      """
      id clinician_id day_of_week time start_date end_date valid_until days_of_week time_slots \
      created_at updated_at
      """),
  ]

  static let endpoints = [
    "GET /api/patients/", "POST /api/patients/", "GET /api/patients/{patient_id}",
    "PUT /api/patients/{patient_id}", "DELETE /api/patients/{patient_id}",
    "POST /api/patients/bulk", "POST /api/patients/import-csv", "POST /api/generate_invite",
    "POST /api/bulk_invite", "GET /health", "GET /docs", "router auth", "router doctors",
    "router patients", "router appointments", "router schedule", "router intake",
    "router dashboard",
  ]

  private static func names(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }
}

/// The tests of this package, found in their sources.
enum SourceTest {
  /// `Target/Suite/name` of each.
  static let all: Set<String> = {
    let disk = POSIXFileSystem()
    let root = "\(Rooms.package)/Tests"
    var found: Set<String> = []
    for target in (try? disk.contents(ofDirectory: root)) ?? [] where target.hasSuffix("Tests") {
      for path in files(in: "\(root)/\(target)", disk) {
        let text = String(decoding: (try? disk.readFile(path)) ?? [], as: UTF8.self)
        for name in names(in: text) { found.insert("\(target)/\(name)") }
      }
    }
    return found
  }()

  private static func files(in folder: String, _ disk: POSIXFileSystem) -> [String] {
    ((try? disk.contents(ofDirectory: folder)) ?? []).flatMap { name -> [String] in
      if name.hasSuffix(".swift") { return ["\(folder)/\(name)"] }
      return name.contains(".") ? [] : files(in: "\(folder)/\(name)", disk)
    }
  }

  /// `Suite/name` of each function in backticks that follows `@Test`; of a suite, the type of the outermost
  /// level before it.
  static func names(in text: String) -> [String] {
    var (names, suite, isTest) = ([String](), "", false)
    for line in text.split(separator: "\n") {
      if let type = typeName(line) { suite = type }
      if line.contains("@Test") { isTest = true }
      let parts = line.split(separator: "`", omittingEmptySubsequences: false)
      guard isTest, parts.count >= 3, let name = quoted(parts, line) else { continue }
      names.append("\(suite)/\(name)")
      isTest = false
    }
    return names
  }

  /// A function's name is after `func`, or alone on its line and followed by its arguments.
  private static func quoted(_ parts: [Substring], _ line: Substring) -> String? {
    for index in parts.indices.dropFirst().dropLast() where index % 2 == 1 {
      let before = parts[index - 1]
      let isNamed = before.hasSuffix("func ") || before.allSatisfy { $0 == " " }
      if isNamed, parts[index + 1].hasPrefix("(") { return String(parts[index]) }
    }
    return nil
  }

  private static func typeName(_ line: Substring) -> String? {
    guard line.first != " " else { return nil }
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    guard let place = words.firstIndex(where: { ["struct", "class", "extension"].contains($0) }),
      !line.hasPrefix("//"), place + 1 < words.count
    else { return nil }
    return String(words[place + 1])
  }
}
