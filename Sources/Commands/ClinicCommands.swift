import Causality
import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

extension CommandRunner {
  /// Commands that know patients, invites and appointments.
  func clinicOutcome(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    switch invocation.command.name {
    case "import patients": try importPatients(invocation, input, printer)
    case "import legacy-invites": try importLegacyInvites(invocation, input, printer)
    case "import appointments": try importAppointments(invocation, input, printer)
    case "invite": try invite(invocation, printer)
    case "invite revoke": try revokeInvite(invocation, printer)
    case "invite resend": try resendInvite(invocation, printer)
    case "invites": try invites(invocation, printer)
    case "book": try book(invocation, printer)
    case "reschedule": try reschedule(invocation, printer)
    case "cancel": try cancel(invocation, printer)
    case "show patient": try showPatient(invocation, printer)
    case "schedule": try schedule(invocation, printer)
    case let name where AppointmentAction(name) != nil: try act(name, invocation, printer)
    default: try reviewOutcome(invocation, printer)
    }
  }

  // MARK: - Imports

  private func importPatients(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    let report = try replica.importPatients(
      input ?? [], isDryRun: invocation.has("--dry-run"))
    return outcome(report, printer)
  }

  private func importAppointments(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    let clinic = try living("clinic", required("--clinic", invocation))
    let doctor = try living("doctor", required("--doctor", invocation))
    let report = try replica.importAppointments(
      input ?? [], clinic: clinic, doctor: doctor, map: try columnMap(invocation),
      isDryRun: invocation.has("--dry-run"))
    return outcome(report, printer)
  }

  private func columnMap(_ invocation: Invocation) throws -> [String: String] {
    guard let text = invocation.value("--map") else { return [:] }
    guard let object = (try? JSONValue(parsing: Array(text.utf8)))?.objectValue else {
      throw UsageError("--map: the file holds no JSON object")
    }
    var map: [String: String] = [:]
    for member in object.members { map[member.key] = plainText(member.value) }
    return map
  }

  /// Lines that were left out are told one by one, and make the status 3.
  private func outcome(_ report: ImportReport, _ printer: Printer) -> CommandOutcome {
    var value = report.value
    if !printer.isJSON { value["errors"] = .int(report.errors.count) }
    var outcome = printer.object(value)
    guard !report.errors.isEmpty else { return outcome }
    outcome.status = 3
    outcome.errors = report.errors.map { problem in
      let field = problem.field.map { "\($0): " } ?? ""
      return "line \(problem.line): \(field)\(problem.problem)"
    }
    return outcome
  }

  // MARK: - Invites

  private func invite(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let patient = try living("patient", invocation.operands[0])
    var terms = InviteTerms()
    terms.provider = try invocation.value("--provider").map { try living("user", $0) }
    terms.expiryDays = try number("--expiry-days", invocation)
    terms.message = invocation.value("--message")
    if invocation.has("--no-email") { terms.sendsEmail = false }
    return try printer.object(shown(replica.createInvite(patient: patient, terms)))
  }

  /// An invite with its token, which is shown this once.
  private func shown(_ issued: IssuedInvite) throws -> JSONObject {
    var view = try stored(issued.invite)
    view["token_hashes"] = nil
    view.append("token", .string(issued.token))
    return view
  }

  private func revokeInvite(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let invite = try living("invite", invocation.operands[0])
    _ = try replica.revokeInvite(invite)
    return try printer.object(stored(DocumentKey(type: "invite", id: invite)))
  }

  private func resendInvite(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let invite = try living("invite", invocation.operands[0])
    return try printer.object(shown(replica.resendInvite(invite)))
  }

  private func invites(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    var query = ListQuery(type: "invite")
    if let patient = invocation.value("--patient") {
      query.filters = [(field: "patient_id", value: try living("patient", patient).description)]
    }
    return printer.list(try replica.list(query))
  }

  // MARK: - Appointments

  private func book(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let change = try replica.book(
      patient: try living("patient", invocation.operands[0]),
      doctor: try living("doctor", required("--doctor", invocation)),
      date: try required("--date", invocation), time: try required("--time", invocation),
      duration: try number("--duration", invocation) ?? 30,
      visitType: invocation.value("--type"), visitCategory: invocation.value("--category"),
      overbookReason: invocation.value("--overbook"))
    return try outcome(change, printer)
  }

  private func reschedule(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let change = try replica.reschedule(
      try living("appointment", invocation.operands[0]), date: try required("--date", invocation),
      time: try required("--time", invocation), overbookReason: invocation.value("--overbook"))
    return try outcome(change, printer)
  }

  private func cancel(_ invocation: Invocation, _ printer: Printer) throws -> CommandOutcome {
    let change = try replica.cancel(
      try living("appointment", invocation.operands[0]), type: try required("--type", invocation),
      note: invocation.value("--note"))
    return try outcome(change, printer)
  }

  private func act(
    _ name: String, _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    guard let action = AppointmentAction(name) else { throw UsageError("\(name) is no action") }
    let change = try replica.setStatus(
      try living("appointment", invocation.operands[0]), action)
    return try outcome(change, printer)
  }

  private func outcome(
    _ change: AppointmentChange, _ printer: Printer
  ) throws -> CommandOutcome {
    try printer.object(stored(change.appointment))
  }

  // MARK: - Values

  private func living(_ type: String, _ name: String) throws -> UniqueID {
    try replica.living(type: type, named: name).key.id
  }

  func required(_ option: String, _ invocation: Invocation) throws -> String {
    guard let value = invocation.value(option), !value.isEmpty else {
      throw UsageError("\(option) is missing")
    }
    return value
  }

  func number(_ option: String, _ invocation: Invocation) throws -> Int? {
    guard let text = invocation.value(option) else { return nil }
    guard let number = Int(text) else { throw UsageError("\(option): \"\(text)\" is no number") }
    return number
  }
}
