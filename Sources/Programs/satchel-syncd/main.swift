import CommandLineTool
import Commands
import Dispatch
import Glibc
import Platform
import Synchronization

ignoreBrokenPipes()
Host.forbidMemoryDumps()
let arguments = Array(CommandLine.arguments.dropFirst())
let isStopped = Atomic(false)
let wake = DispatchSemaphore(value: 0)
let signals = SignalWatcher(signals: [SIGTERM, SIGINT]) { _ in
  isStopped.store(true, ordering: .releasing)
  wake.signal()
}
exit(
  ProgramRunner(DaemonProgram.description).run(arguments) { invocation in
    do {
      let loop = try DaemonLoop(invocation, wake: wake) { isStopped.load(ordering: .acquiring) }
      try loop.run()
      return CommandOutcome()
    } catch {
      return .failure("\(error)")
    }
  })
