import API
import Causality
import Clinic
import Documents
import HTTP
import JSON
import Platform
import Replica
import Synchronization
import Transport

/// How users sign in with Google.
package struct GoogleSettings: Sendable {
  package var clientID: String
  package var clientSecret: String
  /// The page to which people come back with a code.
  package var redirectURI: String
  /// Who signs people in; another one for tests.
  package var issuer = "https://accounts.google.com"
  package var authorizePage = "https://accounts.google.com/o/oauth2/v2/auth"
  package var tokenPage = "https://oauth2.googleapis.com/token"
}

/// Sign-in by OpenID Connect (Core 1.0, section 3.1) with a code and PKCE (RFC 7636). The token about a person
/// comes from the provider itself over TLS, which takes the place of its signature (section 3.1.3.7, 6).
final class GoogleSignIn: Sendable {
  /// How long a person may take, in milliseconds.
  private static let attemptMilliseconds: UInt64 = 10 * 60_000
  /// At once; with more, those that began first are forgotten: of one network, and in all.
  private static let mostAttempts = (network: 200, all: 20_000)

  /// Somebody who was sent to the provider.
  private struct Attempt: Sendable {
    let nonce: String
    let verifier: String
    let expiresAt: UInt64
    let network: String
  }

  private let settings: GoogleSettings
  private let data: ServerData
  private let logins: Logins
  /// By their states; each holds once.
  private let attempts = Mutex<[String: Attempt]>([:])

  init(_ settings: GoogleSettings, data: ServerData, logins: Logins) {
    (self.settings, self.data, self.logins) = (settings, data, logins)
  }

  var routes: [Route] {
    let begin = Route(open: "GET", "/api/auth/google", "Where to sign in with Google") {
      [self] (request) throws(APIError) in
      .json(200, .object(self.begin(from: request.peer.networkKey)))
    }
    let returned = Route(open: "GET", "/api/auth/google/callback", "Back from Google") {
      [self] (request) throws(APIError) in
      func field(_ name: String) -> String? { request.query.first { $0.name == name }?.value }
      return try finish(code: field("code"), state: field("state"), from: request.peer)
    }
    let posted = Route(open: "POST", "/api/auth/google/callback", "Back from Google, by a page") {
      [self] (request) throws(APIError) in
      let body = try Members(parsing: request.body)
      return try finish(
        code: try body.text("code"), state: try body.text("state"), from: request.peer)
    }
    return [
      begin.gives(200, .object(["url": .string, "state": .string]), "the page to open"),
      returned.asks("code", .string, "Google's").asks("state", .string, "of the page")
        .gives(200, LoginRoutes.login, "logged in").refuses(401, 403, 502, 503),
      posted.takes(.object(["code": .string, "state": .string]))
        .gives(200, LoginRoutes.login, "logged in").refuses(401, 403, 502, 503),
    ]
  }

  private var now: UInt64 { data.setup.world.clock.now() }

  private func secret() -> String { HexText.text(data.setup.world.random.bytes(32)) }

  // MARK: - Going there

  private func begin(from network: String) -> JSONObject {
    let (state, nonce, verifier) = (secret(), secret(), secret())
    let (now, attempt) = (
      now,
      Attempt(
        nonce: nonce, verifier: verifier, expiresAt: now + Self.attemptMilliseconds,
        network: network)
    )
    attempts.withLock { attempts in
      attempts = attempts.filter { $0.value.expiresAt > now }
      Self.forget(&attempts, from: Self.mostAttempts.network) { $0.network == network }
      Self.forget(&attempts, from: Self.mostAttempts.all) { _ in true }
      attempts[state] = attempt
    }
    let challenge = Base64URL.text(data.setup.world.clinic.sha256(Array(verifier.utf8)))
    let query = FormText.text([
      ("client_id", settings.clientID), ("redirect_uri", settings.redirectURI),
      ("response_type", "code"), ("scope", "openid email profile"), ("state", state),
      ("nonce", nonce), ("code_challenge", challenge), ("code_challenge_method", "S256"),
    ])
    return ["url": .string("\(settings.authorizePage)?\(query)"), "state": .string(state)]
  }

  /// Makes room among some attempts, where so many are there. O(attempts).
  private static func forget(
    _ attempts: inout [String: Attempt], from count: Int, _ areMeant: (Attempt) -> Bool
  ) {
    let some = attempts.filter { areMeant($0.value) }
    guard some.count >= count else { return }
    let first = some.min { ($0.value.expiresAt, $0.key) < ($1.value.expiresAt, $1.key) }
    if let first { attempts[first.key] = nil }
  }

  // MARK: - Coming back

