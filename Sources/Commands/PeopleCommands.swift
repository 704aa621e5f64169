import Causality
import CommandLineTool
import JSON
import Laptop
import Platform
import Replica

/// `satchel login`, `logout`, `lock`, `unlock` and `whoami`: people who share a laptop.
struct PeopleCommands {
  static let names: Set<String> = [
    "login", "logout", "lock", "unlock", "whoami", "break-glass",
  ]

  let laptop: Laptop
  let printer: Printer

  private var people: People { laptop.replica.people }

  /// - Parameter password: as it was typed; nil if nobody gave one.
  func run(_ invocation: Invocation, password: [UInt8]?) throws -> CommandOutcome {
    switch invocation.command.name {
    case "login": return try logIn(invocation.operand(0), password)
    case "logout":
      let name = people.last?.email
      if invocation.has("--forget") { try forget() }
      people.lock()
      return CommandOutcome(
        printing: name.map { "\($0) is logged out\n" } ?? "nobody was logged in\n")
    case "lock":
      guard people.standing(at: laptop.replica.now()) != .unshared else {
        throw UsageError("nobody has ever logged in here: satchel login EMAIL comes first")
      }
      people.lock()
      return CommandOutcome(printing: "locked\n")
    case "break-glass": return try breakGlass(invocation)
    // Here it is open.
    case "unlock": return CommandOutcome(printing: "the store is open\n")
    default: return printer.object(whoIsThere)
    }
  }

  private func logIn(_ email: String?, _ password: [UInt8]?) throws -> CommandOutcome {
    guard let password, !password.isEmpty else {
      throw UsageError(
        "a password is wanted: on a terminal, in SATCHEL_PASSWORD or in the file that --password-file names"
      )
    }
    let person = try laptop.logIn(email, String(decoding: password, as: UTF8.self))
    return printer.object(["user": .string(person.user.description), "name": .string(person.name)])
  }

  /// Lets somebody read who cannot log in, and tells administrators.
  private func breakGlass(_ invocation: Invocation) throws -> CommandOutcome {
    guard let reason = invocation.value("--reason"), !reason.isEmpty else {
      throw UsageError("--reason is missing: administrators will read it")
    }
    let now = laptop.replica.now()
    guard people.standing(at: now) != .unshared else {
      throw UsageError("nobody shares this laptop: everything can be read without that")
    }
    laptop.replica.audit.note(
      LocalAudit.Entry(
        LocalAudit.emergencyEvent, user: people.last?.user, details: ["reason": .string(reason)]),
      at: now)
    people.beginEmergency(at: now)
    return CommandOutcome(
      printing: "documents can be read for now; administrators will be told, with the reason\n")
  }

  /// Whoever is logged in has to log in at the server again, the next time.
  private func forget() throws {
    guard case .open(let user) = people.standing(at: laptop.replica.now()) else {
      throw UsageError("only who is logged in can be forgotten here: satchel login first")
    }
    try laptop.forget(user)
  }

  private var whoIsThere: JSONObject {
    switch people.standing(at: laptop.replica.now()) {
    case .unshared: ["state": "unshared"]
    case .locked: ["state": "locked", "last": people.last.map { .string($0.email) } ?? .null]
    case .emergency: ["state": "emergency"]
    case .open(let user):
      [
        "state": "open", "user": .string(user.description),
        "email": people.last.map { .string($0.email) } ?? .null,
        "name": people.last.map { .string($0.name) } ?? .null,
      ]
    }
  }
}

/// What may be done on a laptop on which nobody is logged in.
enum PeopleGate {
  /// What shows nothing of patients, and writes nothing.
  private static let commandsForAll: Set<String> = [
    "status", "sync", "verify", "checkpoint", "upgrade", "enroll", "backup",
  ]
  /// What somebody may do who only reads, in an emergency.
  private static let readingCommands: Set<String> = [
    "get", "cat", "list", "history", "show patient", "schedule", "invites", "review",
    "review list", "review show",
  ]

  /// Lets a command pass, or says why not.
  static func require(_ invocation: Invocation, in replica: Replica) throws(ReplicaError) {
    let name = invocation.command.name
    if commandsForAll.contains(name) || PeopleCommands.names.contains(name) { return }
    let now = replica.now()
    switch replica.people.standing(at: now) {
    case .unshared: return
    case .locked: throw locked
    case .emergency where !readingCommands.contains(name): throw readsOnly
    case .open, .emergency: replica.people.touch(at: now)
    }
  }

  static let locked = ReplicaError.conflict("nobody is logged in: satchel login EMAIL")
  static let readsOnly = ReplicaError.conflict(
    "in an emergency documents are only read, one after the other: satchel login EMAIL for all else"
  )
}
