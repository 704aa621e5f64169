import CommandLineTool
import Control
import Dispatch
import Glibc
import Platform
import Replica
import Server
import Synchronization

/// Wires the server's rooms together.
struct ServerCommand {
  let arguments: [String]

  func run(_ invocation: Invocation) -> CommandOutcome {
    guard let directory = invocation.value("--data") else {
      return .failure("--data DIR is missing (or SATCHEL_DATA)", status: 2)
    }
    let isServe = invocation.command.name == "serve"
    do {
      let input =
        try invocation.has("--password-stdin") ? readStandardInput(maximumByteCount: 1 << 16) : nil
      let setup = try ReplicaSetup.system()
      let wait = LockWait()
      while true {
        if !isServe, let outcome = askOwner(directory, input) { return outcome }
        guard let data = try open(directory, setup, wait) else { continue }
        defer { data.close() }
        return isServe
          ? serve(data, invocation) : Administration(data: data).run(invocation, input: input)
      }
    } catch {
      return .failure("\(error)")
    }
  }

  /// Opens the data directory; nil if another program has it, for a moment or to serve: ask again.
  private func open(
    _ directory: String, _ setup: ReplicaSetup, _ wait: LockWait
  ) throws(ServerError) -> ServerData? {
    do throws(ServerError) {
      return try ServerData.open(directory, setup: setup)
    } catch {
      guard error.isLocked, wait.rest() else { throw error }
      return nil
    }
  }

  /// Lets the running server carry the command out; nil if none runs.
  private func askOwner(_ directory: String, _ input: [UInt8]?) -> CommandOutcome? {
    let socket = ServerLayout(root: directory).controlSocket
    return ControlClient.run(ControlCall(arguments: arguments, input: input), socket: socket)
  }

  private func serve(_ data: ServerData, _ invocation: Invocation) -> CommandOutcome {
    Host.allowOpenFiles()
    let log = EventLog(isPlain: isTerminal(STDERR_FILENO), clock: data.setup.world.clock)
    defer { log.flush() }
    let events = DispatchSemaphore(value: 0)
    let mustStop = Atomic(false)
    let signals = SignalWatcher(signals: [SIGTERM, SIGINT, SIGHUP]) { signal in
      if signal != SIGHUP { mustStop.store(true, ordering: .releasing) }
      events.signal()
    }
    defer { signals.stop() }
    do {
      let server = try RunningServer(data: data, settings: ServerSettings(invocation), log: log)
      if let file = invocation.value("--port-file") {
        try data.fileSystem.writeFileDurably(file, Array("\(server.address)\n".utf8))
      }
      log.tell("listening on \(server.address)")
      notifyServiceManager("READY=1")
      while true {
        events.wait()
        if mustStop.load(ordering: .acquiring) { break }
        reload(server, log)
      }
      notifyServiceManager("STOPPING=1")
      try endLater(log)
      server.stop()
      log.tell("stopped")
      return CommandOutcome()
    } catch let error as ServerError {
      return .failure("\(error)", status: error.status)
    } catch {
      return .failure("\(error)")
    }
  }

  /// So long after a signal the process ends, whatever is under way, in seconds.
  private static let mostStopSeconds: UInt32 = 5

  /// Ends the process if a request takes too long. What was answered is durable; what was not is asked again.
  private func endLater(_ log: EventLog) throws(SystemError) {
    _ = try SystemThread {
      var left = Self.mostStopSeconds
      while left > 0 { left = sleep(left) }
      log.tell("stopped while requests were under way: nothing that was answered is lost")
      log.flush()
      _exit(0)
    }
  }

  /// Reads the file of settings again. With one that cannot be read the server goes on as before.
  private func reload(_ server: RunningServer, _ log: EventLog) {
    do {
      guard
        case .run(let invocation) = try ProgramRunner(ServerProgram.description).parse(arguments)
      else { return }
      try server.reload(try ServerSettings(invocation))
    } catch {
      log.tell("the settings stay as they were: \(error)")
    }
  }
}