  private static let refused = APIError(
    401, "unauthorized", "Google did not sign anybody in; begin again")

  private func finish(
    code: String?, state: String?, from peer: String
  ) throws(APIError) -> HTTPResponse {
    let (now, attempt) = (
      now, attempts.withLock { attempts in state.flatMap { attempts.removeValue(forKey: $0) } }
    )
    guard let code, let attempt, attempt.expiresAt > now else { throw Self.refused }
    let person = try person(try token(for: code, attempt), attempt)
    return logins.answer(200, try logins.logIn(try credential(of: person), from: peer))
  }

  private func token(for code: String, _ attempt: Attempt) throws(APIError) -> JSONObject {
    let form = FormText.text([
      ("grant_type", "authorization_code"), ("code", code), ("client_id", settings.clientID),
      ("client_secret", settings.clientSecret), ("redirect_uri", settings.redirectURI),
      ("code_verifier", attempt.verifier),
    ])
    let answer: WebAnswer
    do {
      answer = try WebClient.post(
        settings.tokenPage, headers: ["Content-Type: application/x-www-form-urlencoded"],
        body: Array(form.utf8), idleSeconds: 20)
    } catch {
      throw APIError(502, "bad_gateway", "Google cannot be reached now; try again later")
    }
    guard answer.status == 200,
      let object = (try? JSONValue(parsing: answer.body))?.objectValue,
      let token = object["id_token"]?.stringValue, let claims = Self.claims(token)
    else { throw Self.refused }
    return claims
  }

  private static func claims(_ token: String) -> JSONObject? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let bytes = Base64URL.bytes(String(parts[1])) else { return nil }
    return (try? JSONValue(parsing: bytes))?.objectValue
  }

  private struct Person {
    let id: String
    let email: String
  }

  /// - Throws: 401 for a token that is for somebody else, over, of another attempt, or of an address that nobody
  ///   has checked.
  private func person(_ claims: JSONObject, _ attempt: Attempt) throws(APIError) -> Person {
    let issuers = [settings.issuer, String(settings.issuer.drop { $0 != "/" }.drop { $0 == "/" })]
    guard let issuer = claims["iss"]?.stringValue, issuers.contains(issuer),
      claims["aud"]?.stringValue == settings.clientID,
      claims["nonce"]?.stringValue == attempt.nonce,
      let end = claims["exp"]?.intValue, end > Int(now / 1000),
      let id = claims["sub"]?.stringValue, !id.isEmpty,
      let email = claims["email"]?.stringValue, claims["email_verified"]?.boolValue == true
    else { throw Self.refused }
    return Person(id: id, email: email)
  }

  /// The user whom a person is: known from before, or the one with the address.
  private func credential(of person: Person) throws(APIError) -> CredentialRecord {
    let norm = ClinicIndex.emailKey(person.email)
    let found = data.read { registry in
      registry.credentials.first { $0.googleID == person.id }
        ?? registry.credentials.first { $0.email == norm && $0.googleID == nil }
    }
    guard let found else {
      throw APIError(
        403, "no_user", "nobody here has this address; ask an administrator to invite you")
    }
    return try onServer { () throws(ServerError) in
      try data.link(found, toGoogle: person.id)
    }
  }
}

extension ServerData {
  /// Notes who a user is at Google; one who was invited is active from now on. Durable on return.
  fileprivate func link(
    _ credential: CredentialRecord, toGoogle id: String
  ) throws(ServerError) -> CredentialRecord {
    let linked = try update { (registry) throws(ServerError) in
      guard
        let place = registry.credentials.firstIndex(where: { other in
          other.isOf(credential.user, in: credential.account)
        })
      else {
        throw .notFound("the user is gone")
      }
      registry.credentials[place].googleID = id
      return registry.credentials[place]
    }
    try activate(DocumentKey(type: "user", id: linked.user), in: try replica(of: linked.account))
    return linked
  }

  /// Makes a user who was invited active. Durable on return.
  func activate(_ user: DocumentKey, in replica: Replica) throws(ServerError) {
    try onReplica { () throws(ReplicaError) in
      try replica.transact { (transaction) throws(ReplicaError) in
        guard let document = try transaction.living(user),
          transaction.fields(document)["status"]?.stringValue == "invited"
        else { return }
        try replica.update(user, patch: ["status": "active"], in: &transaction)
      }
    }
  }
}

/// Fields of a form in an address or a body (application/x-www-form-urlencoded).
enum FormText {
  static func text(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain =
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-._~".utf8.contains(byte)
      return isPlain
        ? String(UnicodeScalar(byte)) : "%" + HexText.text([byte]).uppercased()
    }.joined()
  }
}
