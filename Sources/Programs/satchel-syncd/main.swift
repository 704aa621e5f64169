import CommandLineTool
import Commands
import Dispatch
import Glibc
import Platform
import Replica
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
/// How often a server is told that everything is gone, until it has heard it.
let wipeRetrySeconds = 60.0
exit(
  ProgramRunner(DaemonProgram.description).run(arguments) { invocation in
    do {
      let directory = try StoreAccess.directory(invocation)
      while !isStopped.load(ordering: .acquiring) {
        if let isKnown = try Daemon.wipe(directory, setup: try ReplicaSetup.system()) {
          if isKnown {
            writeStandardError(Array("satchel-syncd: \(directory) was wiped by order\n".utf8))
            return CommandOutcome()
          }
          _ = wake.wait(timeout: .now() + wipeRetrySeconds)
          continue
        }
        let listen = try DaemonProgram.listenEndpoint(invocation)
        var setup = try ReplicaSetup.system()
        setup.passphrases = PassphraseInput(invocation)
        let daemon = try Daemon(directory: directory, setup: setup, listen: listen) {
          wake.signal()
        }
        let address = daemon.address.map { ", at \($0)" } ?? ""
        writeStandardError(Array("satchel-syncd: running on \(directory)\(address)\n".utf8))
        wake.wait()
        daemon.stop()
      }
      return CommandOutcome()
    } catch {
      return .failure("\(error)")
    }
  })
