/// What is asked of a set, of a dictionary, or of a list in their order.
struct Step {
  enum Effect {
    /// A set or dictionary again.
    case keeps
    /// A list in an order of its own.
    case list
    /// The order can be seen.
    case shows
    /// The order makes no difference.
    case hides
    case unknown
  }

  let place: Int
  let word: String
  let effect: Effect
  private let collects: Shape?

  private static let keeping: Set<String> = [
    "filter", "lazy", "union", "subtracting", "intersection", "symmetricDifference", "merging",
    "mapValues", "compactMapValues", "keys", "values",
  ]
  private static let listing: Set<String> = ["map", "flatMap", "compactMap", "reversed"]
  private static let showing: Set<String> = [
    "first", "popFirst", "forEach", "enumerated", "prefix", "suffix", "dropFirst", "dropLast",
    "drop", "joined", "randomElement", "elementsEqual", "startIndex", "endIndex", "indices",
    "makeIterator", "removeFirst", "description", "debugDescription", "starts", "split", "shuffled",
    "lexicographicallyPrecedes", "last", "reduce", "min", "max", "firstIndex", "hashValue",
  ]
  private static let hiding: Set<String> = [
    "sorted", "count", "isEmpty", "contains", "allSatisfy", "insert", "remove", "removeValue",
    "removeAll", "reserveCapacity", "update", "updateValue", "formUnion", "subtract",
    "formIntersection", "formSymmetricDifference", "merge", "isSubset", "isSuperset", "isDisjoint",
    "isStrictSubset", "isStrictSuperset", "hash", "capacity",
  ]

  init(_ place: Int, in file: SourceFile, hasArguments: Bool) {
    (self.place, word) = (place, file.text(place))
    collects = Self.collected(place, file)
    // `min()` and `max()` compare whole elements; with a comparison of one's own, equal ones may differ.
    let isWholeOrder = ["min", "max"].contains(word) && file.text(place + 2) == ")"
    effect =
      if collects != nil || isWholeOrder || Self.hiding.contains(word) {
        .hides
      } else if Self.keeping.contains(word) {
        .keeps
      } else if Self.listing.contains(word) {
        .list
      } else {
        Self.showing.contains(word) ? .shows : .unknown
      }
  }

  /// What `reduce(into: [:])` and `reduce(into: Set…)` make.
  private static func collected(_ place: Int, _ file: SourceFile) -> Shape? {
    guard file.text(place) == "reduce", file.text(place + 2) == "into" else { return nil }
    if file.text(place + 4) == "Set" { return .set }
    let isMap = file.text(place + 4) == "[" && file.colon(in: place + 4) != nil
    return isMap ? .dictionary(.other) : nil
  }

  /// What it makes of a set or dictionary.
  func shape(of subject: Shape) -> Shape {
    if let collects { return collects }
    switch word {
    case "keys", "values": return .set
    case "mapValues", "compactMapValues": return .dictionary(.other)
    case "sorted": return .list(.other)
    default: return effect == .keeps ? subject : effect == .list ? .list(.other) : .other
    }
  }

  /// What it makes of a list, if that is known.
  func shape(ofList list: Shape) -> Shape? {
    if let collects { return collects }
    switch word {
    case "sorted", "filter", "reversed", "lazy", "prefix", "suffix", "dropFirst", "dropLast":
      return list
    case "first", "last", "popLast", "removeLast", "removeFirst": return list.element
    case "keys", "values": return nil
    default: return effect == .unknown ? nil : .other
    }
  }
}
