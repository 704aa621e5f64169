import CommandLineTool
import JSON
import Platform
import Replica
import Storage

/// `satchel encrypt`, `decrypt` and `passphrase`: they need a store that nobody has open.
struct EncryptionCommands {
  static let names: Set<String> = ["encrypt", "decrypt", "passphrase"]

  let setup: ReplicaSetup
  let directory: String

  func run(_ invocation: Invocation) throws -> CommandOutcome {
    let printer = Printer(isJSON: invocation.has("--json"))
    switch invocation.command.name {
    case "encrypt": return try encrypt(invocation, printer)
    case "decrypt":
      try setup.decrypt(directory)
      return printer.object(["store": .string(directory), "encryption": "none"])
    default: return try changePassphrase(invocation, printer)
    }
  }

  /// A store that is sealed already gets another key, under the passphrase that it has.
  private func encrypt(
    _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    let input = PassphraseInput(invocation)
    let isSealed = try setup.isSealed(directory)
    let passphrase =
      isSealed
      ? try input.passphrase("Passphrase of \(directory)") ?? "" : try input.newPassphrase()
    var setup = setup
    setup.passphrases = Known(text: passphrase)
    let recovery = try setup.encrypt(directory, passphrase: passphrase)
    return Self.outcome(recovery, ["store": .string(directory), "encryption": "store"], printer)
  }

  private struct Known: PassphraseSource {
    let text: String
    func passphrase(_: String) -> String? { text }
  }

  /// What tells a person the recovery key, this once.
  static func outcome(
    _ recovery: RecoveryKey, _ value: JSONObject, _ printer: Printer
  ) -> CommandOutcome {
    var value = value
    value.append("recovery_key", .string(recovery.description))
    var outcome = printer.object(value)
    outcome.errors.append(
      "write the recovery key down and keep it away from this laptop: it opens the store if the "
        + "passphrase is forgotten, and is never shown again")
    return outcome
  }

  private func changePassphrase(
    _ invocation: Invocation, _ printer: Printer
  ) throws -> CommandOutcome {
    let secret = try oldSecret(invocation)
    try setup.setPassphrase(
      directory, to: try PassphraseInput.new(invocation).newPassphrase(), by: secret)
    return printer.object(["store": .string(directory), "encryption": "store"])
  }

  private func oldSecret(_ invocation: Invocation) throws -> StoreSecret {
    if invocation.has("--recovery") {
      let text =
        Host.environment("SATCHEL_RECOVERY_KEY")
        ?? Terminal.askSecretly("Recovery key").map { String(decoding: $0, as: UTF8.self) }
      guard let key = text.flatMap({ RecoveryKey($0) }) else {
        throw UsageError(
          "a recovery key of 32 letters and digits is wanted, on a terminal or in "
            + "SATCHEL_RECOVERY_KEY")
      }
      return .recovery(key)
    }
    guard let text = try PassphraseInput(invocation).passphrase("Passphrase of \(directory)") else {
      throw UsageError(
        "the passphrase as it is now is wanted: on a terminal, in SATCHEL_PASSPHRASE or in the file "
          + "that --passphrase-file names")
    }
    return .passphrase(text)
  }
}
