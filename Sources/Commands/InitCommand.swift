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
    let replica = try setup.create(
      directory, account: account, isLocalAccount: named == nil, role: .laptop)
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
    return Printer(isJSON: invocation.has("--json")).object(value)
  }
}
