/// Finds the declarations of a file.
struct DeclarationReader {
  let file: SourceFile
  private(set) var found: [Declaration] = []
  /// The places of the word `in` of loops.
  var loops: Set<Int> = []

  init(_ file: SourceFile) {
    self.file = file
    for place in file.tokens.indices { read(place) }
  }

  private mutating func read(_ place: Int) {
    let next = file.text(place + 1)
    switch file.tokens[place].text {
    case "let", "var": readVariable(place)
    case "func": readFunction(place)
    case "init", "subscript":
      let isCall = [".", "?", "!"].contains(file.text(place - 1))
      if !isCall, next == "(" || next == "<" || next == "?" { readParameters(place) }
    case "for" where next != ":": readLoop(place)
    case "{" where file.typeBodies[place] == nil && !file.statementBodies.contains(place):
      readClosure(place)
    case ":": readLabel(place)
    case "case": readCase(place)
    default: break
    }
  }

  mutating func add(
    _ name: Int, _ origin: Declaration.Origin, _ scope: Range<Int>?, isFunction: Bool = false
  ) {
    found.append(
      Declaration(
        name: file.text(name), origin: origin, owner: scope == nil ? file.owner(of: name) : "",
        scope: scope, isFunction: isFunction))
  }

  /// Where a variable of statements can be used; nil for a member.
  private func scope(ofVariable place: Int) -> Range<Int>? {
    let block = file.block(of: place)
    if block < 0 || file.typeBodies[block] != nil { return nil }
    if isCondition(place), let body = file.nextBody(from: place) {
      return place..<file.partner[body]
    }
    return place..<max(file.partner[block], place)
  }

  /// Whether `let` belongs to an `if` or a `while`.
  private func isCondition(_ place: Int) -> Bool {
    var place = place - 1
    while place >= 0 {
      switch file.tokens[place].text {
      case "if", "while": return true
      case "guard", "{", "}", "(", "[", ";", "return", "func": return false
      case ")", "]": place = file.partner[place] - 1
      case _ where file.tokens[place].beginsLine && ["let", "var"].contains(file.text(place)):
        return false
      default: place -= 1
      }
    }
    return false
  }

  private mutating func readVariable(_ place: Int) {
    let scope = scope(ofVariable: place)
    let name = place + 1
    if file.text(name) == "(" { return readTuple(name, scope) }
    guard file.tokens.indices.contains(name), file.tokens[name].isWord else { return }
    switch file.text(name + 1) {
    case ":": add(name, .type(name + 2), scope)
    case "=": add(name, .value(name + 2), scope.map { max($0.lowerBound, name)..<$0.upperBound })
    case "{", ",": break
    default:
      let isPayload = file.text(place - 1) == "(" && file.text(place - 3) == "."
      add(name, isPayload ? .payload(place - 2) : .unknown, scope)
    }
  }

  /// A case that carries something is like a function that gives it.
  private mutating func readCase(_ place: Int) {
    guard file.typeBodies[file.block(of: place)] != nil, file.text(place + 2) == "(" else { return }
    add(place + 1, .type(place + 3), nil, isFunction: true)
  }

  private mutating func readTuple(_ open: Int, _ scope: Range<Int>?) {
    let names = parts(open)
    let end = file.after(open)
    let isPaired = file.text(end) == "=" && file.text(end + 1) == "("
    let values = isPaired ? parts(end + 1) : []
    for (number, name) in names.enumerated() where file.tokens[name].isWord {
      add(name, values.count == names.count ? .value(values[number]) : .unknown, scope)
    }
  }

  /// Where the parts between commas begin.
  func parts(_ open: Int) -> [Int] {
    guard file.partner[open] > open + 1 else { return [] }
    var parts = [open + 1]
    var place = open + 1
    while place < file.partner[open] {
      if file.tokens[place].text == "," { parts.append(place + 1) }
      place = file.after(place)
    }
    return parts.filter { $0 < file.partner[open] }
  }

  /// A part of a tuple type that is a set or a dictionary can be asked for like a member.
  private mutating func readLabel(_ colon: Int) {
    guard ["(", ","].contains(file.text(colon - 2)), file.text(colon - 1) != "_" else { return }
    let isSet = file.text(colon + 1) == "Set" && file.text(colon + 2) == "<"
    let isMap = file.text(colon + 1) == "[" && file.text(colon + 2).first?.isUppercase == true
    guard isSet || isMap, file.shape(ofTypeAt: colon + 1).isUnordered else { return }
    guard file.text(file.around[colon] - 1) != "func" else { return }
    if isTupleType(file.around[colon]) { add(colon - 1, .type(colon + 1), nil) }
  }

  /// Brackets behind a name are parameters, or arguments.
  private func isTupleType(_ open: Int) -> Bool {
    guard open > 0, file.text(open) == "(" else { return false }
    return !file.tokens[open - 1].isWord || file.tokens[open].isApart
  }
}
