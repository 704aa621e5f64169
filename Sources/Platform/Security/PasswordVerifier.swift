/// What tells whether a password is somebody's without being any use elsewhere: made for one device with a salt of
/// its own, and slow to try.
package struct PasswordVerifier: Sendable, Equatable {
  package let salt: [UInt8]
  package let costs: PassphraseCosts
  /// HMAC with SHA-256 under the key that the password makes, which it does not tell.
  package let check: [UInt8]

  package init(salt: [UInt8], costs: PassphraseCosts, check: [UInt8]) {
    (self.salt, self.costs, self.check) = (salt, costs, check)
  }

  /// 32 MiB and some 100 ms for each try: a server makes one for each laptop on which somebody logs in.
  package static let usualCosts = PassphraseCosts(n: 1 << 15, r: 8, p: 1)
  private static let saltByteCount = 16

  /// - Returns: nil if memory is lacking.
  package static func make(
    _ password: String, _ cryptography: Cryptography, random: any RandomSource,
    costs: PassphraseCosts = usualCosts
  ) -> PasswordVerifier? {
    let salt = random.bytes(saltByteCount)
    return key(password, salt, costs, cryptography).map {
      PasswordVerifier(salt: salt, costs: costs, check: check(of: $0, cryptography))
    }
  }

  /// The key that the password makes, if it is the right one; nil if not, or if memory is lacking. Takes as long as
  /// the costs say.
  package func key(by password: String, _ cryptography: Cryptography) -> SecretBytes? {
    guard let key = Self.key(password, salt, costs, cryptography),
      equalInConstantTime(Self.check(of: key, cryptography), check)
    else { return nil }
    return key
  }

  /// The key that a password makes, right or wrong.
  /// - Returns: nil if memory is lacking.
  package static func key(
    _ password: String, _ salt: [UInt8], _ costs: PassphraseCosts, _ cryptography: Cryptography
  ) -> SecretBytes? {
    cryptography.key(passphrase: Array(Text.nfc(password).utf8), salt: salt, costs: costs)
  }

  private static func check(of key: SecretBytes, _ cryptography: Cryptography) -> [UInt8] {
    key.withBytes { cryptography.hmacSHA256(key: $0, Array("satchel verifier 1".utf8)) }
  }
}
