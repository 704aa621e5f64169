package import Causality
import Clinic
import Documents
package import JSON
import Platform
import Replica

/// A user to be made.
package struct NewUser: Sendable {
  package var account: UniqueID
  /// Of the document: at least `email`, `role` and `name`.
  package var fields: JSONObject
  /// Nil for a user who cannot log in yet.
  package var password: String?

  package init(account: UniqueID, fields: JSONObject, password: String?) {
    (self.account, self.fields, self.password) = (account, fields, password)
  }
}

extension ServerData {
  /// Makes a user: the document in the account's store, and what proves who he is here. Durable on return.
  ///
  /// - Parameters:
  ///   - invitation: by which the user sets a password later.
  ///   - deliver: sends the letter about it, if there is one; calls the closure that it gets once.
  /// - Throws: `limit` if the account has as many users as it may have; what the document lacks.
  package func createUser(
    _ new: NewUser, invitation: CredentialRecord.Invitation? = nil,
    deliver: (_ note: () throws(ServerError) -> Bool) throws(ServerError) -> Void = {
      (note) throws(ServerError) in _ = try note()
    }
  ) throws(ServerError) -> UniqueID {
    let replica = try replica(of: new.account)
    guard let email = new.fields["email"]?.stringValue else {
      throw .invalid("user", "email", "is required")
    }
    let norm = ClinicIndex.emailKey(email)
    try requireFree(norm)
    let hash = try new.password.map { (text) throws(ServerError) in try hashed(text) }
    var fields = new.fields
    fields["status"] = .string(hash == nil ? "invited" : "active")
    let user = try makeDocument(fields, email: norm, in: replica)
    let credential = CredentialRecord(
      user: user, account: new.account, email: norm, passwordHash: hash, isDisabled: false,
      invitation: invitation)
    try deliver { () throws(ServerError) in
      try update { (registry) throws(ServerError) in
        try Self.requireFree(norm, among: registry.credentials)
        registry.credentials.append(credential)
      }
      return true
    }
    return user
  }

  private func makeDocument(
    _ fields: JSONObject, email norm: String, in replica: Replica
  ) throws(ServerError) -> UniqueID {
    do throws(ReplicaError) {
      return try replica.transact { (transaction) throws(ReplicaError) in
        // What a creation that did not come to its end has left is taken up again.
        let left = try transaction.documents(ofType: "user", .userEmail, key: norm).first
        try replica.requireSeat(besides: left?.key, for: fields, in: transaction)
        if let left {
          try replica.update(left.key, patch: fields, in: &transaction)
          return left.key.id
        }
        var fields = fields
        // On a server that is rebuilt the same person meets the document that laptops bring back.
        let ids = StableID(account: replica.account, functions: replica.world.clinic)
        let key = DocumentKey(type: "user", id: ids.id(type: "user", key: norm))
        if fields["id"] == nil, try transaction.document(key) == nil { fields["id"] = .id(key.id) }
        return try replica.create(fields, type: "user", in: &transaction).id
      }
    } catch {
      throw .replica(error)
    }
  }

  /// - Throws: `duplicate` if another user of this server has an address.
  /// - Parameter user: whose it may be.
  func requireFree(
    _ email: String, for user: UniqueID? = nil, in account: UniqueID? = nil
  ) throws(ServerError) {
    try Self.requireFree(email, among: read(\.credentials)) { credential in
      credential.user != user || credential.account != account
    }
  }

  static func requireFree(
    _ email: String, among credentials: [CredentialRecord],
    _ isOther: (CredentialRecord) -> Bool = { _ in true }
  ) throws(ServerError) {
    let other = credentials.first { $0.email == email && isOther($0) }
    if let other {
      throw .replica(.duplicate(field: "email", DocumentKey(type: "user", id: other.user)))
    }
  }

  /// The role that a user's document says; nil if it is gone.
  func role(of user: UniqueID, in account: UniqueID) throws(ServerError) -> String? {
    let replica = try replica(of: account)
    let document = try onReplica { () throws(ReplicaError) in
      try replica.livingDocument(DocumentKey(type: "user", id: user))
    }
    return document.flatMap { replica.view($0)["role"]?.stringValue }
  }

  /// Changes the document of an account, and who is let in by it. Durable on return.
  package func changeAccount(_ account: UniqueID, _ patch: JSONObject) throws(ServerError) {
    let replica = try replica(of: account)
    let key = DocumentKey(type: "account", id: account)
    _ = try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        try replica.update(key, patch: patch, in: &transaction)
      }
    }
    try noteChange(of: key, in: replica)
  }

  /// Takes over what the document of a user or an account says, or that it was deleted. Durable on return.
  func noteChange(of key: DocumentKey, in replica: Replica) throws(ServerError) {
    let document = try onReplica { () throws(ReplicaError) in try replica.livingDocument(key) }
    let fields = document.map(replica.view)
    try update { (registry) throws(ServerError) in
      if key.type == "user" {
        registry.note(user: key.id, in: replica.account, fields)
      } else if key.id == replica.account {
        registry.note(account: key.id, fields)
      }
    }
  }

  /// The shortest password that is taken, in characters.
  /// Code points.
  static let minimumPasswordCharacterCount = 8

  func hashed(_ password: String) throws(ServerError) -> String {
    guard password.unicodeScalars.count >= Self.minimumPasswordCharacterCount else {
      throw .invalid(
        "user", "password", "has fewer than \(Self.minimumPasswordCharacterCount) characters")
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
    let replica = try replica(of: found.account)
    let key = DocumentKey(type: "user", id: found.user)
    _ = try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        try replica.update(key, patch: ["status": "inactive"], in: &transaction)
      }
    }
    try noteChange(of: key, in: replica)
    return found.user
  }
}

extension Registry {
  /// Takes over what a user's document says; nil if it was deleted.
  fileprivate mutating func note(user: UniqueID, in account: UniqueID, _ fields: JSONObject?) {
    for place in credentials.indices where credentials[place].isOf(user, in: account) {
      credentials[place].isDisabled = fields.map(WriteRights.areSuspended) ?? true
      if let email = fields?["email"]?.stringValue {
        credentials[place].email = ClinicIndex.emailKey(email)
      }
    }
  }

  fileprivate mutating func note(account: UniqueID, _ fields: JSONObject?) {
    for place in accounts.indices where accounts[place].id == account {
      accounts[place].isSuspended = fields?["status"]?.stringValue == "suspended"
      accounts[place].name = fields?["name"]?.stringValue ?? accounts[place].name
    }
  }
}
