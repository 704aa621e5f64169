import API
import Causality
import Clinic
import Documents
import HTTP
import JSON
import Replica
import Synchronization

/// Where patients open their accounts with the token of an invite: no login is needed.
struct PatientDoor: Sendable {
  private let data: ServerData

  private let throttles: Throttles

  init(_ data: ServerData, _ throttles: Throttles) {
    (self.data, self.throttles) = (data, throttles)
  }

  var routes: [Route] {
    let verify = Route(open: "POST", "/api/invites/verify", "What an invite opens") {
      (request) throws(APIError) in try self.verify(request)
    }
    let accept = Route(open: "POST", "/api/invites/accept", "Open an account with an invite") {
      (request) throws(APIError) in try self.accept(request)
    }
    let opened = Schema.object(
      ["valid": .boolean, "email": .string, "needs_date_of_birth": .boolean],
      optional: [
        "first_name": .string, "last_name": .string, "custom_message": .string,
        "expires_at": .time,
      ])
    let form = Schema.object(
      ["token": .string, "password": LoginRoutes.newPassword],
      optional: [
        "name": Schema.input("user", "name").orNull, "date_of_birth": Schema.string.orNull,
      ])
    return [
      verify.takes(.object(["token": .string])).gives(200, opened, "it can be accepted"),
      accept.takes(form)
        .gives(201, .document("user"), headers: ["Location"], "the user, whose patient is linked"),
    ].map { $0.refuses(404, 409, 410, 503) }
  }

  private func verify(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let token = try Members(parsing: request.body).text("token")
    let (replica, invite) = try open(token, from: request.peer)
    return .json(200, .object(try shown(invite, replica)))
  }

  private func accept(_ request: HTTPRequest) throws(APIError) -> HTTPResponse {
    let body = try Members(parsing: request.body)
    let token = try body.text("token")
    let (replica, invite) = try open(token, from: request.peer)
    let acceptance = Acceptance(
      token: token, name: try body.optionalText("name"),
      dateOfBirth: try body.optionalText("date_of_birth"))
    let password = try body.text("password")
    let user = try data.acceptance.withLock { (_) throws(APIError) in
      try accept(acceptance, invite, password: password, replica)
    }
    var response = HTTPResponse.json(201, .object(user))
    response.headers.append("Location", "/api/users/\(user["id"]?.stringValue ?? "")")
    return response
  }

  private func open(
    _ token: String, from peer: String
  ) throws(APIError) -> (replica: Replica, invite: OpenInvite) {
    try throttles.countingWrongTokens(from: peer) { () throws(APIError) in try open(token) }
  }

  /// The invite that a token opens, and its account. One that cannot be opened closes no other's.
  /// - Throws: 404 if nobody was given such a token, 409 if it was used, 410 if it is over; 503 if it may be one of
  ///   an account that cannot be opened.
  private func open(_ token: String) throws(APIError) -> (replica: Replica, invite: OpenInvite) {
    var isEachOpen = true
    for account in data.read({ $0.accounts.filter { !$0.isSuspended }.map(\.id) }) {
      let replica: Replica
      let door: InviteDoor
      do {
        replica = try data.replica(of: account)
        door = try replica.door(token: token)
      } catch {
        isEachOpen = false
        continue
      }
      switch door {
      case .unknown: continue
      case .used: throw APIError(409, "used", "the invite has been accepted already")
      case .held(let why): throw APIError(409, "held", why)
      case .closed(let why): throw APIError(410, "gone", why)
      case .open(let invite): return (replica, invite)
      }
    }
    guard isEachOpen else {
      throw APIError(503, "unavailable", "the account cannot be opened now; try again later")
    }
    throw APIError(404, "not_found", "nobody was given such an invite")
  }

  /// What the person may know before accepting.
  private func shown(_ invite: OpenInvite, _ replica: Replica) throws(APIError) -> JSONObject {
    let document: Document?
    do { document = try replica.document(invite.invite) } catch { throw APIError(error) }
    let fields = document.map(replica.view) ?? JSONObject()
    var shown: JSONObject = [
      "valid": true, "email": .string(invite.email),
      "needs_date_of_birth": .bool(invite.needsDateOfBirth),
    ]
    for name in ["first_name", "last_name", "custom_message", "expires_at"] {
      shown[name] = fields[name]
    }
    return shown
  }

  /// What proves who the person is is kept first: an acceptance without it would lock the person out, and
  /// without the acceptance it opens nothing.
  private func accept(
    _ acceptance: Acceptance, _ invite: OpenInvite, password: String, _ replica: Replica
  ) throws(APIError) -> JSONObject {
    let user = replica.acceptingUser(email: invite.email)
    let norm = ClinicIndex.emailKey(invite.email)
    let hash: String
    do { hash = try data.hashed(password) } catch {
      throw APIError(
        422, "invalid", "\(error)", fields: [FieldProblem("password", "\(error)")])
    }
    let isTaken = data.read { registry in
      registry.credentials.contains { other in
        other.email == norm && !other.isOf(user, in: replica.account)
      }
    }
    if isTaken { throw APIError(409, "duplicate_email", "the address belongs to a user already") }
    do throws(ReplicaError) {
      if try replica.document(DocumentKey(type: "user", id: user)) != nil {
        throw ReplicaError.conflict("\(invite.email) belongs to a user already")
      }
    } catch {
      throw APIError(error)
    }
    do throws(ServerError) {
      try data.update { (registry) throws(ServerError) in
        registry.credentials.removeAll { $0.isOf(user, in: replica.account) }
        registry.credentials.append(
          CredentialRecord(
            user: user, account: replica.account, email: norm, passwordHash: hash,
            isDisabled: false))
      }
    } catch {
      throw APIError(503, "unavailable", "the server cannot note that now; try again later")
    }
    do throws(ReplicaError) {
      let key = try replica.accept(acceptance)
      guard let document = try replica.document(key) else { return JSONObject() }
      return replica.view(document)
    } catch {
      // The address stays free for others; if that cannot be noted now, the next attempt takes its place.
      _ = try? data.update { (registry) throws(ServerError) in
        registry.credentials.removeAll { $0.isOf(user, in: replica.account) }
      }
      throw APIError(error)
    }
  }
}
