import Documents

/// Every transaction that any machine has acknowledged, under its nonce, which it keeps whatever its dot
/// becomes: what it wrote, and what it replaced because its author was shown it.
struct Ledger {
  /// A unit of a document that a transaction wrote.
  struct Place: Hashable {
    let key: DocumentKey
    let unit: String
  }

  private struct Written: Hashable {
    let place: Place
    let nonce: UInt64
  }

  private var places: [UInt64: [Place]] = [:]
  private var writes: [DocumentKey: [(unit: String, nonce: UInt64)]] = [:]
  private var replacing: [Written: [UInt64]] = [:]
  private var known: [UInt64: Set<UInt64>] = [:]
  private var dropped: Set<Written> = []

  func knows(_ nonce: UInt64) -> Bool { places[nonce] != nil }

  /// What a transaction wrote.
  func places(of nonce: UInt64) -> [Place] { places[nonce] ?? [] }

  /// All that was ever written to a document, in order.
  func writes(to key: DocumentKey) -> [(unit: String, nonce: UInt64)] { writes[key] ?? [] }

  /// The transactions whose authors were shown a write and replaced it.
  func replacing(_ nonce: UInt64, at place: Place) -> [UInt64] {
    replacing[Written(place: place, nonce: nonce)] ?? []
  }

  /// A transaction, whether it wrote anything or not.
  mutating func add(_ nonce: UInt64) { places[nonce] = places[nonce] ?? [] }

  mutating func add(_ nonce: UInt64, wrote place: Place) {
    places[nonce, default: []].append(place)
    writes[place.key, default: []].append((place.unit, nonce))
  }

  /// What its replica knew when somebody deleted something or brought it back.
  mutating func add(_ nonce: UInt64, knowing held: Set<UInt64>) { known[nonce] = held }

  /// Whether the replica of a transaction that deleted something knew another.
  func knew(_ nonce: UInt64, _ other: UInt64) -> Bool { known[nonce]?.contains(other) ?? true }

  /// What somebody wrote has left the trash of a replica (see the check `trash`).
  mutating func add(_ nonce: UInt64, dropped place: Place) {
    dropped.insert(Written(place: place, nonce: nonce))
  }

  func isDropped(_ nonce: UInt64, at place: Place) -> Bool {
    dropped.contains(Written(place: place, nonce: nonce))
  }

  mutating func add(_ nonce: UInt64, replaced old: UInt64, at place: Place) {
    replacing[Written(place: place, nonce: old), default: []].append(nonce)
  }
}
