/// Whether two strings have the same UTF-8 bytes. Swift's `==` calls "é" and "e" with a combining
/// accent equal; JSON keys, ids and field values are compared byte by byte. O(length).
package func utf8Equal(_ a: String, _ b: String) -> Bool {
  guard a.utf8.count == b.utf8.count else { return false }
  return withUTF8(of: a, b, haveSameBytes)
}

/// Whether buffers of one length hold the same bytes; eight are compared at a time.
private func haveSameBytes(
  _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>
) -> Bool {
  let (a, b) = (UnsafeRawBufferPointer(a), UnsafeRawBufferPointer(b))
  var position = 0
  while position + 8 <= a.count {
    let words = (
      a.loadUnaligned(fromByteOffset: position, as: UInt64.self),
      b.loadUnaligned(fromByteOffset: position, as: UInt64.self)
    )
    guard words.0 == words.1 else { return false }
    position += 8
  }
  while position < a.count {
    guard a[position] == b[position] else { return false }
    position += 1
  }
  return true
}

/// Whether the UTF-8 bytes of one string sort before those of the other: the order of code points,
/// the same on every machine and in every version of Unicode. O(length).
package func utf8Less(_ a: String, _ b: String) -> Bool {
  withUTF8(of: a, b) { $0.lexicographicallyPrecedes($1) }
}

/// Whether one string sorts before the other by UTF-16 code units, as RFC 8785 (3.2.3) wants.
///
/// This differs from the order of UTF-8 bytes in one case only: a code point above U+FFFF (first
/// byte F0 or more) sorts before those from U+E000 to U+FFFF (first byte EE or EF).
func utf16Less(_ a: String, _ b: String) -> Bool {
  withUTF8(of: a, b) { a, b in
    for index in 0..<min(a.count, b.count) where a[index] != b[index] {
      if a[index] >= 0xee, b[index] >= 0xee, (a[index] >= 0xf0) != (b[index] >= 0xf0) {
        return a[index] >= 0xf0
      }
      return a[index] < b[index]
    }
    return a.count < b.count
  }
}

/// A string that is equal to another only if the UTF-8 bytes are: a key for sets and dictionaries.
package struct ExactString: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (a: ExactString, b: ExactString) -> Bool { utf8Equal(a.text, b.text) }

  package func hash(into hasher: inout Hasher) {
    withUTF8(of: text) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

/// The bytes of a string where they lie, without a copy of the string.
func withUTF8<Result>(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
  if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
  return Array(text.utf8).withUnsafeBufferPointer(body)
}

private func withUTF8(
  of a: String, _ b: String,
  _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
) -> Bool {
  withUTF8(of: a) { a in withUTF8(of: b) { b in body(a, b) } }
}
