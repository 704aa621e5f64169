import Causality
import Platform
import Storage
import Synchronization

/// Which keys have sealed: each piece has one of its own, told by its salt, and none may seal twice.
final class SaltBook: Sendable {
  /// Of a sealed piece, in bytes at its beginning.
  private static let saltByteCount = 24

  private struct State {
    var salts: Set<[UInt8]> = []
    var repeated = 0
  }

  private let state: Mutex<State>

  init(knowing other: SaltBook? = nil) {
    state = Mutex(State(salts: other?.state.withLock { $0.salts } ?? []))
  }

  func note(_ sealed: [UInt8]) {
    state.withLock { state in
      if !state.salts.insert(Array(sealed.prefix(Self.saltByteCount))).inserted {
        state.repeated += 1
      }
    }
  }

  /// How many pieces were sealed, and how many of them with a key that had sealed before.
  var counts: (sealed: Int, repeated: Int) {
    state.withLock { ($0.salts.count + $0.repeated, $0.repeated) }
  }
}

/// The seal of all simulated laptops, which share one key: also of copies of their disks, and after every power
/// cut.
struct CountedSeal: Seal {
  private static let id = UniqueID(high: 0x5ea1, low: 1)
  private static let key = (0..<32).map { UInt8($0) }

  private let inner: StoreSeal
  private let book: SaltBook

  /// As a program that begins has it: with a count of its own.
  init?(_ cryptography: Cryptography, random: any RandomSource, _ book: SaltBook) {
    let key = SealingKey(SecretBytes(Self.key), cryptography, random: random)
    guard let seal = StoreSeal(id: Self.id, key: key, cryptography) else { return nil }
    (inner, self.book) = (seal, book)
  }

  var overhead: Int { inner.overhead }
  var fileSuffix: String { inner.fileSuffix }
  var isSecret: Bool { true }

  func sealed(_ content: [UInt8], as piece: SealedPiece) throws(StorageError) -> [UInt8] {
    let bytes = try inner.sealed(content, as: piece)
    book.note(bytes)
    return bytes
  }

  func opened(_ bytes: [UInt8], as piece: SealedPiece) -> [UInt8]? {
    inner.opened(bytes, as: piece)
  }

  func hidden(_ id: UniqueID) -> UniqueID? { inner.hidden(id) }
  func shown(_ id: UniqueID) -> UniqueID? { inner.shown(id) }
}
