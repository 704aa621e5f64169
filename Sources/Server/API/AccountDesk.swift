import API
import Causality
import Clinic
import Documents
import HTTP
import JSON
import Platform
import Replica

/// Users and accounts as administrators change them: what the documents do not hold changes with them.
struct AccountDesk: AccountKeeping {
  /// How long a user who was invited may take to set a password, in milliseconds: 7 days.
  static let invitationMilliseconds: UInt64 = 7 * 86_400_000

  let data: ServerData

  func createUser(_ input: JSONObject, in replica: Replica) throws(APIError) -> DocumentKey {
    let password = try Members(input).optionalText("password")
    var fields = input
    fields["password"] = nil
    let status = try Members(input).optionalText("status")
    if let status, status != (password == nil ? "invited" : "active") {
      throw .invalid("status", "of a new user is active with a password, and invited without")
    }
    let new = NewUser(account: replica.account, fields: fields, password: password)
    let user = try onServer { () throws(ServerError) in
      if password != nil { return try data.createUser(new) }
      let ticket = newTicket()
      return try data.createUser(new, invitation: ticket.invitation) { (note) throws(ServerError) in
        try data.deliver(letter(ticket, fields, replica), ticket.invitation.hash, note)
      }
    }
    return DocumentKey(type: "user", id: user)
  }

  func requireChange(
    of key: DocumentKey, by patch: JSONObject, in replica: Replica
  ) throws(APIError) {
    guard key.type == "user" else { return }
    try onServer { () throws(ServerError) in
      if let email = patch["email"]?.stringValue {
        try data.requireFree(ClinicIndex.emailKey(email), for: key.id, in: replica.account)
      }
      try onReplica { () throws(ReplicaError) in
        try replica.transact(isRehearsal: true) { (transaction) throws(ReplicaError) in
          guard let user = try transaction.living(key) else { return }
          var fields = transaction.fields(user)
          for member in patch.members { fields[member.key] = member.value }
          try replica.requireSeat(besides: key, for: fields, in: transaction)
        }
      }
    }
  }

  func noteChange(of key: DocumentKey, in replica: Replica) throws(APIError) {
    try onServer { () throws(ServerError) in try data.noteChange(of: key, in: replica) }
  }

  // MARK: - Invitations

  private struct Ticket {
    let token: String
    let invitation: CredentialRecord.Invitation
  }

  private func newTicket() -> Ticket {
    let token = HexText.text(data.setup.world.random.bytes(32))
    let end = data.setup.world.clock.now() + Self.invitationMilliseconds
    return Ticket(
      token: token,
      invitation: CredentialRecord.Invitation(hash: data.tokenHash(token), expiresAt: end))
  }

  private func letter(
    _ ticket: Ticket, _ user: JSONObject, _ replica: Replica
  ) -> UserLetter {
    let account = data.read { $0.accounts.first { $0.id == replica.account }?.name }
    return UserLetter(
      email: user["email"]?.stringValue ?? "", name: user["name"]?.stringValue,
      clinicName: account, token: ticket.token, expiresAt: ticket.invitation.expiresAt)
  }

  /// Lets a user set a password, by a letter: the first one, or another one for somebody who forgot it.
  /// - Throws: 403 for a super_admin's, unless the caller is one too.
  func invite(
    _ key: DocumentKey, by caller: Caller, in replica: Replica
  ) throws(APIError) -> JSONObject {
    let ticket = newTicket()
    let user: Document?
    do throws(ReplicaError) { user = try replica.livingDocument(key) } catch {
      throw APIError(error)
    }
    guard let fields = user.map(replica.view) else { throw .notFound }
    if fields["role"]?.stringValue == Role.superAdmin.rawValue, caller.role != .superAdmin {
      throw .forbidden("only a super_admin writes to another")
    }
    if WriteRights.areSuspended(fields) {
      throw APIError(409, "conflict", "the user is \(fields["status"]?.stringValue ?? "")")
    }
    try onServer { () throws(ServerError) in
      try data.deliver(letter(ticket, fields, replica), ticket.invitation.hash) {
        () throws(ServerError) in
        try data.update { (registry) throws(ServerError) in
          registry.note(invitation: ticket.invitation, of: key.id, fields, replica.account)
        }
        return true
      }
    }
    return ["expires_at": .time(ticket.invitation.expiresAt)]
  }

