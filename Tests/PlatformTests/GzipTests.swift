import Testing

@testable import Platform

/// The system's zlib, with limits on what comes out.
@Suite struct GzipTests {
  private let gzip: Gzip

  init() throws { gzip = try Gzip.load() }

  private func bytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 7
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 60)
    }
  }

  @Test(arguments: [0, 1, 1000, 65_535, 65_536, 65_537, 300_000])
  func `what is packed comes out as it went in`(count: Int) throws {
    let bytes = bytes(count)
    let packed = try #require(gzip.packed(bytes))
    #expect(packed.prefix(2) == [0x1f, 0x8b])
    #expect(try gzip.unpacked(packed, maximumByteCount: count) == bytes)
    if count > 1000 { #expect(packed.count < count) }
  }

  @Test func `a stream of another program is read`() throws {
    // `printf hello | gzip -n`, and the same as zlib writes it.
    let foreign: [UInt8] = [
      0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10,
      0x36,
      5, 0, 0, 0,
    ]
    let zlib: [UInt8] = [
      0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 6, 0x2c, 2, 0x15,
    ]
    for stream in [foreign, zlib] {
      #expect(try gzip.unpacked(stream, maximumByteCount: 5) == Array("hello".utf8))
    }
  }

  @Test func `more than is allowed does not come out`() throws {
    let bomb = try #require(gzip.packed([UInt8](repeating: 0, count: 10_000_000)))
    #expect(bomb.count < 20_000)
    #expect(throws: Gzip.Refusal.tooLarge) {
      _ = try gzip.unpacked(bomb, maximumByteCount: 9_999_999)
    }
    #expect(try gzip.unpacked(bomb, maximumByteCount: 10_000_000).count == 10_000_000)
  }

  @Test func `what is cut off, changed or followed by something is refused`() throws {
    let packed = try #require(gzip.packed(bytes(5000)))
    for count in [0, 1, 10, packed.count / 2, packed.count - 1] {
      #expect(throws: Gzip.Refusal.malformed) {
        _ = try gzip.unpacked(Array(packed[..<count]), maximumByteCount: 5000)
      }
    }
    var changed = packed
    changed[packed.count - 6] ^= 1
    #expect(throws: Gzip.Refusal.malformed) {
      _ = try gzip.unpacked(changed, maximumByteCount: 5000)
    }
    #expect(throws: Gzip.Refusal.malformed) {
      _ = try gzip.unpacked(packed + [0], maximumByteCount: 5000)
    }
  }
}
