/// What a power cut does with everything that no sync has made durable.
///
/// What a power cut may do, and what it may not:
///
/// - Of a file, whatever the last `synchronize` (or `synchronizeFileSystem`) covered is there.
///   Every sector of 512 bytes is as it stood at that sync or after any one change since then that
///   touched it, whatever other sectors are: so a write may be kept, lost or torn at multiples of
///   512 bytes, and a later write may be kept where an earlier one is lost. A sector is never torn.
/// - The size is that of the sync or after any one change of the size since then. Bytes below it
///   that were never written are zeros, never strangers' bytes. A size may be kept where the bytes
///   are lost (zeros at the end), and bytes where the size is lost (cut off).
/// - A `synchronize` that failed leaves what it had to make durable uncertain for good: a later one
///   succeeds without caring for it. Bytes that are written again can be made durable again.
/// - Names: every creation, rename and removal since the last sync of its directory is kept or lost
///   on its own, except that one that is kept keeps those before it of the same name, and that the
///   rename of a directory keeps all before it. A rename is one step: the old state or the new one,
///   in both directories. Making one directory durable makes a rename into or out of it durable
///   in the other one too. A file whose name is lost is gone, however durable its bytes are; a file
///   whose removal is lost is there again.
/// - The name of a new directory is in the directory above it, and is durable only with that.
/// - Identity, time of creation and permissions of what is there are never lost. Locks are.
package enum Fate: Sendable, Hashable, CustomStringConvertible {
  /// The disk had written nothing that it was not asked to make durable.
  case nothingSurvives
  /// The disk had written everything.
  case everythingSurvives
  /// All names and sizes, and no content: new bytes are zeros.
  case namesSurvive
  /// All content, and no names.
  case contentSurvives
  /// Each thing is kept or lost by chance; a seed repeats it.
  case seeded(UInt64)

  fileprivate var seed: UInt64 {
    if case .seeded(let seed) = self { return seed }
    return 0
  }

  package var description: String {
    switch self {
    case .nothingSurvives: "nothing survives"
    case .everythingSurvives: "everything survives"
    case .namesSurvive: "names and sizes survive"
    case .contentSurvives: "content survives"
    case .seeded(let seed): "seed \(seed)"
    }
  }
}

/// Decides about one thing after the other, always in the same order.
struct FateDraw {
  private enum ChangeFate { case kept, lost, torn }

  private let fate: Fate
  private var generator: SimulatedGenerator
  /// How many of four names are kept by chance.
  private var keptQuarters: Int
  private var change = ChangeFate.lost

  init(_ fate: Fate) {
    self.fate = fate
    generator = SimulatedGenerator(seed: fate.seed)
    keptQuarters = Int.random(in: 1...3, using: &generator)
  }

  /// The change whose sectors and size come next.
  mutating func beginChange() {
    change = [.kept, .lost, .torn].randomElement(using: &generator) ?? .lost
  }

  mutating func keepsSector() -> Bool {
    switch fate {
    case .nothingSurvives, .namesSurvive: false
    case .everythingSurvives, .contentSurvives: true
    case .seeded: keepsPart()
    }
  }

  mutating func keepsSize() -> Bool {
    switch fate {
    case .nothingSurvives: false
    case .everythingSurvives, .namesSurvive, .contentSurvives: true
    case .seeded: keepsPart()
    }
  }

  mutating func keepsName() -> Bool {
    switch fate {
    case .nothingSurvives, .contentSurvives: false
    case .everythingSurvives, .namesSurvive: true
    case .seeded: Int.random(in: 0..<4, using: &generator) < keptQuarters
    }
  }

  private mutating func keepsPart() -> Bool {
    switch change {
    case .kept: true
    case .lost: false
    case .torn: Bool.random(using: &generator)
    }
  }
}
