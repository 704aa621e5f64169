/// A value with what is asked of it: `recent[type].keys.sorted()`.
struct Chain {
  /// Something that shows the order in which a set or dictionary has its elements.
  struct Sight {
    let place: Int
    let word: String
    /// A list in that order, which may yet be sorted.
    var isList: Bool
    let subject: Shape
  }

  var shape: Shape
  /// The place behind it.
  var end: Int
  var sight: Sight?
}

/// Reads chains, and what is a set or a dictionary in them.
struct ChainReader {
  private let names: Names
  private let number: Int
  private let file: SourceFile

  init(_ names: Names, _ number: Int) {
    (self.names, self.number, file) = (names, number, names.files[number])
  }

  /// The shape of an expression that may have a default behind `??`.
  func expression(at place: Int) -> Shape {
    var chain = chain(at: place)
    while chain.shape == .other, file.text(chain.end) == "??" {
      chain = self.chain(at: chain.end + 1)
    }
    return chain.shape
  }

  func chain(at start: Int) -> Chain {
    var place = start
    while ["try", "await", "!", "?", "-", "&"].contains(file.text(place)) { place += 1 }
    var chain = first(at: place)
    while goOn(&chain) {}
    return chain
  }

  private func isCall(_ place: Int) -> Bool {
    file.text(place) == "(" && !file.tokens[place].isApart
  }

  private func first(at place: Int) -> Chain {
    guard file.tokens.indices.contains(place) else { return Chain(shape: .other, end: place) }
    let word = file.tokens[place].text
    switch word {
    case "[":
      let end = file.after(place)
      if isCall(end) { return Chain(shape: file.shape(ofTypeAt: place), end: file.after(end)) }
      let isMap = file.colon(in: place) != nil
      return Chain(shape: isMap ? .dictionary(.other) : .list(.other), end: end)
    case "(":
      let isTuple = file.separator(",", in: place) != nil
      return Chain(
        shape: isTuple ? .other : expression(at: place + 1), end: file.after(place))
    case "Set", "Dictionary", "Array", "Mutex": return conversion(at: place)
    case _ where file.tokens[place].isWord:
      let isFunction = isCall(place + 1)
      let shape = names.shape(of: word, at: place, in: number, isFunction: isFunction)
      return Chain(shape: shape, end: endOfCall(place + 1))
    default: return Chain(shape: .other, end: place + 1)
    }
  }

  private func conversion(at place: Int) -> Chain {
    var open = place + 1
    if file.text(open) == "<" {
      while file.tokens.indices.contains(open), !["(", "{", "}"].contains(file.text(open)) {
        open = file.after(open)
      }
    }
    guard isCall(open) else { return Chain(shape: .other, end: place + 1) }
    let shape: Shape =
      switch file.text(place) {
      case "Set": .set
      case "Mutex": expression(at: open + 1)
      case "Array": .list(.other)
      default: .dictionary(file.text(open + 1) == "grouping" ? .list(.other) : .other)
      }
    return Chain(shape: shape, end: endOfCall(open))
  }

  /// The place behind arguments and closures, if they begin at `place`.
  private func endOfCall(_ place: Int) -> Int {
    var end = isCall(place) ? file.after(place) : place
    while isClosure(end) {
      end = file.after(end)
      if file.text(end + 1) == ":", isClosure(end + 2) { end += 2 }
    }
    return end
  }

  private func isClosure(_ place: Int) -> Bool {
    file.text(place) == "{" && !file.tokens[place].beginsLine
      && !file.statementBodies.contains(place)
  }

  /// Takes the next `.name`, `[…]`, `?` or `!`.
  private func goOn(_ chain: inout Chain) -> Bool {
    let place = chain.end
    guard file.tokens.indices.contains(place) else { return false }
    switch file.tokens[place].text {
    case "?", "!":
      guard !file.tokens[place].isApart else { return false }
      chain.end += 1
    case "[":
      guard !file.tokens[place].isApart else { return false }
      (chain.shape, chain.end) = (chain.shape.element, file.after(place))
    case ".":
      guard file.tokens.indices.contains(place + 1), file.tokens[place + 1].isWord else {
        return false
      }
      step(place + 1, &chain)
      chain.end = endOfCall(place + 2)
    default: return false
    }
    return true
  }

  private func step(_ place: Int, _ chain: inout Chain) {
    let step = Step(place, in: file, hasArguments: endOfCall(place + 1) > place + 1)
    if file.text(place) == "withLock" {
      chain.shape = result(ofClosureAt: closure(behind: place))
    } else if chain.sight != nil {
      pass(step, &chain)
    } else if chain.shape.isUnordered {
      take(step, &chain)
    } else if case .list = chain.shape, let shape = step.shape(ofList: chain.shape) {
      chain.shape = shape
    } else {
      chain.shape = names.shape(
        ofMember: file.text(place), of: owner(of: chain.shape), isFunction: isCall(place + 1))
    }
  }

  private func owner(of shape: Shape) -> String? {
    if case .named(let name) = shape, !name.isEmpty { return name }
    return nil
  }

  /// Of a closure that is one expression: `{ $0.names }`, `{ state in state.names }`.
  private func result(ofClosureAt open: Int) -> Shape {
    guard file.text(open) == "{" else { return .other }
    let value = chain(at: file.text(open + 2) == "in" ? open + 3 : open + 1)
    return value.end == file.partner[open] ? value.shape : .other
  }

  /// The closure behind a word, in brackets or not.
  private func closure(behind place: Int) -> Int {
    file.text(place + 1) == "(" ? place + 2 : place + 1
  }

  private func take(_ step: Step, _ chain: inout Chain) {
    let subject = chain.shape
    chain.shape = step.shape(of: subject)
    guard step.effect == .list || step.effect == .shows else { return }
    chain.sight = Chain.Sight(
      place: step.place, word: step.word, isList: step.effect == .list, subject: subject)
  }

  /// A step on a list in any order.
  private func pass(_ step: Step, _ chain: inout Chain) {
    guard let sight = chain.sight, sight.isList else { return }
    switch step.effect {
    case .hides:
      chain.sight = nil
      chain.shape = step.shape(of: sight.subject)
    case .keeps, .list: break
    case .shows, .unknown:
      chain.sight = Chain.Sight(
        place: step.place, word: step.word, isList: false, subject: sight.subject)
    }
  }
}
