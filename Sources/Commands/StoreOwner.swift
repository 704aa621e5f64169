import Causality
import CommandLineTool
import Control
import HTTP
import Platform
import Replica
import Storage

/// Carries out the commands of other programs on a store that this process owns: they come through
/// its control socket.
final class StoreOwner: Sendable {
  private let control: HTTPServer

  /// Answers from now on.
  /// - Parameter noteWrite: called after each command that has written something, or enrolled the device.
  init(
    runner: CommandRunner, noteWrite: @escaping @Sendable () -> Void = {}
  ) throws(SystemError) {
    var limits = HTTPLimits.standard
    limits.maximumBodyByteCount = ControlHandler.maximumByteCount
    control = HTTPServer(
      handler: ControlHandler { Self.run($0, runner, noteWrite) }, limits: limits)
    _ = try control.listen(on: .unix(path: runner.replica.store.layout.controlSocket))
    try control.start()
  }

  private static func run(
    _ call: ControlCall, _ runner: CommandRunner, _ noteWrite: () -> Void
  ) -> CommandOutcome {
    do {
      let parsed = try SatchelProgram.description.parse(call.arguments) {
        Settings(options: $0, environment: { _ in nil })
      }
      switch parsed {
      case .print(let text): return CommandOutcome(printing: text)
      case .run(let invocation):
        let (before, enrolment) = (runner.ownTransactionCount, runner.refreshToken)
        defer {
          if runner.ownTransactionCount != before || runner.refreshToken != enrolment {
            noteWrite()
          }
        }
        return runner.run(invocation, input: call.input)
      }
    } catch {
      return .failure("\(error)", status: 2)
    }
  }

  /// Takes no more commands; those that are under way come to their end first.
  func stop(withinSeconds seconds: Double) { control.stop(withinSeconds: seconds) }
}

extension CommandRunner {
  fileprivate var refreshToken: String? { replica.store.identity.enrolment?.refreshToken }

  fileprivate var ownTransactionCount: UInt64 {
    let id = replica.id
    return replica.read { $0.knowledge[id] }
  }
}
