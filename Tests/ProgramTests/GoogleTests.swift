import Foundation
import HTTP
import JSON
import Platform
import Synchronization
import Testing

/// Signing in with Google: a stand-in for the provider on loopback.
@Suite struct GoogleTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  private let provider: Provider

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    for (email, role) in [("ana@example.org", "clinician"), ("bo@example.org", "office_staff")] {
      try server.administer([
        "user", "create", "--account", server.account, "--email", email, "--role", role,
        "--name", "Somebody",
      ])
    }
    provider = try Provider()
    try server.stop()
    try server.start([
      "--google-client-id", "clinic", "--google-client-secret", "s&cret", "--google-redirect",
      "http://localhost:5173/auth/google/callback", "--google-issuer", provider.url,
    ])
  }

  /// Goes to the provider and comes back.
  /// - Parameter change: of what the provider says of the person.
  private func signIn(
    _ agent: UserAgent, _ email: String, id: String, code: String = "code",
    _ change: JSONObject = [:]
  ) throws -> UserAgent.Answer {
    let begun = try agent("GET", "/api/auth/google")
    let url = try #require(URLComponents(string: begun["url"]?.stringValue ?? ""))
    let query = Dictionary(
      uniqueKeysWithValues: (url.queryItems ?? []).map { ($0.name, $0.value ?? "") })
    #expect(query["state"] == begun["state"]?.stringValue && query["client_id"] == "clinic")
    #expect(query["redirect_uri"] == "http://localhost:5173/auth/google/callback")
    var claims: JSONObject = [
      "iss": .string(provider.url), "aud": "clinic", "sub": .string(id), "email": .string(email),
      "email_verified": true, "nonce": .string(query["nonce"] ?? ""),
      "exp": .int(Int(Date().timeIntervalSince1970) + 600),
    ]
    for member in change.members { claims[member.key] = member.value }
    provider.expect(claims, challenge: query["code_challenge"] ?? "")
    let body: JSONValue = ["code": .string(code), "state": .string(query["state"] ?? "")]
    return try agent("POST", "/api/auth/google/callback", body)
  }

  @Test func `a user is known by the address first, and by the provider's id from then on`() throws
  {
    let agent = try UserAgent(server.address)
    let first = try signIn(agent, "ANA@example.org", id: "117")
    #expect(first.status == 200)
    #expect(first["user"]?.objectValue?["status"]?.stringValue == "active")
    #expect(first["user"]?.objectValue?["google_id"] == nil)
    agent.token = first["access_token"]?.stringValue
    #expect(try agent("GET", "/api/patients").status == 200)
    // Another address at the provider is the same person; the old address is nobody else's way in.
    let again = try signIn(agent, "ana.new@example.org", id: "117")
    #expect(again["user"]?.objectValue?["email"]?.stringValue == "ana@example.org")
    #expect(try signIn(agent, "ana@example.org", id: "666").status == 403)
    #expect(try signIn(agent, "nobody@example.org", id: "118").status == 403)
    try server.stop()
  }

  @Test func `what the provider does not say so, signs nobody in`() throws {
    let agent = try UserAgent(server.address)
    let wrong: [JSONObject] = [
      ["aud": "another"], ["iss": "https://evil.example"], ["nonce": "x"], ["exp": 1000],
      ["email_verified": false], ["sub": ""], ["email": .null],
    ]
    for change in wrong {
      #expect(try signIn(agent, "bo@example.org", id: "119", change).status == 401, "\(change)")
    }
    #expect(try signIn(agent, "bo@example.org", id: "119", code: "another").status == 401)
    #expect(try signIn(agent, "bo@example.org", id: "119").status == 200)
    try server.stop()
  }

  @Test func `an attempt holds once, and only where it began`() throws {
    let agent = try UserAgent(server.address)
    let state = try agent("GET", "/api/auth/google")["state"]?.stringValue ?? ""
    let target = "/api/auth/google/callback?code=code&state="
    #expect(try agent("GET", "\(target)\(state)").status == 401, "the provider knows no such code")
    #expect(try signIn(agent, "bo@example.org", id: "119").status == 200)
    #expect(try agent("GET", "\(target)\(state)").status == 401)
    #expect(try agent("GET", "\(target)x").status == 401)
    #expect(try agent("GET", "/api/auth/google/callback").status == 401)
    try server.stop()
  }

  @Test func `two of the three settings are refused, and none is no Google`() throws {
    try server.stop()
    let result = try fixture.run(
      "satchel-server",
      ["serve", "--data", server.data, "--listen", "127.0.0.1:0", "--google-client-id", "x"])
    #expect(result.status == 2 && result.errors.contains("all three"))
    try server.start()
    #expect(try UserAgent(server.address)("GET", "/api/auth/google").status == 404)
    try server.stop()
  }
}

/// Gives a token for the code `code`, once, to who has the secret and the verifier of the challenge.
private final class Provider: Sendable {
  private struct Expected: Sendable {
    var claims: JSONObject
    var challenge: String
  }

  private final class Person: Sendable {
    let expected = Mutex<Expected?>(nil)
  }

  private let person: Person
  private let standIn: StandIn
  var url: String { standIn.url }

  init() throws {
    let person = Person()
    self.person = person
    standIn = try StandIn { request in
      let form = URLComponents(string: "?" + String(decoding: request.body, as: UTF8.self))
      let fields = Dictionary(
        uniqueKeysWithValues: (form?.queryItems ?? []).map { ($0.name, $0.value ?? "") })
      let expected = person.expected.withLock { expected in
        defer { expected = nil }
        return expected
      }
      let digest = try? Cryptography.load().sha256(Array((fields["code_verifier"] ?? "").utf8))
      guard request.path == "/token", fields["code"] == "code", fields["client_secret"] == "s&cret",
        let expected, let digest, Self.base64(digest) == expected.challenge
      else { return StandIn.Reply(status: 400, body: ["error": "invalid_grant"]) }
      let token = "e30.\(Self.base64(JSONValue.object(expected.claims).bytes)).c2ln"
      return StandIn.Reply(body: ["id_token": .string(token), "access_token": "x"])
    }
  }

  func expect(_ claims: JSONObject, challenge: String) {
    person.expected.withLock { $0 = Expected(claims: claims, challenge: challenge) }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
