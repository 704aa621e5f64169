package import Causality
import Clinic
import Documents
package import JSON
import Platform
import Replica

extension ServerData {
  /// Makes a user: the document in the account's store, and what proves who he is here.
  /// - Parameter password: nil for a user who cannot log in yet.
  package func createUser(
    account: UniqueID, email: String, role: String, name: String, password: String?
  ) throws(ServerError) -> UniqueID {
    let replica = try replica(of: account)
    let norm = ClinicIndex.emailKey(email)
    guard read({ !$0.credentials.contains { $0.email == norm } }) else {
      throw .refused("a user with the e-mail \(email) is there already")
    }
    let hash = try password.map { (text) throws(ServerError) in try hashed(text) }
    let fields: JSONObject = [
      "email": .string(email), "role": .string(role), "name": .string(name),
      "status": .string(password == nil ? "invited" : "active"),
    ]
    let key = try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        // What a creation that did not come to its end has left is taken up again.
        let left = try transaction.documents(ofType: "user", .userEmail, key: norm).first
        guard let left else {
          var fields = fields
          // On a server that is rebuilt the same person meets the document that laptops bring back.
          let ids = StableID(account: account, functions: replica.world.clinic)
          let key = DocumentKey(type: "user", id: ids.id(type: "user", key: norm))
          if try transaction.document(key) == nil { fields.append("id", .id(key.id)) }
          return try replica.create(fields, type: "user", in: &transaction)
        }
        try replica.update(left.key, patch: fields, in: &transaction)
        return left.key
      }
    }
    try update { (registry) throws(ServerError) in
      registry.credentials.append(
        CredentialRecord(
          user: key.id, account: account, email: norm, passwordHash: hash, isDisabled: false))
    }
    return key.id
  }

  /// The shortest password that is taken, in characters.
  private static let minimumPasswordCharacterCount = 8

  func hashed(_ password: String) throws(ServerError) -> String {
    guard password.count >= Self.minimumPasswordCharacterCount else {
      throw .refused(
        "a password has at least \(Self.minimumPasswordCharacterCount) characters")
    }
    do {
      return try PasswordHashing.load().hash(password, random: setup.world.random)
    } catch {
      throw .refused("\(error)")
    }
  }

  /// The users of an account, or of all; in order of account and e-mail.
  package func users(account: UniqueID?) throws(ServerError) -> [JSONObject] {
    let accounts = read { $0.accounts.map(\.id) }
    if let account, !accounts.contains(account) { throw .notFound("no account \(account)") }
    var users: [JSONObject] = []
    for id in accounts where account == nil || id == account {
      let replica = try replica(of: id)
      users += try onReplica { () throws(ReplicaError) in
        try replica.list(ListQuery(type: "user"))
      }
    }
    return users
  }

  /// Takes a user's access: his document becomes inactive, and his devices are refused.
  package func disableUser(_ name: String) throws(ServerError) -> UniqueID {
    let norm = ClinicIndex.emailKey(name)
    let found = read { registry in
      registry.credentials.first { $0.email == norm || $0.user.description == name }
    }
    guard let found else { throw .notFound("no user \(name)") }
    try update { (registry) throws(ServerError) in
      for index in registry.credentials.indices
      where registry.credentials[index].user == found.user {
        registry.credentials[index].isDisabled = true
      }
    }
    let replica = try replica(of: found.account)
    _ = try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        try replica.update(
          DocumentKey(type: "user", id: found.user), patch: ["status": "inactive"],
          in: &transaction)
      }
    }
    return found.user
  }
}
