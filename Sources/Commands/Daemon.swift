import Causality
package import CommandLineTool
import Control
import Dispatch
import HTTP
package import Laptop
import Platform
package import Replica
import Storage
import Transport

/// What `satchel-syncd` understands.
package enum DaemonProgram {
  package static let description = ProgramDescription(
    name: "satchel-syncd", version: ProductVersion.text,
    summary: "owns a store and syncs it in the background",
    globalOptions: [
      OptionDescription(
        "--store", "DIR", variable: "SATCHEL_STORE",
        "the store's directory; without it satchel in $XDG_DATA_HOME"),
      OptionDescription(
        "--config", "FILE", variable: "SATCHEL_CONFIG", "a JSON file with settings"),
    ], commands: [CommandDescription("", "sync until SIGTERM or SIGINT")])
}

/// Owns a store: syncs it, and carries out the commands that come through its control socket.
package final class Daemon: Sendable {
  /// How long commands that are under way may take to end, in seconds.
  private static let stopSeconds = 5.0

  private let replica: Replica
  private let loop: SyncLoop
  private let control: HTTPServer
  private let thread: SystemThread

  /// Opens the store and starts. It answers when this returns.
  package init(
    directory: String, setup: ReplicaSetup, timing: SyncLoop.Timing = SyncLoop.Timing()
  ) throws {
    let replica = try setup.open(directory, role: .laptop)
    let laptop = Laptop(replica: replica, fileSystem: setup.fileSystem) {
      (url, certificateFile) throws(TransportError) in
      try HTTPSTransport(url: url, certificateFile: certificateFile)
    }
    let loop = SyncLoop(laptop: laptop, timing: timing)
    let runner = CommandRunner(laptop: laptop, syncer: loop)
    control = HTTPServer(handler: ControlHandler { Self.run($0, runner, loop) })
    do {
      _ = try control.listen(on: .unix(path: replica.store.layout.controlSocket))
      try control.start()
      thread = try SystemThread { loop.run() }
    } catch {
      replica.store.close()
      throw error
    }
    (self.replica, self.loop) = (replica, loop)
  }

  private static func run(
    _ call: ControlCall, _ runner: CommandRunner, _ loop: SyncLoop
  ) -> CommandOutcome {
    do {
      let parsed = try SatchelProgram.description.parse(call.arguments) {
        Settings(options: $0, environment: { _ in nil })
      }
      switch parsed {
      case .print(let text): return CommandOutcome(printing: text)
      case .run(let invocation):
        let before = runner.ownTransactionCount
        defer { if runner.ownTransactionCount != before { loop.noteWrite() } }
        return runner.run(invocation, input: call.input)
      }
    } catch {
      return .failure("\(error)", status: 2)
    }
  }

  /// Ends it: commands and a sync that are under way come to their end first.
  package func stop() {
    loop.stop()
    control.stop(withinSeconds: Self.stopSeconds)
    thread.join()
    // What is not in a file stays in the log.
    _ = try? replica.checkpointIfDue()
    replica.store.close()
  }
}

extension CommandRunner {
  fileprivate var ownTransactionCount: UInt64 {
    let id = replica.id
    return replica.read { $0.knowledge[id] }
  }
}
