import Platform
import Testing

@Suite struct PasswordHashingTests {
  private let hashing: PasswordHashing

  init() throws { hashing = try PasswordHashing.load() }

  @Test func `a password matches its hash, and another one does not`() throws {
    let hash = try hashing.hash("Zażółć gęślą jaźń", random: SystemRandom())
    #expect(hash.hasPrefix("$y$"))
    #expect(hashing.verify("Zażółć gęślą jaźń", against: hash))
    #expect(!hashing.verify("Zażółć gęślą jaźn", against: hash))
    #expect(!hashing.verify("", against: hash))
  }

  @Test func `equal passwords have different hashes`() throws {
    let first = try hashing.hash("secret", random: SystemRandom())
    #expect(try hashing.hash("secret", random: SystemRandom()) != first)
  }

  @Test func `hashes that were made elsewhere are understood`() {
    let yescrypt =
      "$y$j9T$abcdefghijklmnopqrstu1$HZ8mcCBaXDWmMfDHc6srTC.EUNg5x04Ly/TYQCr34R."
    #expect(hashing.verify("correct horse", against: yescrypt))
    #expect(!hashing.verify("correct horsf", against: yescrypt))
    let sha512 =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOf"
      + "aS35inz1"
    #expect(hashing.verify("Hello world!", against: sha512))
    #expect(!hashing.verify("Hello world", against: sha512))
  }

  @Test(arguments: [
    "", "*", "*0", "$", "$y$", "$y$j9T$", "$none$abc", "secret", "abFZSxKKdq5s2", "$y$\0",
  ])
  func `what is no hash matches no password`(hash: String) {
    #expect(!hashing.verify("secret", against: hash))
    #expect(!hashing.verify("abc", against: hash))
    #expect(!hashing.verify("", against: hash))
  }

  @Test func `a password that libcrypt would cut is refused`() throws {
    let longest = String(repeating: "x", count: PasswordHashing.maximumByteCount)
    let hash = try hashing.hash(longest, random: SystemRandom())
    #expect(hashing.verify(longest, against: hash))
    #expect(!hashing.verify(longest + "x", against: hash))
    #expect(throws: PasswordError.tooLong) {
      try hashing.hash(longest + "x", random: SystemRandom())
    }
    #expect(throws: PasswordError.containsZeroByte) {
      try hashing.hash("a\0b", random: SystemRandom())
    }
    #expect(!hashing.verify(String(longest.dropLast()) + "\0", against: hash))
  }
}
