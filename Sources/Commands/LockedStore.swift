import Clinic
import CommandLineTool
import Control
import Dispatch
import HTTP
import JSON
import Platform
import Replica
import Storage
import Synchronization

/// A sealed store whose key nobody has in memory: owned, so that whoever wants in comes here, and not open.
final class LockedStore: Sendable {
  private static let wrongTries = (count: 10, milliseconds: UInt64(10 * 60_000))

  private let directory: String
  private let ring: KeyRing
  private let workshop: KeyRing.Workshop
  private let opened = Mutex<StoreSecret?>(nil)
  private let failures = Mutex<[UInt64]>([])
  private let wake: DispatchSemaphore

  /// Waits until somebody shows that the store is his to open, or the closure says that it is over.
  ///
  /// - Parameters:
  ///   - wake: signalled when it is over.
  ///   - isOver: whether the program is to end.
  /// - Returns: what opens the store; nil if it is over.
  /// - Throws: `locked` while somebody else owns the store.
  static func wait(
    for directory: String, _ setup: ReplicaSetup, wake: DispatchSemaphore, isOver: () -> Bool
  ) throws -> StoreSecret? {
    try Store.withLock(at: directory, fileSystem: setup.fileSystem) {
      (layout) throws(StorageError) in
      guard let ring = try KeyFile(layout: layout, fileSystem: setup.fileSystem).read() else {
        return nil
      }
      let store = LockedStore(
        directory, ring, try ReplicaSetup.workshop(setup.world.random), wake)
      do throws(SystemError) { return try store.serve(layout.controlSocket, isOver) } catch {
        throw StorageError(.system, path: layout.controlSocket, problem: "\(error)")
      }
    }
  }

  /// Whether people open a store with their own passwords.
  static func canWait(for directory: String, _ setup: ReplicaSetup) -> Bool {
    let file = KeyFile(
      layout: StoreLayout(root: directory), fileSystem: setup.fileSystem)
    return (try? file.read())?.hasPeople ?? false
  }

  private init(
    _ directory: String, _ ring: KeyRing, _ workshop: KeyRing.Workshop, _ wake: DispatchSemaphore
  ) {
    (self.directory, self.ring, self.workshop, self.wake) = (directory, ring, workshop, wake)
  }

  private func serve(
    _ socket: String, _ isOver: () -> Bool
  ) throws(SystemError) -> StoreSecret? {
    let control = HTTPServer(handler: ControlHandler { [self] call in answer(call) })
    _ = try control.listen(on: .unix(path: socket))
    try control.start()
    defer { control.stop(withinSeconds: 1) }
    while !isOver() {
      if let secret = opened.withLock({ $0 }) { return secret }
      wake.wait()
    }
    return nil
  }

  /// - Returns: nil for a command that is to be sent again, to the store when it is open.
  private func answer(_ call: ControlCall) -> CommandOutcome? {
    do {
      let parsed = try SatchelProgram.description.parse(call.arguments) {
        Settings(options: $0, environment: { _ in nil })
      }
      guard case .run(let invocation) = parsed else { return .failure("", status: 2) }
      switch invocation.command.name {
      case "login": return logIn(invocation.operand(0), call.input)
      case "unlock": return unlock(call.input)
      case "status":
        return Printer(isJSON: invocation.has("--json")).object([
          "store": .string(directory), "state": "locked", "encryption": "store",
        ])
      case "whoami":
        return Printer(isJSON: invocation.has("--json")).object(["state": "locked"])
      case "lock", "logout": return CommandOutcome(printing: "locked\n")
      case "break-glass":
        return .failure("\(directory) is locked: satchel unlock opens it, with its passphrase")
      default: return .failure("\(directory) is locked: satchel login EMAIL")
      }
    } catch {
      return .failure("\(error)", status: 2)
    }
  }

  private func logIn(_ email: String?, _ password: [UInt8]?) -> CommandOutcome? {
    guard let email else {
      return .failure("\(directory) is locked: satchel login EMAIL", status: 2)
    }
    guard let password, !password.isEmpty else {
      return .failure("a password is wanted", status: 2)
    }
    let (norm, text) = (ClinicIndex.emailKey(email), String(decoding: password, as: UTF8.self))
    guard ring.knows(norm, workshop) else {
      return .failure(
        "\(email) has not logged in on this laptop yet: somebody who has opens it first, or satchel unlock does with "
          + "its passphrase")
    }
    return open(with: .person(email: norm, password: text), "the password is wrong") {
      ring.seal(email: norm, password: text, workshop)
    }
  }

  private func unlock(_ passphrase: [UInt8]?) -> CommandOutcome? {
    guard let passphrase, !passphrase.isEmpty else {
      return .failure("a passphrase is wanted", status: 2)
    }
    let text = String(decoding: passphrase, as: UTF8.self)
    return open(with: .passphrase(text), "it is another passphrase") {
      ring.seal(passphrase: text, workshop)
    }
  }

  private func open(
    with secret: StoreSecret, _ problem: String, _ makeSeal: () -> StoreSeal?
  ) -> CommandOutcome? {
    let now = monotonicMilliseconds()
    let recent = failures.withLock { failures in
      failures.removeAll { now - min($0, now) >= Self.wrongTries.milliseconds }
      return failures.count
    }
    guard recent < Self.wrongTries.count else {
      return .failure("too many wrong passwords: try again in ten minutes")
    }
    guard let seal = makeSeal() else {
      failures.withLock { $0.append(now) }
      return .failure("\(directory) is not opened: \(problem)")
    }
    seal.forget()
    opened.withLock { $0 = secret }
    wake.signal()
    return nil
  }
}
