/// Of a type, what matters for order.
indirect enum Shape: Equatable, Sendable {
  /// A `Set`, or what has a dictionary's order: its keys.
  case set
  case dictionary(Shape)
  case list(Shape)
  /// A type of our own, or any other; without a name if it is not known.
  case named(String)

  static let other = named("")

  var isUnordered: Bool {
    switch self {
    case .set, .dictionary: true
    case .list, .named: false
    }
  }

  /// What a subscript gives.
  var element: Shape {
    switch self {
    case .dictionary(let value), .list(let value): value
    case .set, .named: .other
    }
  }

  var name: String { self == .set ? "a set" : "a dictionary" }
}

extension SourceFile {
  private static let typePrefixes: Set<String> = [
    "inout", "borrowing", "consuming", "sending", "any", "some", "@escaping", "@Sendable",
  ]

  /// The shape of the type that is written at `place`. Of a `Mutex` that of its content.
  func shape(ofTypeAt place: Int) -> Shape {
    guard tokens.indices.contains(place) else { return .other }
    switch tokens[place].text {
    case let word where Self.typePrefixes.contains(word): return shape(ofTypeAt: place + 1)
    case "[":
      guard partner[place] > place else { return .other }
      if let colon = colon(in: place) { return .dictionary(shape(ofTypeAt: colon + 1)) }
      return .list(shape(ofTypeAt: place + 1))
    case "(":
      let isFunction = ["->", "throws"].contains(text(after(place)))
      let isTuple = separator(",", in: place) != nil || colon(in: place) != nil
      return isFunction || isTuple ? .other : shape(ofTypeAt: place + 1)
    case "Set": return .set
    case "Dictionary": return .dictionary(.other)
    case "Mutex" where text(place + 1) == "<": return shape(ofTypeAt: place + 2)
    case "Array", "ContiguousArray": return .list(.other)
    case "Self": return .named(owner(of: place))
    default: return .named(tokens[place].isWord ? lastName(at: place) : "")
    }
  }

  func colon(in open: Int) -> Int? { separator(":", in: open) }

  /// The first such sign in a pair of brackets, and not in deeper ones.
  func separator(_ sign: String, in open: Int) -> Int? {
    var place = open + 1
    while place < partner[open] {
      if tokens[place].text == sign { return place }
      place = after(place)
    }
    return nil
  }
}
