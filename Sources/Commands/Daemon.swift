import Causality
package import CommandLineTool
import Control
import Dispatch
package import HTTP
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
        "--listen", "ADDRESS", variable: "SATCHEL_LISTEN",
        "offer the API on loopback too, such as 127.0.0.1:7421, with the token in the store's api.token"
      ),
      OptionDescription(
        "--config", "FILE", variable: "SATCHEL_CONFIG", "a JSON file with settings"),
      SatchelProgram.passphraseFile,
    ], commands: [CommandDescription("", "sync until SIGTERM or SIGINT")])

  /// The address on loopback at which the API is offered; nil if at none.
  package static func listenEndpoint(_ invocation: Invocation) throws(UsageError) -> Endpoint? {
    guard let text = invocation.value("--listen") else { return nil }
    guard let endpoint = Endpoint(text), case .tcp = endpoint, endpoint.isLoopback else {
      throw UsageError("--listen: \"\(text)\" is no address on loopback such as 127.0.0.1:7421")
    }
    return endpoint
  }
}

/// Owns a store: syncs it, and carries out the commands that come through its control socket.
package final class Daemon: Sendable {
  /// How long commands that are under way may take to end, in seconds.
  private static let stopSeconds = 5.0

  /// Where the API is on loopback; nil if nowhere.
  package var address: String? { owner.address }

  private let laptop: Laptop
  private let loop: SyncLoop
  private let owner: StoreOwner
  private let thread: SystemThread
  private let upkeep: Upkeep
  private let lockWatch: LockWatch

  /// Whether the store was closed because nobody is logged in: it is opened by whoever logs in next.
  package var mustLock: Bool { lockWatch.isDue }

  /// Opens the store and starts. It answers when this returns.
  /// - Parameters:
  ///   - listen: where the API is offered besides the store's socket.
  ///   - mustReopen: called when the store must be closed and opened again: its server was reset.
  package init(
    directory: String, setup: ReplicaSetup, listen: Endpoint? = nil,
    timing: SyncLoop.Timing = SyncLoop.Timing(), mustReopen: @escaping @Sendable () -> Void = {}
  ) throws {
    let replica = try Self.open(directory, setup)
    let lockWatch = LockWatch(replica, tell: mustReopen)
    self.lockWatch = lockWatch
    let laptop = Laptop(
      replica: replica, fileSystem: setup.fileSystem, makeTransport: HTTPSTransport.make)
    let loop = SyncLoop(laptop: laptop, timing: timing, mustReopen: mustReopen)
    upkeep = Upkeep { [replica] }
    do {
      owner = try StoreOwner(
        runner: CommandRunner(laptop: laptop, syncer: loop), listen: listen
      ) {
        loop.noteWrite()
      }
      thread = try SystemThread { loop.run() }
      try lockWatch.start()
      try upkeep.start()
    } catch {
      replica.store.close()
      throw error
    }
    (self.laptop, self.loop) = (laptop, loop)
  }

  /// Opens the store; a command that has it for a moment is waited for.
  private static func open(
    _ directory: String, _ setup: ReplicaSetup
  ) throws(ReplicaError) -> Replica {
    let wait = LockWait()
    while true {
      do throws(ReplicaError) {
        return try setup.open(directory, role: .laptop)
      } catch {
        guard error.isLocked, wait.rest() else { throw error }
      }
    }
  }

  /// Carries out an order to wipe a store that nobody has open, if there is one.
  /// - Returns: nil if there is none; else whether the server knows that it is done.
  package static func wipe(_ directory: String, setup: ReplicaSetup) throws -> Bool? {
    let wiping = Wiping(
      directory: directory, fileSystem: setup.fileSystem, clock: setup.world.clock)
    guard wiping.record != nil else { return nil }
    return try wiping.carryOut(HTTPSTransport.make)
  }

  /// Ends it: commands and a sync that are under way come to their end first; a sync that waits for
  /// its server longer than that is given up.
  package func stop() {
    let laptop = self.laptop
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.stopSeconds) { laptop.cancelSync() }
    loop.stop()
    owner.stop(withinSeconds: Self.stopSeconds)
    thread.join()
    upkeep.stop()
    lockWatch.stop()
    // What is not in a file stays in the log.
    _ = try? laptop.replica.checkpointIfDue()
    laptop.replica.store.close()
    laptop.replica.store.forgetKeys()
    Host.releaseFreeMemory()
  }
}
