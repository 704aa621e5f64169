import Dispatch
import Glibc
import Synchronization
import Testing

@testable import Platform

/// Keys that seal, and what they are made of.
@Suite struct SealingTests {
  private let cryptography: Cryptography

  init() throws { cryptography = try Cryptography.load() }

  // MARK: - Vectors

  private struct Vector: CustomTestStringConvertible {
    let key, nonce, companion, content, sealed: String
    var testDescription: String { "\(content.count / 2) bytes with \(companion.count / 2)" }
  }

  /// Test cases 13, 14 and 16 of the proposal of Galois/counter mode.
  @Test(arguments: [
    Vector(
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
      companion: "", content: "", sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
    Vector(
      key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
      companion: "", content: String(repeating: "00", count: 16),
      sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    Vector(
      key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888", companion: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      content: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        + "76fc6ece0f4e1768cddf8853bb2d551b"),
  ])
  private func `the vectors of Galois counter mode hold`(_ vector: Vector) {
    let key = SecretBytes(bytes(vector.key))
    var sealed: [UInt8] = []
    let isDone = key.withBytes {
      cryptography.cipher.seal(
        bytes(vector.content), key: $0, nonce: bytes(vector.nonce),
        companion: bytes(vector.companion), appendingTo: &sealed)
    }
    #expect(isDone)
    #expect(hexadecimal(sealed) == vector.sealed)
    let content = key.withBytes {
      cryptography.cipher.open(
        sealed[...], key: $0, nonce: bytes(vector.nonce), companion: bytes(vector.companion))
    }
    #expect(content.map(hexadecimal) == vector.content)
  }

  /// RFC 7914, section 12.
  @Test func `the vectors of scrypt hold`() {
    func key(_ passphrase: String, _ salt: String, _ costs: PassphraseCosts) -> String? {
      cryptography.key(passphrase: Array(passphrase.utf8), salt: Array(salt.utf8), costs: costs)
        .map { $0.withBytes { hexadecimal(Array($0)) } }
    }
    #expect(
      key("", "", PassphraseCosts(n: 16, r: 1, p: 1))
        == "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442")
    #expect(
      key("password", "NaCl", PassphraseCosts(n: 1024, r: 8, p: 16))
        == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
    #expect(
      key("pleaseletmein", "SodiumChloride", PassphraseCosts(n: 16384, r: 8, p: 1))
        == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
  }

  @Test(arguments: [
    PassphraseCosts(n: 0, r: 8, p: 1), PassphraseCosts(n: 1, r: 8, p: 1),
    PassphraseCosts(n: 1000, r: 8, p: 1), PassphraseCosts(n: 1024, r: 0, p: 1),
    PassphraseCosts(n: 1024, r: 8, p: 0), PassphraseCosts(n: 1024, r: 8, p: 17),
    PassphraseCosts(n: 1 << 62, r: 64, p: 1), PassphraseCosts(n: 1 << 21, r: 8, p: 1),
    PassphraseCosts(n: .max, r: .max, p: .max),
  ])
  func `costs that no machine should pay are refused`(_ costs: PassphraseCosts) {
    #expect(!costs.areReasonable)
    #expect(cryptography.key(passphrase: [1], salt: [2], costs: costs) == nil)
  }

  @Test func `the usual costs are reasonable`() {
    #expect(PassphraseCosts.standard.areReasonable)
    #expect(PassphraseCosts.standard.byteCount == 128 << 20)
    #expect(PassphraseCosts(n: 1 << 20, r: 8, p: 16).areReasonable)
  }

  // MARK: - Keys

  private func key() -> SealingKey { SealingKey(cryptography, random: SystemRandom()) }

  @Test(arguments: [0, 1, 15, 16, 17, 4_096, 1_000_003])
  func `what is sealed can be opened, and is longer by the overhead`(_ count: Int) throws {
    let key = key()
    let content = SystemRandom().bytes(count)
    let sealed = try #require(key.sealed(content, companion: [7]))
    #expect(sealed.count == count + SealingKey.overhead)
    #expect(key.opened(sealed, companion: [7]) == content)
  }

  @Test func `nothing else opens it`() throws {
    let key = key()
    let sealed = try #require(key.sealed(Array("a name".utf8), companion: [1, 2]))
    #expect(key.opened(sealed, companion: [1, 3]) == nil)
    #expect(key.opened(sealed, companion: [1]) == nil)
    #expect(key.opened(sealed, companion: []) == nil)
    #expect(self.key().opened(sealed, companion: [1, 2]) == nil)
    #expect(key.opened([], companion: [1, 2]) == nil)
    #expect(key.opened(Array(sealed.dropLast()), companion: [1, 2]) == nil)
    #expect(key.opened(sealed + [0], companion: [1, 2]) == nil)
    for place in sealed.indices {
      for bit in 0..<8 {
        var changed = sealed
        changed[place] ^= 1 << bit
        #expect(key.opened(changed, companion: [1, 2]) == nil)
      }
    }
  }

  /// A source that gives the same bytes again and again, as a copied machine might.
  private struct StuckRandom: RandomSource {
    func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 5, count: count) }
  }

