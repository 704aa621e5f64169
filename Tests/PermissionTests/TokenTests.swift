import API
import Causality
import Clinic
import HTTP
import JSON
import Platform
import Replica
import Testing

@testable import Server

/// Logins that do not hold. That a changed token opens nothing is shown by `ProgramTests/UserTests`.
@Suite struct TokenTests {
  private let clinics: TestClinics
  private let cryptography: Cryptography
  private let user: CredentialRecord

  init() throws {
    clinics = try TestClinics()
    cryptography = try Cryptography.load()
    user = try clinics.here.user(.clinician)
  }

  private static let head = #"{"alg":"HS256","kid":"chosen","typ":"JWT"}"#

  /// What a login says, for an hour.
  private var claims: JSONObject {
    let now = Int(clinics.data.setup.world.clock.now() / 1000)
    return [
      "iss": "satchel", "aud": "satchel-api", "sub": .string(user.user.description),
      "account": .string(user.account.description), "generation": 0, "iat": .int(now),
      "exp": .int(now + 3600),
    ]
  }

  private func token(
    _ claims: JSONObject, head: String = head, secret: String = TestClinics.secret
  ) -> String {
    let signed =
      "\(Base64URL.text(Array(head.utf8))).\(Base64URL.text(JSONValue.object(claims).bytes))"
    let signature = cryptography.hmacSHA256(key: Array(secret.utf8), Array(signed.utf8))
    return "\(signed).\(Base64URL.text(signature))"
  }

  private func status(_ token: String?) -> Int {
    clinics.send(Asking("GET", "/api/auth/me"), token).status
  }

  @Test func `a token that the server would have made holds`() {
    #expect(status(token(claims)) == 200)
  }

  @Test(arguments: [
    #"{"alg":"none","kid":"chosen","typ":"JWT"}"#, #"{"alg":"HS512","kid":"chosen","typ":"JWT"}"#,
    #"{"alg":"hs256","kid":"chosen","typ":"JWT"}"#, #"{"alg":"HS256","kid":"other","typ":"JWT"}"#,
    #"{"alg":"RS256","kid":"chosen","typ":"JWT"}"#, #"{"kid":"chosen","typ":"JWT"}"#,
    #"{"alg":"HS256","typ":"JWT"}"#, "{}", "",
  ])
  func `no other algorithm is taken, whatever signs it`(head: String) {
    let signed = token(claims, head: head)
    #expect(status(signed) == 401)
    let body = signed.split(separator: ".", omittingEmptySubsequences: false)
    #expect(status("\(body[0]).\(body[1]).") == 401)
  }

  @Test(
    arguments: [
      ("iss", "another"), ("aud", "another"), ("iss", nil), ("aud", nil), ("exp", nil),
      ("exp", 1), ("exp", "9999999999"), ("sub", nil), ("account", nil),
      ("generation", nil), ("generation", 1), ("generation", -1), ("iat", nil),
      ("sub", "3d5c9a52-7f0e-5b7e-9f64-2c1f5f0a8e11"), ("aud", ["satchel-api"]),
    ] as [(String, JSONValue?)])
  func `a claim that is missing or wrong opens nothing`(name: String, value: JSONValue?) {
    var claims = claims
    claims[name] = value
    #expect(status(token(claims)) == 401)
  }

  @Test func `a user of one account is nobody in another`() {
    let other = clinics.there.replica.account
    #expect(status(token(claims.adding("account", .string(other.description)))) == 401)
  }

  @Test func `a token signed with another key opens nothing`() {
    #expect(status(token(claims, secret: "another secret of 32 characters!")) == 401)
    #expect(status(token(claims, secret: "")) == 401)
  }

  @Test func `a login of before a logout is over`() {
    let token = token(claims)
    #expect(clinics.send(Asking("POST", "/api/auth/logout"), token).status == 204)
    #expect(status(token) == 401)
    #expect(status(self.token(claims.adding("generation", 1))) == 200)
  }

  @Test(arguments: ["", "bearer", "Basic eDp5", "Bearer", "Bearer ", "Token x"])
  func `another header is no login`(header: String) {
    var asking = Asking("GET", "/api/auth/me")
    asking.headers.set("Authorization", header)
    #expect(clinics.send(asking, nil).status == 401)
  }
}
