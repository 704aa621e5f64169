import Dispatch
import Platform
import Synchronization
import Testing

@Suite struct CryptographyTests {
  private let cryptography: Cryptography

  init() throws { cryptography = try Cryptography.load() }

  @Test func `the vectors of FIPS 180 hold`() {
    #expect(
      hexadecimal(cryptography.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hexadecimal(cryptography.sha256([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      hexadecimal(cryptography.sha256([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(
      hexadecimal(cryptography.sha1(Array("abc".utf8)))
        == "a9993e364706816aba3e25717850c26c9cd0d89d")
  }

  @Test func `the vectors of RFC 4231 hold`() {
    let short = cryptography.hmacSHA256(
      key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(
      hexadecimal(short) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let long = cryptography.hmacSHA256(
      key: [UInt8](repeating: 0xAA, count: 131),
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
    #expect(hexadecimal(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    #expect(
      hexadecimal(cryptography.hmacSHA256(key: [], []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func `threads that hash at once do not disturb each other`() {
    let messages = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0) }
    let expected = messages.map { cryptography.sha256($0) }
    let wrong = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for (message, digest) in zip(messages, expected)
      where cryptography.sha256(message) != digest {
        wrong.withLock { $0 += 1 }
      }
    }
    #expect(wrong.withLock { $0 } == 0)
  }

  @Test func `secrets are equal if all bytes are`() {
    #expect(equalInConstantTime([], []))
    #expect(equalInConstantTime([1, 2], [1, 2]))
    #expect(!equalInConstantTime([1, 2], [1, 3]))
    #expect(!equalInConstantTime([1, 2], [0x81, 2]))
    #expect(!equalInConstantTime([1, 2], [1, 2, 3]))
  }

  @Test func `an error of a library says what to install`() {
    let error = LibraryError(
      library: "libcrypto.so.3", problem: "is missing",
      advice: "install the system's OpenSSL libraries")
    #expect("\(error)" == "libcrypto.so.3 is missing: install the system's OpenSSL libraries")
  }
}
