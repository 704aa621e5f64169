import Platform
import Testing

struct PasswordVerifierTests {
  private let cryptography: Cryptography
  private let costs = PassphraseCosts(n: 2, r: 1, p: 1)

  init() throws { cryptography = try Cryptography.load() }

  private func make(_ password: String) throws -> PasswordVerifier {
    try #require(
      PasswordVerifier.make(password, cryptography, random: SystemRandom(), costs: costs))
  }

  private func bytes(_ key: SecretBytes?) -> [UInt8]? { key.map { $0.withBytes { Array($0) } } }

  @Test func `the right password makes the same key each time, and no other makes any`() throws {
    let verifier = try make("correct horse")
    let key = try #require(bytes(verifier.key(by: "correct horse", cryptography)))
    #expect(key.count == 32 && key == bytes(verifier.key(by: "correct horse", cryptography)))
    for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
      #expect(verifier.key(by: wrong, cryptography) == nil)
    }
    // The check tells nothing of the key.
    #expect(verifier.check != key && verifier.check.count == 32)
  }

  @Test func `the same password looks different on each laptop`() throws {
    let (one, other) = (try make("correct horse"), try make("correct horse"))
    #expect(one.salt != other.salt && one.check != other.check)
    #expect(
      bytes(one.key(by: "correct horse", cryptography))
        != bytes(other.key(by: "correct horse", cryptography)))
  }

  @Test func `letters that look the same are the same`() throws {
    #expect(try make("caf\u{e9}").key(by: "cafe\u{301}", cryptography) != nil)
  }
}
