/// Finds where the order of a set or of a dictionary can be seen. Swift gives them another order in every
/// process, so what is made in that order is no longer a function of what came in.
///
/// It reads text and knows no types but those that are written down or follow from a few simple rules (`Names`). It
/// cannot see:
/// - a set or dictionary that comes from a subscript of a type of our own, from a closure's argument (but for
///   `withLock`), out of `? :`, `switch` or a tuple, from a generic parameter or behind a type alias;
/// - a member of a value whose type it does not know, if members of that name are lists elsewhere;
/// - one that is passed to a function which takes `some Sequence`, or that an extension of `Sequence` works on;
/// - a `sorted(by:)` that takes different elements for equal, a `uniquingKeysWith:` or `reduce(into: [:])` that
///   depends on who came first;
/// - what a loop does: each loop is found, and whether its order matters is for the reader to say.
struct OrderScan {
  static let mark = "any order:"

  /// Calls that take a list in any order.
  private static let absorbing: Set<String> = [
    "Set", "formUnion", "union", "subtract", "subtracting", "intersection", "formIntersection",
    "isSubset", "isSuperset", "isDisjoint",
  ]
  private static let listMaking: Set<String> = [
    "Array", "ContiguousArray", "zip", "String", "print",
  ]

  private let names: Names
  private let number: Int
  private let file: SourceFile
  private let reader: ChainReader
  private(set) var findings: [Finding] = []
  private var excused: Set<Int> = []

  init(_ names: Names, _ number: Int) {
    (self.names, self.number, file) = (names, number, names.files[number])
    reader = ChainReader(names, number)
    for place in file.tokens.indices where beginsChain(place) { look(place) }
    checkReasons()
  }

  private func beginsChain(_ place: Int) -> Bool {
    let before = file.text(place - 1)
    switch file.tokens[place].text {
    case "[", "(":
      let isBehindValue =
        place > 0 && !file.tokens[place].isApart
        && (file.tokens[place - 1].isWord || [")", "]", "}", ">", "?", "!"].contains(before))
      return !isBehindValue
    default:
      return file.tokens[place].isWord && !["try", "await"].contains(file.text(place))
        && ![".", "let", "var", "func", "case"].contains(before)
    }
  }

  private mutating func look(_ place: Int) {
    let chain = reader.chain(at: place)
    if let sight = chain.sight {
      if sight.isList, isAbsorbed(place) { return }
      note(sight.place, "`\(sight.word)` of \(sight.subject.name)")
    } else if chain.shape.isUnordered, let use = use(of: chain, at: place) {
      note(place, "\(use) \(chain.shape.name)")
    }
  }

  private func callee(_ open: Int) -> String {
    guard open > 0, file.text(open) == "(" else { return "" }
    var place = open - 1
    if file.text(place) == ">" {
      while place > 0, file.text(place) != "<" { place = min(place, file.partner[place]) - 1 }
      place -= 1
    }
    return file.text(place)
  }

  private func isAbsorbed(_ place: Int) -> Bool {
    Self.absorbing.contains(callee(file.around[place]))
      || file.text(place - 2) == "uniqueKeysWithValues"
  }

  /// How a whole set or dictionary is used, if that shows its order.
  private func use(of chain: Chain, at start: Int) -> String? {
    var place = start - 1
    while ["try", "await"].contains(file.text(place)) { place -= 1 }
    if names.loops[number].contains(place) { return "a loop over" }
    if ["+", "+="].contains(file.text(place)) || file.text(chain.end) == "+" { return "`+` with" }
    let open = file.around[start]
    let callee = callee(open)
    if file.text(place) == ":", file.text(place - 1) == "contentsOf" {
      return callee == "formUnion" ? nil : "`contentsOf:` with"
    }
    let isWhole = open >= 0 && chain.end == file.partner[open]
    if isWhole, place == open, file.interpolations.contains(open) { return "a text of" }
    let isDescribed = file.text(place - 1) == "describing" || file.text(place - 1) == "reflecting"
    let isPart = place == open && [")", ","].contains(file.text(chain.end))
    let isList = Self.listMaking.contains(callee) || file.text(open - 1) == "]"
    return isDescribed || isPart && isList && file.text(open) == "(" ? "a list of" : nil
  }

  private mutating func note(_ place: Int, _ what: String) {
    let line = file.tokens[place].line
    if let reason = reasonLine(for: line) {
      excused.insert(reason)
      return
    }
    findings.append(
      Finding(
        file: file.path, line: line, what: "the order can be seen in \(what)",
        instead: "sort it, or say why order makes no difference: // \(Self.mark) …"))
  }

  /// The line of the comment that says why order makes no difference: this line, or one of the comments
  /// right above.
  private func reasonLine(for line: Int) -> Int? {
    var next = line
    repeat {
      if file.comments[next]?.contains(Self.mark) == true { return next }
      next -= 1
    } while file.comments[next] != nil && !file.codeLines.contains(next)
    return nil
  }

  private mutating func checkReasons() {
    for (line, comment) in file.comments.sorted(by: { $0.key < $1.key }) {
      guard let mark = comment.firstRange(of: Self.mark) else { continue }
      let reason = comment[mark.upperBound...].filter { $0.isLetter }
      if reason.isEmpty {
        findings.append(
          Finding(
            file: file.path, line: line, what: "`\(Self.mark)` without a reason",
            instead: "say why order makes no difference"))
      } else if !excused.contains(line) {
        findings.append(
          Finding(
            file: file.path, line: line, what: "`\(Self.mark)` where no order is seen",
            instead: "remove the comment"))
      }
    }
  }
}
