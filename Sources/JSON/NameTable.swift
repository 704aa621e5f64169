/// Finds the place of a name in a fixed list, such as the fields of a type, by its UTF-8 bytes. Made
/// once, asked for every value that is read or written: several times as fast as a dictionary, whose
/// hashing must withstand keys that a stranger chooses. Here the list is the program's own.
package struct NameTable: Sendable {
  private let names: [String]
  /// Places in `names`; -1 where there is none. A name stands in the first free slot from that of its
  /// hash on.
  private let slots: [Int32]

  /// Of a name that occurs twice, the first place counts.
  package init(_ names: [String]) {
    var count = 8
    while count < names.count * 4 { count *= 2 }
    var slots = [Int32](repeating: -1, count: count)
    for (place, name) in names.enumerated() {
      var slot = Int(truncatingIfNeeded: Self.hash(name)) & (count - 1)
      while slots[slot] >= 0, !utf8Equal(names[Int(slots[slot])], name) {
        slot = (slot + 1) & (count - 1)
      }
      if slots[slot] < 0 { slots[slot] = Int32(place) }
    }
    self.names = names
    self.slots = slots
  }

  /// The place of a name in the list; nil if it is not there. O(length) for all but unlucky lists.
  package subscript(name: String) -> Int? {
    var slot = Int(truncatingIfNeeded: Self.hash(name)) & (slots.count - 1)
    while slots[slot] >= 0 {
      let place = Int(slots[slot])
      if utf8Equal(names[place], name) { return place }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Mixes the length with the first and last eight bytes.
  private static func hash(_ name: String) -> UInt64 {
    withUTF8(of: name) { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      var mixed = UInt64(raw.count)
      if raw.count >= 8 {
        mixed ^= raw.loadUnaligned(as: UInt64.self)
        mixed = mixed &* 0x9e37_79b9_7f4a_7c15
        mixed ^= raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self)
      } else {
        for byte in raw { mixed = mixed << 8 ^ UInt64(byte) }
      }
      mixed = mixed &* 0x9e37_79b9_7f4a_7c15
      return mixed ^ mixed >> 32
    }
  }
}
