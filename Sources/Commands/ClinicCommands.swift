import CommandLineTool
import Replica

extension CommandRunner {
  func clinicOutcome(
    _ invocation: Invocation, _ input: [UInt8]?, _ printer: Printer
  ) throws -> CommandOutcome {
    throw UsageError("\(invocation.command.name) cannot be run here")
  }

  func reviewCount() throws -> Int { 0 }
}
