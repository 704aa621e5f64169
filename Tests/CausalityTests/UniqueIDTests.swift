import Causality
import TestSupport
import Testing

struct UniqueIDTests {
  @Test func `an id is read back from its text, its bytes and upper case`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let id = UniqueID(high: generator.next(), low: generator.next())
      #expect(UniqueID(id.description) == id)
      #expect(UniqueID(id.description.uppercased()) == id)
      #expect(UniqueID(bytes: id.bytes) == id)
      #expect(id.description.utf8.count == 36)
    }
  }

  @Test func `the text has the digits in the order of the bytes`() {
    let id = UniqueID(bytes: Array(0...15))
    #expect(id?.description == "00010203-0405-0607-0809-0a0b0c0d0e0f")
  }

  @Test func `ids are ordered as their texts are`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<500 {
      let a = UniqueID(high: generator.next() & 3, low: generator.next())
      let b = UniqueID(high: generator.next() & 3, low: generator.next())
      #expect((a < b) == (a.description < b.description))
    }
  }

  @Test(arguments: [
    "", "0", "00010203-0405-0607-0809-0a0b0c0d0e0", "00010203-0405-0607-0809-0a0b0c0d0e0f0",
    "000102030405060708090a0b0c0d0e0f", "{0010203-0405-0607-0809-0a0b0c0d0e0}",
    "00010203-0405-0607-0809-0a0b0c0d0e0g", "0001020304-05-0607-0809-0a0b0c0d0e0f",
    "00010203-0405-0607-08090-a0b0c0d0e0f", " 0010203-0405-0607-0809-0a0b0c0d0e0f",
    "+0010203-0405-0607-0809-0a0b0c0d0e0f", "00010203_0405_0607_0809_0a0b0c0d0e0f",
    "00010203-0405-0607-0809-0a0b0c0d0eéf", "------------------------------------",
  ])
  func `what is no id is refused`(text: String) {
    #expect(UniqueID(text) == nil)
  }

  @Test func `ids from bytes of another length are refused`() {
    #expect(UniqueID(bytes: Array(0..<15)) == nil)
    #expect(UniqueID(bytes: Array(0..<17)) == nil)
    #expect(UniqueID(randomBytes: Array(0..<15)) == nil)
    #expect(UniqueID(nameDigest: Array(0..<15)) == nil)
    #expect(UniqueID(digest: Array(0..<15)) == nil)
  }

  @Test func `made ids say how they were made`() {
    let bytes = [UInt8](repeating: 0xff, count: 16)
    #expect(UniqueID(randomBytes: bytes)?.description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    #expect(UniqueID(nameDigest: bytes)?.description == "ffffffff-ffff-5fff-bfff-ffffffffffff")
    #expect(UniqueID(digest: bytes)?.description == "ffffffff-ffff-8fff-bfff-ffffffffffff")
  }

  @Test func `a name-based id is that of the standard`() {
    // RFC 9562, appendix A.4: SHA-1 of the DNS namespace and "www.example.com".
    let digest: [UInt8] = [
      0x2e, 0xd6, 0x65, 0x7d, 0xe9, 0x27, 0x46, 0x8b, 0x55, 0xe1, 0x26, 0x65, 0xa8, 0xae,
      0xa6, 0xa2, 0x2d, 0xee, 0x3e, 0x35,
    ]
    let id = UniqueID(nameDigest: digest)
    #expect(id?.description == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
  }
}
