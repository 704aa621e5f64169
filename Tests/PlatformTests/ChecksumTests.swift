import CSystem
import Platform
import Testing

@Suite struct ChecksumTests {
  private static let vectors: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E),
  ]

  @Test(arguments: vectors)
  func `the vectors of RFC 3720 hold`(bytes: [UInt8], checksum: UInt32) {
    #expect(crc32c(bytes, seed: 0) == checksum)
    let slow = bytes.withUnsafeBytes { checksum_crc32c_by_table($0.baseAddress, $0.count, 0) }
    #expect(slow == checksum)
    #expect(crc32c(UnsafeRawBufferPointer(start: nil, count: 0), seed: checksum) == checksum)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func `the instruction and the tables agree on every length, alignment and seed`(seed: UInt64) {
    guard checksum_has_instruction() else { return }
    var generator = SeededGenerator(seed: seed)
    let bytes = generator.bytes(20_000)
    let lengths = Array(0..<40) + [3_071, 3_072, 3_073, 3_080, 6_144, 9_215, 9_216]
    let random = (0..<200).map { _ in Int.random(in: 0...19_900, using: &generator) }
    for length in lengths + random {
      let start = Int.random(in: 0..<64, using: &generator)
      let salt = UInt32.random(in: 0 ... .max, using: &generator)
      bytes.withUnsafeBytes { whole in
        let part = UnsafeRawBufferPointer(rebasing: whole[start..<start + length])
        let fast = checksum_crc32c_by_instruction(part.baseAddress, length, salt)
        let slow = checksum_crc32c_by_table(part.baseAddress, length, salt)
        #expect(fast == slow, "seed \(seed), start \(start), length \(length), salt \(salt)")
        #expect(crc32c(part, seed: salt) == slow)
      }
    }
  }

  @Test func `the tables agree with the definition, bit by bit`() {
    var generator = SeededGenerator(seed: 4)
    for length in [0, 1, 7, 8, 9, 100] {
      let bytes = generator.bytes(length)
      let slow = bytes.withUnsafeBytes { checksum_crc32c_by_table($0.baseAddress, $0.count, 0) }
      #expect(slow == definition(bytes))
    }
  }

  @Test func `a checksum can be taken piece by piece`() {
    var generator = SeededGenerator(seed: 5)
    let bytes = generator.bytes(10_000)
    for cut in [0, 1, 13, 3_072, 9_999, 10_000] {
      #expect(crc32c(bytes[cut...], seed: crc32c(bytes[..<cut])) == crc32c(bytes))
    }
  }

  private func definition(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { state, byte in
      (0..<8).reduce(state ^ UInt32(byte)) { state, _ in
        state & 1 == 1 ? (state >> 1) ^ 0x82F6_3B78 : state >> 1
      }
    }
  }
}
