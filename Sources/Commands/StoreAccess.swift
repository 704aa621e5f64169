import Causality
import Clinic
package import CommandLineTool
import Control
import Documents
import JSON
import Laptop
import Platform
import Replica
import Storage
import Transport

/// Finds the store that a command is for and runs it: in this process, or in the one that owns the
/// store.
package struct StoreAccess: Sendable {
  /// Commands that wait for the network: other commands are carried out meanwhile.
  private static let commandsThatShare: Set<String> = ["sync", "enroll", "login"]
  /// How long such a command waits for others that it carries out, in seconds: until they end.
  private static let shareSeconds = 3600.0

  private var arguments: [String]

  /// - Parameter arguments: of the process, without its name.
  package init(arguments: [String]) { self.arguments = arguments }

  /// The store's directory: the flag, `SATCHEL_STORE`, or the user's data directory.
  package static func directory(_ invocation: Invocation) throws(UsageError) -> String {
    if let directory = invocation.value("--store") { return directory }
    if let data = Host.environment("XDG_DATA_HOME"), !data.isEmpty { return "\(data)/satchel" }
    guard let home = Host.environment("HOME"), !home.isEmpty else {
      throw UsageError("--store DIR is missing (or SATCHEL_STORE)")
    }
    return "\(home)/.local/share/satchel"
  }

  /// Carries out a command.
  package func run(_ invocation: Invocation) -> CommandOutcome {
    do {
      let directory = try Self.directory(invocation)
      var access = self
      let invocation = try access.resolvingFiles(invocation)
      let input = try CommandInput.read(invocation)
      var setup = try ReplicaSetup.system()
      setup.passphrases = PassphraseInput(invocation)
      if invocation.command.name == "login", let email = invocation.operand(0), let input {
        setup.secret = .person(
          email: ClinicIndex.emailKey(email), password: String(decoding: input, as: UTF8.self))
      }
      if invocation.command.name == "init" {
        return try InitCommand(setup: setup).run(invocation, directory: directory)
      }
      if invocation.command.name == "restore-backup" {
        return try Self.restore(invocation, directory: directory, setup)
      }
      guard invocation.isExport else {
        return try access.run(invocation, input: input, directory: directory, setup: setup)
      }
      let destination = try ExportDestination(invocation)
      return try destination.deliver {
        try access.run(
          invocation, input: nil, directory: directory, setup: setup, sink: destination.sink)
      }
    } catch let error as UsageError {
      return .failure("\(error)", status: 2)
    } catch {
      return .failure("\(error)")
    }
  }

  private static func restore(
    _ invocation: Invocation, directory: String, _ setup: ReplicaSetup
  ) throws -> CommandOutcome {
    let identity = try setup.restore(backup: invocation.operands[0], to: directory)
    return Printer(isJSON: invocation.has("--json")).object([
      "store": .string(directory), "account": .string(identity.account.description),
      "replica": .string(identity.replica.description),
    ])
  }

  private static func downgrade(
    _ directory: String, _ setup: ReplicaSetup
  ) throws -> CommandOutcome {
    let report = try setup.downgrade(directory)
    return CommandOutcome(
      printing: """
        the store is as it was in format \(report.format), under a new replica id; programs of this \
        version bring it up to date again when they open it
        what was written since the upgrade is kept in \(report.kept): satchel --store NEW \
        restore-backup \(report.kept) brings that into a store of its own

        """)
  }

  /// Files that options name are read where the command was typed: the process that owns the store may
  /// run as somebody who cannot.
  private mutating func resolvingFiles(_ invocation: Invocation) throws -> Invocation {
    var invocation = invocation
    for option in ["--map", "--chats"] {
      guard let file = invocation.value(option) else { continue }
      let bytes = try POSIXFileSystem().readFile(file)
      let text = String(decoding: bytes, as: UTF8.self)
      invocation = replace(option, with: text, in: invocation)
    }
    return invocation
  }

  private mutating func replace(
    _ option: String, with value: String, in invocation: Invocation
  ) -> Invocation {
    if let index = arguments.firstIndex(of: option), index + 1 < arguments.count {
      arguments[index + 1] = value
    } else if let index = arguments.firstIndex(where: { $0.hasPrefix(option + "=") }) {
      arguments[index] = "\(option)=\(value)"
    }
    return invocation.replacing(option, with: value)
  }

  private func run(
    _ invocation: Invocation, input: [UInt8]?, directory: String, setup: ReplicaSetup,
    sink: (any ByteSink)? = nil
  ) throws -> CommandOutcome {
    let layout = StoreLayout(root: directory)
    let wiping = Wiping(
      directory: directory, fileSystem: setup.fileSystem, clock: setup.world.clock)
    let wait = LockWait()
    while true {
      do {
        let outcome = try runHere(
          invocation, input: input, directory: directory, setup: setup, sink: sink)
        _ = try wiping.carryOut(HTTPSTransport.make)
        return outcome
      } catch ReplicaError.storage(let error) where error.code == .wiped {
        _ = try wiping.carryOut(HTTPSTransport.make)
        guard invocation.command.name == "status", let record = wiping.record else { throw error }
        return Printer(isJSON: invocation.has("--json")).object(Wiping.status(record))
      } catch ReplicaError.storage(let error) where error.code == .locked {
        if EncryptionCommands.names.contains(invocation.command.name), !wait.rest() {
          throw UsageError("\(directory) is in use: stop satchel-syncd first, then start it again")
        }
        if EncryptionCommands.names.contains(invocation.command.name) { continue }
        let call = ControlCall(
          arguments: invocation.settingsAsFlags + absoluteArguments(invocation), input: input)
        if let outcome = ControlClient.run(call, socket: layout.controlSocket) {
          return try sink.map { try ExportSpool.deliver(outcome, to: $0) } ?? outcome
        }
        guard wait.rest() else { throw error }
      } catch ReplicaError.storage(let error) where error.code == .sealed {
        // While satchel-syncd opens or locks the store nobody owns it for a moment.
        guard LockedStore.canWait(for: directory, setup), PassphraseInput(invocation).isSilent,
          wait.rest()
        else { throw error }
      }
    }
  }

  /// The arguments with the directory that a backup goes to as it is meant here: the owner of the store
  /// may run elsewhere.
  private func absoluteArguments(_ invocation: Invocation) -> [String] {
    guard invocation.command.name == "backup", let directory = invocation.operand(0),
      !directory.hasPrefix("/"), let place = arguments.lastIndex(of: directory)
    else { return arguments }
    var arguments = arguments
    arguments[place] = "\(Host.workingDirectory())/\(directory)"
    return arguments
  }

  private func runHere(
    _ invocation: Invocation, input: [UInt8]?, directory: String, setup: ReplicaSetup,
    sink: (any ByteSink)?
  ) throws -> CommandOutcome {
    if EncryptionCommands.names.contains(invocation.command.name) {
      return try EncryptionCommands(setup: setup, directory: directory).run(invocation)
    }
    if invocation.command.name == "verify" {
      let printer = Printer(isJSON: invocation.has("--json"))
      let repair = invocation.has("--repair") ? try setup.repair(directory) : nil
      if invocation.has("--give-up-lost") { try Self.giveUpLost(directory, setup) }
      return CommandRunner.outcome(try setup.verify(directory), repair, printer)
    }
    if invocation.command.name == "upgrade", invocation.has("--undo") {
      return try Self.downgrade(directory, setup)
    }
    let replica = try setup.open(directory, role: .laptop)
    defer { replica.store.close() }
    let laptop = Laptop(
      replica: replica, fileSystem: setup.fileSystem, makeTransport: HTTPSTransport.make)
    let runner = CommandRunner(laptop: laptop)
    let isShared = Self.commandsThatShare.contains(invocation.command.name)
    let owner = isShared ? try? StoreOwner(runner: runner) : nil
    let outcome = runner.run(invocation, input: input, sink: sink)
    owner?.stop(withinSeconds: Self.shareSeconds)
    // What is not in a file stays in the log: the command has done its work.
    _ = try? replica.checkpointIfDue()
    return outcome
  }

  private static func giveUpLost(_ directory: String, _ setup: ReplicaSetup) throws {
    let replica = try setup.open(directory, role: .laptop)
    defer { replica.store.close() }
    try replica.giveUpLostDocuments()
  }
}

/// What a command reads besides its arguments: read where the command was typed, whoever runs it.
enum CommandInput {
  /// The largest input, in bytes.
  private static let maximumByteCount = 256 << 20

  static func read(_ invocation: Invocation) throws -> [UInt8]? {
    switch invocation.command.name {
    case "login": return try PasswordInput.read(invocation)
    case "unlock":
      return try PassphraseInput(invocation).passphrase("Passphrase").map { Array($0.utf8) }
    default: break
    }
    let operands = invocation.command.operands
    guard let index = operands.firstIndex(where: { $0.contains("FILE") }) else { return nil }
    if invocation.operand(index) == nil, !operands[index].hasSuffix("|-]") { return nil }
    guard let name = invocation.operand(index), name != "-" else {
      return try readStandardInput(maximumByteCount: maximumByteCount)
    }
    return try POSIXFileSystem().readFile(name, maximumByteCount: maximumByteCount)
  }
}
