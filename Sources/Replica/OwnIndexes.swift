/// The changed documents of a transaction by the keys of indexes, as far as somebody has asked. For one
/// thread.
final class OwnIndexes {
  struct Name: Hashable {
    let type: String
    let index: String
  }

  private var maps: [Name: (revision: Int, places: [String: [Int]])] = [:]

  /// Nil if it must be worked out.
  func places(_ name: Name, _ key: String, _ revision: Int) -> [Int]? {
    guard let known = maps[name], known.revision == revision else { return nil }
    return known.places[key] ?? []
  }

  func set(_ name: Name, _ places: [String: [Int]], _ revision: Int) {
    maps[name] = (revision, places)
  }
}
