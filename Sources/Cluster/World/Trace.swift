/// What happened, as lines; always their hash, and the lines if somebody wants to read them.
struct Trace {
  private(set) var lines: [String] = []
  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private let keepsLines: Bool

  init(keepsLines: Bool) { self.keepsLines = keepsLines }

  /// Source of the hash: Fowler, Noll and Vo, FNV-1a.
  mutating func add(_ line: String) {
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    hash = (hash ^ 10) &* 0x100_0000_01b3
    if keepsLines { lines.append(line) }
  }
}
