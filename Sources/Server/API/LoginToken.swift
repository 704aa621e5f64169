import Causality
import Foundation
import JSON
import Platform
import Synchronization

/// What a user shows after logging in: a JSON Web Token (RFC 7519), signed with HMAC and SHA-256. No other
/// algorithm is taken, whatever a token says.
struct LoginToken: Sendable, Equatable {
  static let issuer = "satchel"
  static let audience = "satchel-api"

  var user: UniqueID
  var account: UniqueID
  /// The user's, when it was given.
  var generation: Int
  /// Seconds since 1970 UTC.
  var issuedAt: UInt64
  var expiresAt: UInt64

  func text(key: LoginKeys.Key, _ cryptography: Cryptography) -> String {
    let claims: JSONValue = [
      "iss": .string(Self.issuer), "aud": .string(Self.audience),
      "sub": .string(user.description), "account": .string(account.description),
      "generation": .int(generation),
      "iat": .number(JSONNumber(issuedAt)), "exp": .number(JSONNumber(expiresAt)),
    ]
    let signed = "\(Self.head(key)).\(Base64URL.text(claims.bytes))"
    let signature = cryptography.hmacSHA256(key: key.bytes, Array(signed.utf8))
    return "\(signed).\(Base64URL.text(signature))"
  }

  /// Whatever has another head is no token: nobody else's choice of an algorithm or a key is ever looked at.
  private static func head(_ key: LoginKeys.Key) -> String {
    let head: JSONValue = ["alg": "HS256", "kid": .string(key.name), "typ": "JWT"]
    return Base64URL.text(head.bytes)
  }

  /// Nil if the token was signed with another key, is for somebody else, or was never one.
  init?(_ text: String, keys: [LoginKeys.Key], _ cryptography: Cryptography) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let key = keys.first(where: { Self.head($0) == parts[0] }),
      let signature = Base64URL.bytes(parts[2])
    else { return nil }
    let expected = cryptography.hmacSHA256(key: key.bytes, Array("\(parts[0]).\(parts[1])".utf8))
    guard equalInConstantTime(signature, expected), let bytes = Base64URL.bytes(parts[1]),
      let claims = (try? JSONValue(parsing: bytes))?.objectValue,
      claims["iss"]?.stringValue == Self.issuer, claims["aud"]?.stringValue == Self.audience,
      let user = claims.id("sub"), let account = claims.id("account"),
      let generation = claims["generation"]?.intValue,
      let issuedAt = claims["iat"]?.intValue, let expiresAt = claims["exp"]?.intValue,
      issuedAt >= 0, expiresAt >= 0
    else { return nil }
    (self.user, self.account, self.generation) = (user, account, generation)
    (self.issuedAt, self.expiresAt) = (UInt64(issuedAt), UInt64(expiresAt))
  }

  init(of credential: CredentialRecord, issuedAt: UInt64, expiresAt: UInt64) {
    (user, account) = (credential.user, credential.account)
    generation = credential.loginGeneration
    (self.issuedAt, self.expiresAt) = (issuedAt, expiresAt)
  }
}

/// Base 64 with the alphabet for addresses and without padding (RFC 4648, section 5).
enum Base64URL {
  static func text(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }

  static func bytes(_ text: String) -> [UInt8]? {
    var padded: [UInt8] = []
    padded.reserveCapacity(text.utf8.count + 3)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-"): padded.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): padded.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
      default: padded.append(byte)
      }
    }
    while padded.count % 4 != 0 { padded.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(padded)).map { [UInt8]($0) }
  }
}

/// Tokens whose signature was found right: who asks often is not checked each time. Whether a token still holds
/// is for the caller to say.
final class KnownTokens: Sendable {
  private static let mostCount = 10_000
  private let tokens = Mutex<[String: LoginToken]>([:])

  func token(_ text: String, orRead read: () -> LoginToken?) -> LoginToken? {
    if let known = tokens.withLock({ $0[text] }) { return known }
    guard let token = read() else { return nil }
    tokens.withLock { tokens in
      if tokens.count >= Self.mostCount { tokens = [:] }
      tokens[text] = token
    }
    return token
  }
}
