import CommandLineTool
import Replica

extension CommandRunner {
  func reviewOutcome(
    _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    throw UsageError("\(invocation.command.name) cannot be run here")
  }

  func reviewCount() throws -> Int { 0 }
}
