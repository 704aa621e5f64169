import CommandLineTool
import Commands
import Dispatch
import Glibc
import Platform
import Replica

ignoreBrokenPipes()
let arguments = Array(CommandLine.arguments.dropFirst())
let stopped = DispatchSemaphore(value: 0)
let signals = SignalWatcher(signals: [SIGTERM, SIGINT]) { _ in stopped.signal() }
exit(
  ProgramRunner(DaemonProgram.description).run(arguments) { invocation in
    do {
      let directory = try StoreAccess.directory(invocation)
      let daemon = try Daemon(directory: directory, setup: try ReplicaSetup.system())
      writeStandardError(Array("satchel-syncd: running on \(directory)\n".utf8))
      stopped.wait()
      daemon.stop()
      return CommandOutcome()
    } catch {
      return .failure("\(error)")
    }
  })
