import Causality
import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

/// What is remembered of a command: who read, searched or exported what.
enum CommandAudit {
  /// The event of commands that show something of one document.
  private static let readingCommands: Set<String> = [
    "get", "cat", "history", "show patient", "review show",
  ]

  /// - Parameter outcome: what came of it.
  static func note(_ invocation: Invocation, _ outcome: CommandOutcome, in replica: Replica) {
    guard let entry = entry(invocation, outcome, replica) else { return }
    replica.audit.note(entry, at: replica.now())
  }

  private static func entry(
    _ invocation: Invocation, _ outcome: CommandOutcome, _ replica: Replica
  ) -> LocalAudit.Entry? {
    let name = invocation.command.name
    let isDone = outcome.status == 0 || outcome.status == 3
    switch name {
    case _ where readingCommands.contains(name):
      return isDone ? entry("read", replica, ids: ids(invocation, replica)) : nil
    case "list":
      let isSearch = invocation.has("--search") || invocation.has("--where")
      return entry(
        isSearch ? "search" : "list", replica, ["type": .string(type(invocation, replica))])
    case "schedule", "invites", "review", "review list":
      return entry("list", replica, ["type": .string(name)])
    case "review resolve":
      return isDone
        ? entry("review_decision", replica, ids: invocation.operands.compactMap { UniqueID($0) })
        : nil
    case _ where invocation.isExport:
      return entry("export", replica, ["format": .string(invocation.command.words.last ?? "")])
    default: return nil
    }
  }

  private static func entry(
    _ event: String, _ replica: Replica, ids: [UniqueID] = [], _ details: JSONObject = JSONObject()
  ) -> LocalAudit.Entry {
    LocalAudit.Entry(event, user: replica.reader, ids: ids, details: details)
  }

  /// Of a type that there is: anything else is what somebody typed.
  private static func type(_ invocation: Invocation, _ replica: Replica) -> String {
    let name = invocation.operand(0) ?? ""
    return replica.catalogue.type(named: name) == nil ? "unknown" : name
  }

  /// A document may be named by something else than its id.
  private static func ids(_ invocation: Invocation, _ replica: Replica) -> [UniqueID] {
    let operands = invocation.operands
    if let id = operands.last.flatMap({ UniqueID($0) }) { return [id] }
    guard let name = operands.last else { return [] }
    let type = operands.count > 1 ? operands[0] : "patient"
    return [try? replica.find(type: type, named: name)].compactMap { $0?.id }
  }
}
