import Causality
import Documents
import Platform
import SyncProtocol

/// Makes and reads what devices show. Both kinds of token say of themselves which enrolment they belong to, and
/// are signed: what this server did not give is told from what it gave long ago.
struct DeviceTokens: Sendable {
  /// What a refresh token says.
  struct Refresh: Sendable {
    let family: UniqueID
    let number: UInt64
    let nonce: UniqueID
  }

  private static let refreshKind = Array("refresh".utf8)
  private static let accessKind = Array("access".utf8)

  private let key: [UInt8]
  private let cryptography: Cryptography

  init(key: [UInt8], _ cryptography: Cryptography) {
    (self.key, self.cryptography) = (key, cryptography)
  }

  func with(key: [UInt8]) -> DeviceTokens { DeviceTokens(key: key, cryptography) }

  func text(_ token: Refresh) -> String {
    signed(token.family.bytes + Self.bytes(token.number) + token.nonce.bytes, Self.refreshKind)
  }

  /// - Returns: nil for what this server never gave.
  func refresh(_ text: String) -> Refresh? {
    guard let content = content(text, Self.refreshKind), content.count == 40,
      let family = UniqueID(randomBytes: Array(content[..<16])),
      let nonce = UniqueID(randomBytes: Array(content[24...]))
    else { return nil }
    return Refresh(family: family, number: Self.number(content[16..<24]), nonce: nonce)
  }

  /// - Parameter expiresAt: milliseconds since 1970 UTC.
  func accessText(of family: UniqueID, expiresAt: UInt64) -> String {
    signed(family.bytes + Self.bytes(expiresAt), Self.accessKind)
  }

  /// The enrolment that an access token is for.
  /// - Returns: nil for one that holds no longer, and for what this server never gave.
  func family(ofAccess text: String, at now: UInt64) -> UniqueID? {
    guard let content = content(text, Self.accessKind), content.count == 24,
      Self.number(content[16...]) > now
    else { return nil }
    return UniqueID(randomBytes: Array(content[..<16]))
  }

  /// What a device keeps of its enrolment, to know the server again by it: 32 bytes.
  func secret(of family: UniqueID) -> [UInt8] {
    cryptography.hmacSHA256(key: key, Array("secret".utf8) + family.bytes)
  }

  /// Shows a device that an order is this server's.
  func proof(of order: WipeOrder, to device: DeviceRecord) -> String {
    HexText.text(
      cryptography.hmacSHA256(
        key: secret(of: device.credentials.family), order.provenBytes(to: device.id)))
  }

  /// What nobody can compute who lacks the key.
  func sealed(_ text: String) -> [UInt8] {
    cryptography.hmacSHA256(key: key, Array("text".utf8) + Array(text.utf8))
  }

  private func signed(_ content: [UInt8], _ kind: [UInt8]) -> String {
    Base64URL.text(content + cryptography.hmacSHA256(key: key, kind + content))
  }

  private func content(_ text: String, _ kind: [UInt8]) -> [UInt8]? {
    guard text.utf8.count <= 200, let bytes = Base64URL.bytes(text), bytes.count > 32 else {
      return nil
    }
    let (content, signature) = (Array(bytes.dropLast(32)), Array(bytes.suffix(32)))
    let expected = cryptography.hmacSHA256(key: key, kind + content)
    return equalInConstantTime(signature, expected) ? content : nil
  }

  private static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (7 - $0))) }
  }

  private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