  @Test func `no two pieces have the same salt, whatever the random source gives`() throws {
    let key = SealingKey(cryptography, random: StuckRandom())
    let salts = Mutex(Set<[UInt8]>())
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for _ in 0..<500 {
        guard let sealed = key.sealed([1], companion: []) else { return }
        _ = salts.withLock { $0.insert(Array(sealed.prefix(24))) }
      }
    }
    #expect(salts.withLock { $0.count } == 2_000)
  }

  @Test func `a forgotten key does nothing any more`() throws {
    let key = key()
    let sealed = try #require(key.sealed([1], companion: []))
    #expect(!key.isForgotten)
    key.forget()
    #expect(key.isForgotten)
    #expect(key.sealed([1], companion: []) == nil)
    #expect(key.opened(sealed, companion: []) == nil)
    #expect(key.derived([1]) == nil)
    #expect(key.wrapped(by: self.key(), companion: []) == nil)
  }

  @Test func `a wrapped key is the same key`() throws {
    let (key, other) = (key(), key())
    let sealed = try #require(key.sealed([1, 2], companion: []))
    let wrapped = try #require(key.wrapped(by: other, companion: [9]))
    let again = try #require(other.unwrapped(wrapped, companion: [9]))
    #expect(again.opened(sealed, companion: []) == [1, 2])
    #expect(again.derived([1]) == key.derived([1]))
    #expect(key.derived([1]) != key.derived([2]))
    #expect(other.unwrapped(wrapped, companion: [8]) == nil)
    #expect(key.unwrapped(wrapped, companion: [9]) == nil)
    // Something else that was sealed with it is no key.
    let text = try #require(other.sealed([1, 2], companion: [9]))
    #expect(other.unwrapped(text, companion: [9]) == nil)
  }

  // MARK: - Names

  /// The block cipher example of FIPS 197 with a key of 256 bits.
  @Test func `a name is hidden by one block of the standard cipher`() {
    let key = NameKey(
      SecretBytes(bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")),
      cryptography)
    let name = bytes("00112233445566778899aabbccddeeff")
    #expect(key.hidden(name).map(hexadecimal) == "8ea2b7ca516745bfeafc49904b496089")
    #expect(key.shown(bytes("8ea2b7ca516745bfeafc49904b496089")) == name)
    key.forget()
    #expect(key.hidden(name) == nil)
    #expect(key.shown(name) == nil)
  }

  // MARK: - Secret bytes

  @Test func `secret bytes are kept out of the swap and of core dumps`() throws {
    let secret = SecretBytes([1, 2, 3])
    #expect(secret.count == 3)
    #expect(secret.withBytes { Array($0) } == [1, 2, 3])
    #expect(secret.isLocked)
    let address = secret.withBytes { UInt(bitPattern: $0.baseAddress) }
    let flags = try #require(Self.flags(ofPageAt: address))
    #expect(flags.contains("lo"))
    #expect(flags.contains("dd"))
  }

  /// What the system says of the page that an address is in.
  private static func flags(ofPageAt address: UInt) -> [Substring]? {
    guard let file = fopen("/proc/self/smaps", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4_096)
    var isInside = false
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let words = text.split { $0 == " " || $0 == "\n" }
      guard let first = words.first else { continue }
      let range = first.split(separator: "-").compactMap { UInt($0, radix: 16) }
      if range.count == 2 { isInside = range[0] <= address && address < range[1] }
      if isInside, first == "VmFlags:" { return Array(words.dropFirst()) }
    }
    return nil
  }

  private func bytes(_ text: String) -> [UInt8] {
    let digits = Array(text)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
    }
  }
}
