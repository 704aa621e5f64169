package import CommandLineTool
package import Dispatch
import Platform
import Replica
import Storage

/// Runs a daemon until it is over: closes and opens its store again as orders, a reset server, and locks want it.
package struct DaemonLoop {
  /// How often a server is told that everything is gone, until it has heard it.
  private static let wipeRetrySeconds = 60.0

  private let invocation: Invocation
  private let directory: String
  private let wake: DispatchSemaphore
  private let isOver: @Sendable () -> Bool

  /// - Parameters:
  ///   - wake: signalled when it is over.
  ///   - isOver: whether the program is to end.
  package init(
    _ invocation: Invocation, wake: DispatchSemaphore, isOver: @escaping @Sendable () -> Bool
  ) throws(UsageError) {
    (self.invocation, self.wake, self.isOver) = (invocation, wake, isOver)
    directory = try StoreAccess.directory(invocation)
  }

  /// Blocks until it is over, or the store was wiped by order.
  package func run() throws {
    var setup = try ReplicaSetup.system()
    setup.passphrases = PassphraseInput(invocation)
    var isLocked = try beginsLocked(&setup)
    while !isOver() {
      if let isKnown = try Daemon.wipe(directory, setup: setup) {
        if isKnown { return say("\(directory) was wiped by order") }
        _ = wake.wait(timeout: .now() + Self.wipeRetrySeconds)
        continue
      }
      if isLocked {
        say("\(directory) is locked")
        setup.secret = try LockedStore.wait(for: directory, setup, wake: wake, isOver: isOver)
      }
      // What was told until now has been heard.
      while wake.wait(timeout: .now()) == .success {}
      if isOver() { return }
      isLocked = try runOnce(setup)
    }
  }

  /// A store that people open with their passwords waits for the first of them.
  private func beginsLocked(_ setup: inout ReplicaSetup) throws -> Bool {
    guard LockedStore.canWait(for: directory, setup) else { return false }
    let passphrase = try setup.passphrases.passphrase("Passphrase of \(directory)")
    setup.secret = passphrase.map(StoreSecret.passphrase)
    return passphrase == nil
  }

  /// - Returns: whether the store is to be opened by a person.
  private func runOnce(_ setup: ReplicaSetup) throws -> Bool {
    let daemon = try Daemon(
      directory: directory, setup: setup, listen: DaemonProgram.listenEndpoint(invocation)
    ) { [wake] in wake.signal() }
    let address = daemon.address.map { ", at \($0)" } ?? ""
    say("running on \(directory)\(address)")
    wake.wait()
    daemon.stop()
    return daemon.mustLock
  }

  private func say(_ message: String) {
    writeStandardError(Array("satchel-syncd: \(message)\n".utf8))
  }
}
