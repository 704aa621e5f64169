import Clinic
import CommandLineTool
import Documents
import JSON
import Platform
import Replica
import Storage

/// The way from the earlier system, which knew invites, to patients.
extension CommandRunner {
  func importLegacyInvites(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    let actions = ["--undo", "--finalize", "--check"].filter { invocation.has($0) }
    guard actions.count + (input == nil ? 0 : 1) == 1 else {
      throw UsageError(
        "import legacy-invites takes one of FILE, --undo RUN, --finalize and --check")
    }
    if let action = actions.first {
      for option in ["--chats", "--dry-run"] where invocation.has(option) {
        throw UsageError("\(option) goes with FILE, not with \(action)")
      }
    }
    switch actions.first {
    case "--undo": return try undo(try required("--undo", invocation), printer)
    case "--finalize": return try finalize(printer)
    case "--check": return try check(try replica.checkLegacy(), printer)
    default: return try importInvites(input ?? [], invocation, printer)
    }
  }

  /// Runs something beside which no sync and no other import runs; gives those under way a moment to end.
  private func alone<Result>(
    _ body: () throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    let wait = LockWait()
    return try replica.alone(while: { wait.rest() }, body)
  }

  // MARK: - Import

  private func importInvites(
    _ file: [UInt8], _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    let chats = invocation.value("--chats").map { Array($0.utf8) }
    let isDryRun = invocation.has("--dry-run")
    var backup: String?
    let report = try alone { () throws(ReplicaError) in
      let rehearsal = try replica.importLegacyInvites(file, chats: chats, isDryRun: true)
      guard !isDryRun, rehearsal.hasWritten else { return rehearsal }
      backup = try backUp(before: rehearsal)
      return try replica.importLegacyInvites(file, chats: chats)
    }
    return outcome(report, backup: backup, printer)
  }

  /// - Returns: the directory.
  private func backUp(before report: LegacyReport) throws(ReplicaError) -> String {
    do { return try replica.store.backup(before: report.run) } catch {
      throw .conflict("no backup could be made, so nothing was imported: \(error)")
    }
  }

  private func outcome(
    _ report: LegacyReport, backup: String?, _ printer: Printer
  ) -> CommandOutcome {
    var value = report.value
    value.append("backup", backup.map { .string($0) } ?? .null)
    if !printer.isJSON { value = Self.forPeople(value) }
    var outcome = printer.object(value)
    guard report.hasErrors else { return outcome }
    outcome.status = 3
    outcome.errors = Self.lines(report.invites, "line") + Self.lines(report.chats, "chats, line")
    return outcome
  }

  private static func lines(_ report: ImportReport?, _ word: String) -> [String] {
    (report?.errors ?? []).map { problem in
      let field = problem.field.map { "\($0): " } ?? ""
      return "\(word) \(problem.line): \(field)\(problem.problem)"
    }
  }

  /// Counts instead of lists, each on a line of its own.
  private static func forPeople(_ value: JSONObject) -> JSONObject {
    var flat = JSONObject()
    for member in value.members {
      switch member.value {
      case .array(let list): flat.append(member.key, .int(list.count))
      case .object(let object):
        for inner in forPeople(object).members {
          flat.append("\(member.key)_\(inner.key)", inner.value)
        }
      case .null: break
      default: flat.append(member.key, member.value)
      }
    }
    return flat
  }

  // MARK: - Undo, check, finalize

  private func undo(_ run: String, _ printer: Printer) throws -> CommandOutcome {
    let report = try alone { () throws(ReplicaError) in try replica.undoLegacyImport(run) }
    var outcome = printer.object(printer.isJSON ? report.value : Self.forPeople(report.value))
    guard !report.kept.isEmpty else { return outcome }
    outcome.status = 3
    outcome.errors = report.kept.map { "\($0.document) stays: \($0.reason)" }
    return outcome
  }

  private func finalize(_ printer: Printer) throws -> CommandOutcome {
    let check = try alone { () throws(ReplicaError) in try replica.finalizeLegacy() }
    return try self.check(check, printer)
  }

  private func check(_ check: LegacyCheck, _ printer: Printer) throws -> CommandOutcome {
    var outcome = printer.object(printer.isJSON ? check.value : Self.forPeople(check.value))
    guard !check.findings.isEmpty else { return outcome }
    outcome.status = 3
    outcome.errors = check.findings.map(\.what)
    return outcome
  }
}
