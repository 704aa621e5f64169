import CommandLineTool
import Commands
import Laptop
import Replica

/// `satchel create TYPE -` on a store that is open.
struct CreateCommand {
  private let runner: CommandRunner
  private let invocation: Invocation

  init(type: String, replica: Replica, _ bench: Workbench) throws {
    let laptop = Laptop(replica: replica, fileSystem: bench.fileSystem) {
      (_, _) throws(TransportError) in
      throw TransportError("measures of a store use no network")
    }
    runner = CommandRunner(laptop: laptop)
    let parsed = try SatchelProgram.description.parse(["create", type, "-", "--json"]) {
      Settings(options: $0) { _ in nil }
    }
    guard case .run(let invocation) = parsed else {
      throw BenchmarkError("satchel create cannot be called")
    }
    self.invocation = invocation
  }

  /// Parses, checks and stores JSON lines. All are durable on return.
  func run(_ lines: [UInt8]) throws(BenchmarkError) {
    let outcome = runner.run(invocation, input: lines)
    guard outcome.status == 0 else {
      throw BenchmarkError("satchel create: \(outcome.errors.joined(separator: "; "))")
    }
  }
}
