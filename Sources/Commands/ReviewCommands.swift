import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

extension CommandRunner {
  /// Commands on what a person should decide.
  func reviewOutcome(
    _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    switch invocation.command.name {
    case "review", "review list": try listReview(printer)
    case "review show": try showReview(invocation, printer)
    case "review resolve": try resolveReview(invocation)
    case let name: throw UsageError("\(name) cannot be run here")
    }
  }

  func reviewCount() throws(ReplicaError) -> Int { try replica.reviewItems().count }

  private func listReview(_ printer: Printer) throws(ReplicaError) -> CommandOutcome {
    let items = try replica.reviewItems()
    guard !printer.isJSON else { return printer.list(items.map(\.value)) }
    if items.isEmpty { return CommandOutcome(printing: "nothing to review\n") }
    return CommandOutcome(printing: items.map(line).joined())
  }

  private func line(_ item: ReviewItem) -> String {
    "\(item.id)  \(item.severity.rawValue.padded(to: 6))  \(item.rule.padded(to: 4))  "
      + "\(item.summary)\n"
  }

  private func showReview(
    _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    let item = try replica.reviewItem(named: invocation.operands[0])
    guard !printer.isJSON else { return printer.object(item.value) }
    var text = line(item) + SideTable.text(item)
    for action in item.actions {
      text += "  --do \(action.name): \(action.effect)\n"
    }
    return CommandOutcome(printing: text)
  }

  private func resolveReview(_ invocation: Invocation) throws -> CommandOutcome {
    let item = invocation.operands[0]
    let reason = invocation.value("--reason")
    let given = ["--keep", "--value", "--do"].filter { invocation.has($0) }
    guard given.count == 1 else {
      throw UsageError("one of --keep N, --value JSON and --do ACTION is needed")
    }
    if let side = try number("--keep", invocation) {
      try replica.resolve(item: item, keep: side, reason: reason)
    } else if let text = invocation.value("--value") {
      let value: JSONValue
      do { value = try JSONValue(parsing: Array(text.utf8)) } catch {
        throw UsageError("--value: \(error)")
      }
      try replica.resolve(item: item, value: value, reason: reason)
    } else if let action = invocation.value("--do") {
      try replica.resolve(item: item, action: action, reason: reason)
    }
    let left = try reviewCount()
    return CommandOutcome(
      status: left > 0 ? 3 : 0, output: Array("settled; \(left) left to review\n".utf8))
  }
}
