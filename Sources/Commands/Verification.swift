import Causality
import CommandLineTool
import Documents
import JSON
import Replica
import Storage

extension CommandRunner {
  /// What `verify` prints: what is wrong now, and before that what a repair has found and done.
  static func outcome(
    _ report: VerificationReport, _ repair: RepairReport?, _ printer: Printer
  ) -> CommandOutcome {
    guard !printer.isJSON else {
      var outcome = printer.object(object(report, repair))
      outcome.status = report.isOK ? 0 : 1
      return outcome
    }
    let lines = report.problems.map(line)
    let summary = "\(report.checked) files and records checked, \(report.problems.count) problems\n"
    return CommandOutcome(
      status: report.isOK ? 0 : 1, output: Array(((repair.map(text) ?? "") + summary).utf8),
      errors: lines)
  }

  private static func object(
    _ report: VerificationReport, _ repair: RepairReport?
  ) -> JSONObject {
    var object: JSONObject = [
      "ok": .bool(report.isOK), "checked": .int(report.checked),
      "problems": .array(report.problems.map { .object($0.object) }),
    ]
    guard let repair else { return object }
    object["repaired"] = .array(repair.found.map { .object($0.object) })
    object["quarantined"] = .array(repair.quarantined.map(JSONValue.string))
    object["lost"] = .array(
      repair.lost.map { ["type": .string($0.type), "id": .string($0.id.description)] })
    object["new_replica"] = .bool(repair.isRenewed)
    return object
  }

  private static func text(_ repair: RepairReport) -> String {
    var lines = repair.found.map { "was damaged: \(line($0))" }
    lines += repair.quarantined.map { "kept as it was: \($0)" }
    lines += repair.lost.map {
      "nothing whole is left here of \($0): the next sync fetches what the server has"
    }
    if repair.isRenewed {
      lines.append("what is lost was known under the replica id: the store goes on under a new one")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func line(_ problem: VerificationProblem) -> String {
    let place = problem.offset.map { " at byte \($0)" } ?? ""
    return "\(problem.file)\(place): \(problem.what)"
  }
}
