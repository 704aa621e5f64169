/// Names that count in a body of their own.
extension DeclarationReader {
  mutating func readFunction(_ place: Int) {
    guard let close = readParameters(place) else { return }
    var next = close + 1
    while file.tokens.indices.contains(next),
      !["{", "}", "func", "let", "var"].contains(file.text(next))
    {
      if file.text(next) == "->" {
        let block = file.block(of: place)
        let isLocal = block >= 0 && file.typeBodies[block] == nil
        let scope = isLocal ? block..<file.partner[block] : nil
        return add(place + 1, .type(next + 1), scope, isFunction: true)
      }
      next = file.after(next)
    }
  }

  /// - Returns: the bracket that closes them.
  @discardableResult
  mutating func readParameters(_ place: Int) -> Int? {
    var open = place + 1
    while file.tokens.indices.contains(open), file.text(open) != "(" { open += 1 }
    guard file.tokens.indices.contains(open) else { return nil }
    let close = file.partner[open]
    guard close > open else { return nil }
    if let body = file.nextBody(from: close + 1) {
      for part in parts(open) { addParameter(part, close, open..<file.partner[body]) }
    }
    return close
  }

  private mutating func addParameter(_ part: Int, _ end: Int, _ scope: Range<Int>) {
    var place = part
    while place < end, file.tokens[place].isWord { place += 1 }
    guard place > part else { return }
    add(place - 1, file.text(place) == ":" ? .type(place + 1) : .unknown, scope)
  }

  mutating func readLoop(_ place: Int) {
    var end = place + 1
    while file.tokens.indices.contains(end), file.text(end) != "in" {
      if file.text(end) == "{" { return }
      end += 1
    }
    guard let body = file.nextBody(from: end) else { return }
    loops.insert(end)
    let words = (place + 1..<end).filter { file.tokens[$0].isWord }
    for word in words {
      let isElement = word == words.last && !["enumerated"].contains(file.text(body - 3))
      add(word, isElement ? .element(end + 1) : .unknown, end + 1..<file.partner[body])
    }
  }

  mutating func readClosure(_ open: Int) {
    guard let end = endOfHead(open) else { return }
    var first = open + 1
    if file.text(first) == "[" { first = file.after(first) }
    let isBracketed = file.text(first) == "("
    let names =
      isBracketed
      ? parts(first) : (first..<end).filter { $0 == first || file.text($0 - 1) == "," }
    let isLocked = names.count == 1 && file.text(open - 1) == "withLock"
    for name in names where file.tokens[name].isWord {
      let hasType = file.text(name + 1) == ":"
      let origin: Declaration.Origin =
        isLocked ? .locked(open - 1) : hasType ? .type(name + 2) : .unknown
      add(name, origin, end..<file.partner[open])
    }
  }

  /// The word `in` that ends a closure's parameters.
  private func endOfHead(_ open: Int) -> Int? {
    var place = open + 1
    while place < file.partner[open], place < open + 60 {
      switch file.tokens[place].text {
      case "in": return place
      case "{", "=", "for", "if", "let", "var", "return", "switch", "guard": return nil
      default: place = file.after(place)
      }
    }
    return nil
  }
}
