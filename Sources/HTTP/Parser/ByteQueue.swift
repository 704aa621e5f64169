/// Bytes that came in and wait to be parsed: appended at the end, taken from the front.
struct ByteQueue: Sendable {
  /// An emptied queue gives memory back beyond this.
  private static let keptByteCount = 4_096

  private var bytes: [UInt8] = []
  /// Invariant: `0...bytes.count`; what is before it has been taken.
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { count == 0 }

  /// The byte so many places behind the front.
  subscript(offset: Int) -> UInt8 { bytes[start + offset] }

  /// At most `count` bytes from the front, which stay.
  func prefix(_ count: Int) -> [UInt8] { Array(bytes[start...].prefix(count)) }

  mutating func append(_ more: ArraySlice<UInt8>) { bytes.append(contentsOf: more) }

  /// Takes `count` bytes from the front.
  /// - Complexity: amortised O(`count`).
  mutating func take(_ count: Int) -> [UInt8] {
    defer { drop(count) }
    return Array(bytes[start..<start + count])
  }

  /// Takes `count` bytes from the front and adds them to `target`.
  mutating func move(_ count: Int, to target: inout [UInt8]) {
    target.append(contentsOf: bytes[start..<start + count])
    drop(count)
  }

  /// Throws `count` bytes at the front away.
  mutating func drop(_ count: Int) {
    start += count
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptByteCount)
      start = 0
    } else if start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
  }

  mutating func removeAll() { drop(count) }
}