  /// Sets the password of somebody who has the token of a letter, and ends all logins of before.
  /// - Returns: the user.
  /// - Throws: 404 for an unknown or used token, 410 if it is over, 422 for a bad password.
  func acceptInvitation(token: String, password: String) throws(APIError) -> CredentialRecord {
    let (hash, now) = (data.tokenHash(token), data.setup.world.clock.now())
    let found = data.read { $0.credentials.first { $0.invitation?.hash == hash } }
    guard let found else { throw APIError(404, "not_found", "nobody was given such a token") }
    guard let end = found.invitation?.expiresAt, end >= now else {
      throw APIError(410, "gone", "the time is over; ask an administrator for another letter")
    }
    let user = DocumentKey(type: "user", id: found.user)
    return try onServer { () throws(ServerError) in
      let passwordHash = try data.hashed(password)
      let replica = try data.replica(of: found.account)
      // First the document: without the password it opens nothing.
      try data.activate(user, in: replica)
      return try data.update { (registry) throws(ServerError) in
        guard let place = registry.credentials.firstIndex(where: { $0.invitation?.hash == hash })
        else { throw .notFound("the token was used already") }
        registry.credentials[place].passwordHash = passwordHash
        registry.credentials[place].invitation = nil
        registry.credentials[place].loginGeneration += 1
        return registry.credentials[place]
      }
    }
  }

  /// What only a server offers for users.
  var routes: [Route] {
    let invite = Route(
      "POST", "/api/users/{id}/invite", .administrator, "Send a user a letter to set a password"
    ) { (call) throws(APIError) in
      let key = DocumentKey(type: "user", id: try call.id("id"))
      return .json(200, .object(try self.invite(key, by: call.caller, in: call.replica)))
    }
    return [
      invite.gives(200, .object(["expires_at": .time]), "until when it holds").refuses(409, 422)
    ]
  }
}

extension Registry {
  fileprivate mutating func note(
    invitation: CredentialRecord.Invitation, of user: UniqueID, _ fields: JSONObject,
    _ account: UniqueID
  ) {
    if !credentials.contains(where: { $0.isOf(user, in: account) }) {
      credentials.append(
        CredentialRecord(
          user: user, account: account,
          email: ClinicIndex.emailKey(fields["email"]?.stringValue ?? ""), isDisabled: false))
    }
    for place in credentials.indices where credentials[place].isOf(user, in: account) {
      credentials[place].invitation = invitation
    }
  }
}

/// Runs an operation of the server and says what failed in the API's terms.
func onServer<Result>(
  _ operation: () throws(ServerError) -> Result
) throws(APIError) -> Result {
  do { return try operation() } catch { throw APIError(error) }
}

extension APIError {
  init(_ error: ServerError) {
    switch error {
    case .replica(.duplicate(let field, _)):
      // Perhaps another account's: not a word about whose it is.
      self = APIError(
        409, "duplicate_\(field)",
        "\(field): another user of this server has this \(field) already",
        fields: [FieldProblem(field, "is taken already")])
    case .replica(let error): self = APIError(error)
    case .notFound(let text): self = APIError(404, "not_found", text)
    case .refused(let text): self = APIError(409, "conflict", text)
    case .usage(let text): self = APIError(422, "invalid", text)
    case .wrongCode: self = APIError(403, "forbidden", "\(error)")
    case .system, .corrupt, .locked:
      self = APIError(503, "unavailable", "the server cannot do that now; try again later")
    }
  }
}
