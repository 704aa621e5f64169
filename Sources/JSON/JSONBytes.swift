/// Writes a JSON text from its first byte to its last, without white space: for hot paths, where a tree
/// of values would be made only to be written.
///
/// The caller opens and closes what it writes in order; commas are put here.
package struct JSONBytes {
  private var bytes: [UInt8]
  /// Whether the next value or key follows another one.
  private var needsComma = false

  package init() { bytes = [] }

  /// Goes on behind other bytes, which `take` gives back with what was written.
  package init(appendingTo bytes: inout [UInt8]) {
    self.bytes = []
    swap(&self.bytes, &bytes)
  }

  /// All bytes; nothing is left here.
  package mutating func take() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    needsComma = false
    return taken
  }

  /// Drops what was written; the memory is kept.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  package mutating func key(_ key: String) {
    separate()
    JSONWriter.writeString(key, into: &bytes)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func string(_ text: String) {
    separate()
    JSONWriter.writeString(text, into: &bytes)
  }

  package mutating func number(_ value: some BinaryInteger) {
    separate()
    if value >= 0, value < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
    JSONWriter.write(String(value), into: &bytes)
  }

  package mutating func value(_ value: JSONValue) {
    separate()
    value.write(into: &bytes)
  }

  package mutating func member(_ member: JSONMember) {
    key(member.key)
    value(member.value)
  }

  /// Puts members that were written elsewhere, outside of any object, into the one that is open.
  package mutating func continueObject(_ members: JSONBytes) {
    guard !members.bytes.isEmpty else { return }
    separate()
    bytes += members.bytes
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }
}
