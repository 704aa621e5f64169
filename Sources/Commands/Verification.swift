package import CommandLineTool
import JSON
import Replica
package import Storage

extension CommandRunner {
  /// What `verify` prints.
  package static func outcome(
    _ report: VerificationReport, _ printer: Printer
  ) -> CommandOutcome {
    let value: JSONObject = [
      "ok": .bool(report.isOK), "checked": .int(report.checked),
      "problems": .array(report.problems.map { .object($0.object) }),
    ]
    guard !printer.isJSON else {
      var outcome = printer.object(value)
      outcome.status = report.isOK ? 0 : 1
      return outcome
    }
    let lines = report.problems.map { problem in
      let place = problem.offset.map { " at byte \($0)" } ?? ""
      return "\(problem.file)\(place): \(problem.what)"
    }
    let summary = "\(report.checked) files and records checked, \(report.problems.count) problems\n"
    return CommandOutcome(
      status: report.isOK ? 0 : 1, output: Array(summary.utf8), errors: lines)
  }
}
