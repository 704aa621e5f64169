/// Finds keys that an object has twice, by their UTF-8 bytes.
///
/// Keys of small objects are compared by a fingerprint first; large objects get a hash table, so that
/// the work stays linear. One finder serves a whole text: the objects around the current one keep
/// their fingerprints below its own.
struct DuplicateKeyFinder {
  /// The keys of one object.
  struct Scope {
    fileprivate let start: Int
    fileprivate var table: Set<ExactString>?
  }

  private static let maximumLinearCount = 32
  private var fingerprints: [UInt64] = []

  /// Begins an object inside the ones that are open.
  mutating func open() -> Scope { Scope(start: fingerprints.count, table: nil) }

  /// Ends the object that was opened last.
  mutating func close(_ scope: Scope) { fingerprints.removeSubrange(scope.start...) }

  /// Notes a key; false if the object has it already.
  /// - Parameter members: the object's members before this key.
  mutating func insert(_ key: String, in scope: inout Scope, members: [JSONMember]) -> Bool {
    if scope.table != nil { return scope.table!.insert(ExactString(key)).inserted }
    let fingerprint = Self.fingerprint(key)
    for index in members.indices where fingerprints[scope.start + index] == fingerprint {
      if utf8Equal(members[index].key, key) { return false }
    }
    fingerprints.append(fingerprint)
    if members.count + 1 == Self.maximumLinearCount {
      scope.table = Set(members.map { ExactString($0.key) } + [ExactString(key)])
    }
    return true
  }

  /// A number that differs for most keys that differ: length, first and last bytes.
  private static func fingerprint(_ key: String) -> UInt64 {
    withUTF8(of: key) { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      guard raw.count >= 8 else { return raw.reduce(UInt64(raw.count)) { $0 << 8 | UInt64($1) } }
      let first = raw.loadUnaligned(as: UInt64.self)
      let last = raw.loadUnaligned(fromByteOffset: raw.count - 8, as: UInt64.self)
      return first &* 31 ^ last &+ UInt64(raw.count)
    }
  }
}
