import Causality
import CommandLineTool
import Documents
import JSON
import Replica
import Storage

/// `satchel init`: makes a store.
struct InitCommand {
  let setup: ReplicaSetup

  func run(_ invocation: Invocation, directory: String) throws -> CommandOutcome {
    let named = try invocation.value("--account").map { text in
      guard let id = UniqueID(text) else { throw UsageError("--account: \"\(text)\" is no id") }
      return id
    }
    let account = named ?? setup.newID()
    let (replica, recovery) = try create(invocation, directory, account, isLocal: named == nil)
    defer { replica.store.close() }
    var value: JSONObject = [
      "store": .string(directory), "account": .string(account.description),
      "replica": .string(replica.id.description),
    ]
    if let name = invocation.value("--clinic") {
      let key = try replica.transact { (transaction) throws(ReplicaError) in
        try replica.create(["name": .string(name)], type: "clinic", in: &transaction)
      }
      value.append("clinic", .string(key.id.description))
    }
    let printer = Printer(isJSON: invocation.has("--json"))
    guard let recovery else { return printer.object(value) }
    return EncryptionCommands.outcome(recovery, value, printer)
  }

  private func create(
    _ invocation: Invocation, _ directory: String, _ account: UniqueID, isLocal: Bool
  ) throws -> (replica: Replica, recovery: RecoveryKey?) {
    guard invocation.has("--encrypt") else {
      return (
        try setup.create(directory, account: account, isLocalAccount: isLocal, role: .laptop), nil
      )
    }
    let passphrase = try PassphraseInput(invocation).newPassphrase()
    return try setup.createSealed(
      directory, account: account, isLocalAccount: isLocal, passphrase: passphrase)
  }
}
