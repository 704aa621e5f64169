/// Bytes in sectors. A sector that is all zeros need not be there.
struct SparseBytes: Sendable {
  /// What a disk writes as a whole or not at all.
  static let sectorByteCount = 512

  private(set) var byteCount = 0
  /// Invariant: each has `sectorByteCount` bytes, and those at and beyond `byteCount` are zero.
  private var sectors: [Int: [UInt8]] = [:]

  /// The sectors that a range of bytes touches.
  static func sectors(of range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    return range.lowerBound / sectorByteCount..<(range.upperBound - 1) / sectorByteCount + 1
  }

  /// The bytes of a sector; nil stands for zeros.
  func sector(_ number: Int) -> [UInt8]? { sectors[number] }

  /// Replaces sectors whole, and then the size.
  mutating func replace(_ new: [Int: [UInt8]?], byteCount: Int) {
    for (number, bytes) in new where number * Self.sectorByteCount < byteCount {
      sectors[number] = bytes
    }
    resize(to: byteCount)
  }

  /// Fewer than `count` bytes only at the end.
  func read(at offset: Int, count: Int) -> [UInt8] {
    guard offset < byteCount else { return [] }
    let end = offset + min(count, byteCount - offset)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - offset)
    forEachPart(of: offset..<end) { number, part in
      if let sector = sectors[number] {
        bytes.append(contentsOf: sector[part])
      } else {
        bytes.append(contentsOf: repeatElement(0, count: part.count))
      }
    }
    return bytes
  }

  mutating func write(_ bytes: [UInt8], at offset: Int) {
    byteCount = max(byteCount, offset + bytes.count)
    forEachPart(of: offset..<offset + bytes.count) { number, part in
      let start = number * Self.sectorByteCount + part.lowerBound - offset
      sectors[number, default: Self.zeros].replaceSubrange(
        part, with: bytes[start..<start + part.count])
    }
  }

  /// Cuts, or extends by zeros.
  mutating func resize(to byteCount: Int) {
    let (whole, rest) = byteCount.quotientAndRemainder(dividingBy: Self.sectorByteCount)
    if byteCount < self.byteCount {
      sectors = sectors.filter { $0.key < whole || $0.key == whole && rest > 0 }
    }
    self.byteCount = byteCount
    let zeros = repeatElement(UInt8(0), count: Self.sectorByteCount - rest)
    sectors[whole]?.replaceSubrange(rest..., with: zeros)
  }

  /// The numbers of the sectors that may hold something else than zeros, from one on.
  func presentSectors(from first: Int) -> [Int] { sectors.keys.filter { $0 >= first } }

  /// Changes a bit; false if the file ends before it.
  mutating func flip(bit: Int) -> Bool {
    guard bit >= 0, bit / 8 < byteCount else { return false }
    let (number, offset) = (bit / 8).quotientAndRemainder(dividingBy: Self.sectorByteCount)
    sectors[number, default: Self.zeros][offset] ^= 1 << (bit % 8)
    return true
  }

  private static let zeros = [UInt8](repeating: 0, count: sectorByteCount)

  /// Splits a range of bytes at the borders of sectors.
  private func forEachPart(of range: Range<Int>, _ body: (Int, Range<Int>) -> Void) {
    var place = range.lowerBound
    while place < range.upperBound {
      let (number, start) = place.quotientAndRemainder(dividingBy: Self.sectorByteCount)
      let count = min(Self.sectorByteCount - start, range.upperBound - place)
      body(number, start..<start + count)
      place += count
    }
  }
}
