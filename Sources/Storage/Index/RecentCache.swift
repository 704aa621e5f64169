/// Keeps what was used lately, in two generations: what is used moves into the younger one; when that
/// is full, the older one is dropped. Every operation O(1), amortised.
struct RecentCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private var young: [Key: Value] = [:]
  private var old: [Key: Value] = [:]
  private let generationCount: Int

  /// - Parameter capacity: of both generations together; at least 2.
  init(capacity: Int) { generationCount = capacity / 2 }

  mutating func value(_ key: Key) -> Value? {
    if let value = young[key] { return value }
    guard let value = old[key] else { return nil }
    set(key, value)
    return value
  }

  mutating func set(_ key: Key, _ value: Value) {
    if young.count >= generationCount {
      old = young
      young.removeAll(keepingCapacity: true)
    }
    young[key] = value
  }

  mutating func remove(_ key: Key) {
    young[key] = nil
    old[key] = nil
  }

  mutating func removeAll() { (young, old) = ([:], [:]) }
}
