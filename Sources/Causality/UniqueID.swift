/// A 128-bit name: of a replica, a document, a user, a device, an account or a server.
///
/// Written as a lower-case UUID. Ordered by its bytes, which is also the order of its text.
package struct UniqueID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The name made of 16 bytes, most significant first; nil for another number of bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.init(high: Self.bigEndian(bytes[0..<8]), low: Self.bigEndian(bytes[8..<16]))
  }

  /// A random name (UUID version 4) from 16 random bytes; nil for another number of bytes.
  package init?(randomBytes: [UInt8]) {
    self.init(bytes: randomBytes, version: 4)
  }

  /// A name-based name (UUID version 5) from the SHA-1 digest of a namespace and a name
  /// (RFC 9562, section 5.5); nil if there are fewer than 16 bytes.
  package init?(nameDigest: [UInt8]) {
    self.init(bytes: Array(nameDigest.prefix(16)), version: 5)
  }

  /// A name from the first 16 bytes of another digest (UUID version 8); nil if there are fewer.
  package init?(digest: [UInt8]) {
    self.init(bytes: Array(digest.prefix(16)), version: 8)
  }

  /// Of the UUID: how it was made.
  package var version: UInt8 { UInt8(high >> 12 & 0xf) }

  private init?(bytes: [UInt8], version: UInt8) {
    guard bytes.count == 16 else { return nil }
    var marked = bytes
    marked[6] = marked[6] & 0x0f | version << 4
    marked[8] = marked[8] & 0x3f | 0x80
    self.init(bytes: marked)
  }

  /// All ids whose text begins with some text, in digits of either case; nil if none can.
  package static func range(prefix: some StringProtocol) -> ClosedRange<UniqueID>? {
    let form = "00000000-0000-0000-0000-000000000000"
    let rest = form.dropFirst(prefix.count)
    guard prefix.count <= form.count,
      let first = UniqueID(prefix + rest),
      let last = UniqueID(prefix + rest.map { $0 == "0" ? "f" : String($0) }.joined())
    else { return nil }
    return first...last
  }

  /// Reads the form 8-4-4-4-12 in hexadecimal digits of either case; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let parsed = text.utf8.withContiguousStorageIfAvailable { Self(utf8: $0) }
    guard let id = parsed ?? Array(text.utf8).withUnsafeBufferPointer({ Self(utf8: $0) }) else {
      return nil
    }
    self = id
  }

  private init?(utf8: UnsafeBufferPointer<UInt8>) {
    guard utf8.count == 36 else { return nil }
    var value: (high: UInt64, low: UInt64) = (0, 0)
    var digits = 0
    var index = 0
    for byte in utf8 {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
      } else {
        guard let digit = Self.hexadecimalValue(byte) else { return nil }
        if digits < 16 {
          value.high = value.high << 4 | UInt64(digit)
        } else {
          value.low = value.low << 4 | UInt64(digit)
        }
        digits += 1
      }
      index += 1
    }
    self.init(high: value.high, low: value.low)
  }

  /// The 16 bytes, most significant first.
  package var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  package var description: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for digit in 0..<32 {
        if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
          buffer[position] = UInt8(ascii: "-")
          position += 1
        }
        let word = digit < 16 ? high : low
        let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit % 16))) & 0x0f
        buffer[position] = Self.hexadecimalDigit(nibble)
        position += 1
      }
      return position
    }
  }

  package static func < (a: UniqueID, b: UniqueID) -> Bool {
    a.high != b.high ? a.high < b.high : a.low < b.low
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func hexadecimalDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }
}

/// The identity of one store. A store that was restored or copied takes a new one.
package typealias ReplicaID = UniqueID
