import API
import Causality
import Clinic
import Documents
import HTTP
import JSON
import Platform
import Replica
import Synchronization

/// Users by their passwords and tokens.
package final class Logins: Sendable {
  /// How long a login holds.
  let lifetimeSeconds: UInt64

  private let data: ServerData
  private let cryptography: Cryptography
  private let passwords: PasswordHashing
  /// The key that the operator chose; nil where the server keeps its own.
  private let chosenKey: LoginKeys.Key?
  private let tokens = KnownTokens()
  let throttles: Throttles
  /// What was found out about users, good as long as nothing was written to their accounts.
  private let sessions = Mutex<[UniqueID: (head: UInt64, session: Session)]>([:])

  /// - Throws: `refused` if a library of the system is missing; `system` if the key cannot be kept.
  package init(data: ServerData, settings: ServerSettings) throws(ServerError) {
    self.data = data
    throttles = Throttles(settings)
    lifetimeSeconds = UInt64(settings.tokenMinutes) * 60
    do {
      cryptography = try Cryptography.load()
      passwords = try PasswordHashing.load()
    } catch {
      throw .refused("\(error)")
    }
    chosenKey = settings.tokenSecret.map {
      LoginKeys.Key(name: "chosen", bytes: Array($0.utf8), madeAt: 0)
    }
    if chosenKey == nil { _ = try data.loginKeys.current() }
  }

  private var now: UInt64 { data.setup.world.clock.now() / 1000 }

  /// Somebody who proved who he is.
  struct Session: Sendable {
    let replica: Replica
    let caller: Caller
    let user: JSONObject
    /// Whether the account is inactive: it is read, and nothing is written.
    let isReadOnly: Bool
  }

  /// Checks a password. Takes as long for an address that nobody has.
  /// - Parameter peer: the address from which somebody tries.
  /// - Throws: 401 if either is wrong, 429 if that happened too often; 403 if the user or the account has no
  ///   access now.
  func logIn(
    email: String, password: String, from peer: String
  ) throws(APIError) -> (token: String, user: JSONObject) {
    let norm = ClinicIndex.emailKey(email)
    let credential = data.read { registry in registry.credentials.first { $0.email == norm } }
    let isRight = try check(password, of: credential, email: norm, from: peer)
    data.audit.note(
      AuditEntry(
        isRight ? .login : .loginFailed, account: credential?.account, user: credential?.user,
        peer: peer))
    guard let credential, isRight else {
      throw APIError(401, "unauthorized", "the e-mail address or the password is wrong")
    }
    return try logIn(credential, from: peer)
  }

  /// Whose password it is, on a device of an account.
  /// - Throws: 403 `wrong_password` if it is nobody's there, 429 if that happened too often; 403 if the user has no
  ///   access now, or is a patient.
  func person(
    email: String, password: String, in account: UniqueID, from peer: String
  ) throws(APIError) -> (credential: CredentialRecord, user: JSONObject) {
    let norm = ClinicIndex.emailKey(email)
    let credential = data.read { registry in
      registry.credentials.first { $0.email == norm && $0.account == account }
    }
    guard try check(password, of: credential, email: norm, from: peer), let credential else {
      // Not 401: the device itself is known.
      throw APIError(403, "wrong_password", "the e-mail address or the password is wrong")
    }
    let session = try session(of: credential)
    guard session.caller.role != .patient else {
      throw .forbidden("laptops are for the staff: they hold all records")
    }
    return (credential, session.user)
  }

  /// Whether a password is that of a user; wrong ones are counted.
  /// - Throws: 429 if that happened too often.
  private func check(
    _ password: String, of credential: CredentialRecord?, email: String, from peer: String
  ) throws(APIError) -> Bool {
    try throttles.requirePasswordTry(
      email: email, from: peer, isKnown: credential?.networks.contains(peer.networkKey) ?? false)
    let isRight = passwords.verify(
      password, against: credential?.passwordHash ?? Self.nobodysHash)
    let isTheirs = isRight && credential?.passwordHash != nil
    throttles.notePassword(isRight: isTheirs, email: email, from: peer)
    return isTheirs
  }

  /// Lets in somebody who has proved who he is.
  /// - Throws: 403 if the user or the account has no access now.
  func logIn(
    _ credential: CredentialRecord, from peer: String
  ) throws(APIError) -> (token: String, user: JSONObject) {
    let session = try session(of: credential)
    if !credential.networks.contains(peer.networkKey) {
      try change(credential.user, in: credential.account) {
        _ = $0.note(network: peer.networkKey)
      }
    }
    let token = LoginToken(of: credential, issuedAt: now, expiresAt: now + lifetimeSeconds)
    return (token.text(key: try currentKey(), cryptography), session.user)
  }

  private func currentKey() throws(APIError) -> LoginKeys.Key {
    if let chosenKey { return chosenKey }
    do { return try data.loginKeys.current() } catch { throw Self.unavailable }
  }

  private var keptKeys: [LoginKeys.Key] {
    if let chosenKey { return [chosenKey] }
    do { return try data.loginKeys.kept() } catch { return [] }
  }

  /// Of a password that nobody knows.
  private static let nobodysHash =
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"

  /// The user whose token a request carries. Reads memory only.
  /// - Throws: 401 without a token that holds; 403 if the user or the account has no access now.
  func credential(_ request: HTTPRequest) throws(APIError) -> CredentialRecord {
    guard let header = request.headers["Authorization"], header.hasPrefix("Bearer ") else {
      throw APIError(401, "unauthorized", "log in first: POST /api/auth/login")
    }
    let text = String(header.dropFirst("Bearer ".count))
    let token = tokens.token(text) { LoginToken(text, keys: keptKeys, cryptography) }
    let (credential, isSuspended) = data.read { registry in
      (
        registry.credentials.first { $0.user == token?.user && $0.account == token?.account },
        registry.accounts.first { $0.id == token?.account }?.isSuspended ?? true
      )
    }
    guard let token, let credential, token.expiresAt > now,
      token.generation == credential.loginGeneration
    else { throw APIError(401, "unauthorized", "the login is over: log in again") }
    if isSuspended { throw Self.accountSuspended }
    if credential.isDisabled { throw Self.userDisabled }
    return credential
  }

  /// Who sends a request.
  /// - Throws: as `credential`; 503 if the account's store cannot be opened.
  func session(_ request: HTTPRequest) throws(APIError) -> Session {
    try session(of: try credential(request))
  }

  private static let accountSuspended = APIError(
    403, "account_suspended", "the account is suspended")
  private static let userDisabled = APIError(
    403, "user_disabled", "the user has no access; ask an administrator")

  private func session(of credential: CredentialRecord) throws(APIError) -> Session {
    let isSuspended = data.read { registry in
      registry.accounts.first { $0.id == credential.account }?.isSuspended ?? true
    }
    if isSuspended { throw Self.accountSuspended }
    let replica: Replica
    do { replica = try data.replica(of: credential.account) } catch { throw Self.unavailable }
    let head = replica.feedHead
    if !credential.isDisabled, let known = sessions.withLock({ $0[credential.user] }),
      known.head == head, known.session.replica === replica
    {
      return known.session
    }
    let session = try newSession(of: credential, replica)
    sessions.withLock { sessions in
      if sessions.count >= Self.mostSessions { sessions = [:] }
      sessions[credential.user] = (head, session)
    }
    return session
  }

  private static let mostSessions = 10_000
  private static let unavailable = APIError(
    503, "unavailable", "the account cannot be opened now; try again later")

  private func newSession(
    of credential: CredentialRecord, _ replica: Replica
  ) throws(APIError) -> Session {
    let document: Document?
    let account: Document?
    do {
      document = try replica.livingDocument(DocumentKey(type: "user", id: credential.user))
      account = try replica.document(DocumentKey(type: "account", id: credential.account))
    } catch {
      throw Self.unavailable
    }
    let user = document.map(replica.view) ?? JSONObject()
    guard let role = user["role"]?.stringValue.flatMap(Role.init), !credential.isDisabled,
      !WriteRights.areSuspended(user)
    else { throw Self.userDisabled }
    let accountStatus = account.flatMap { replica.view($0)["status"]?.stringValue }
    if accountStatus == "suspended" { throw Self.accountSuspended }
    return Session(
      replica: replica, caller: Caller(user: credential.user, role: role), user: user,
      isReadOnly: accountStatus == "inactive")
  }

  /// Ends all logins of a user. Durable on return.
  func logOut(_ user: UniqueID, in account: UniqueID) throws(APIError) {
    try change(user, in: account) { $0.loginGeneration += 1 }
  }

  /// Gives a user another password and ends all logins. Durable on return.
  /// - Parameter peer: the address from which somebody tries.
  /// - Throws: 401 if the old one is wrong, 422 if the new one is too short, 429 if wrong ones came too often.
  func changePassword(
    _ user: UniqueID, in account: UniqueID, from old: String, to new: String, at peer: String
  ) throws(APIError) {
    let credential = data.read { registry in
      registry.credentials.first { $0.isOf(user, in: account) }
    }
    guard try check(old, of: credential, email: credential?.email ?? "", from: peer) else {
      throw APIError(401, "unauthorized", "the old password is wrong")
    }
    let changed: String
    do { changed = try data.hashed(new) } catch {
      throw APIError(
        422, "invalid", "\(error)", fields: [FieldProblem("new_password", "\(error)")])
    }
    try change(user, in: account) { credential in
      credential.passwordHash = changed
      credential.loginGeneration += 1
    }
  }

  private func change(
    _ user: UniqueID, in account: UniqueID, _ body: (inout CredentialRecord) -> Void
  ) throws(APIError) {
    do throws(ServerError) {
      try data.update { (registry) throws(ServerError) in
        for index in registry.credentials.indices
        where registry.credentials[index].isOf(user, in: account) {
          body(&registry.credentials[index])
        }
      }
    } catch {
      throw APIError(503, "unavailable", "the server cannot note that now; try again later")
    }
  }
}
