/// A file of Swift source as tokens, with what belongs together.
struct SourceFile {
  /// From the package's directory on: `Sources/JSON/JSONValue.swift`.
  let path: String
  let tokens: [Token]
  /// What the `//` comments say, by line.
  let comments: [Int: String]
  let interpolations: Set<Int>
  /// The lines on which more than a comment stands.
  let codeLines: Set<Int>
  /// Of each bracket its counterpart; of other tokens -1.
  private(set) var partner: [Int]
  /// Of each token the innermost bracket around it; -1 if there is none.
  private(set) var around: [Int]
  /// The curly brackets that hold members, with the name of the type: of `A.B` the last.
  private(set) var typeBodies: [Int: String] = [:]
  /// The curly brackets that hold statements and are no closure.
  private(set) var statementBodies: Set<Int> = []

  private static let typeWords: Set<String> = [
    "struct", "class", "enum", "extension", "protocol", "actor",
  ]
  private static let statementWords: Set<String> = [
    "if", "while", "for", "switch", "guard", "func", "init", "subscript", "do", "else", "catch",
    "repeat", "defer", "get", "set", "willSet", "didSet", "deinit",
  ]

  init(path: String, _ text: String) {
    let lexer = Lexer(text)
    self.path = path
    (tokens, comments) = (lexer.tokens, lexer.comments)
    interpolations = lexer.interpolations
    codeLines = Set(lexer.tokens.map(\.line))
    partner = Array(repeating: -1, count: tokens.count)
    around = partner
    pairBrackets()
  }

  /// The room's name: the folder in `Sources`.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : ""
  }

  func text(_ place: Int) -> String {
    tokens.indices.contains(place) ? tokens[place].text : ""
  }

  /// The innermost curly brackets around a token; -1 if there are none.
  func block(of place: Int) -> Int {
    var open = around[place]
    while open >= 0, tokens[open].text != "{" { open = around[open] }
    return open
  }

  /// The place behind a token, or behind the bracket that it opens.
  func after(_ place: Int) -> Int { max(partner[place], place) + 1 }

  /// The name of the type whose body is the innermost around a token.
  func owner(of place: Int) -> String {
    var open = around[place]
    while open >= 0 {
      if let name = typeBodies[open] { return name }
      open = around[open]
    }
    return ""
  }

  /// The last name of `A.B.C`, which begins at `place`.
  func lastName(at place: Int) -> String {
    var place = place
    while text(place + 1) == ".", text(place + 2).first?.isUppercase == true { place += 2 }
    return text(place)
  }

  /// The next `{` of statements that is not in deeper brackets.
  func nextBody(from place: Int) -> Int? {
    var place = place
    while place < tokens.count {
      if tokens[place].text == "{" { return place }
      if [")", "]", "}"].contains(tokens[place].text) { return nil }
      place = after(place)
    }
    return nil
  }

  private mutating func pairBrackets() {
    var open: [Int] = []
    // Of each bracket that is open, the place of the word that waits for its curly bracket.
    var waiting: [Int?] = [nil]
    for (place, token) in tokens.enumerated() {
      around[place] = open.last ?? -1
      switch token.text {
      case "(", "[", "{":
        if token.text == "{" { noteBody(place, &waiting[waiting.count - 1]) }
        open.append(place)
        waiting.append(nil)
      case ")", "]", "}":
        guard let begin = open.popLast() else { continue }
        waiting.removeLast()
        (partner[begin], partner[place]) = (place, begin)
        around[place] = open.last ?? -1
      default:
        if isHeadWord(place) { waiting[waiting.count - 1] = place }
      }
    }
  }

  private func isHeadWord(_ place: Int) -> Bool {
    let word = tokens[place].text
    guard Self.typeWords.contains(word) || Self.statementWords.contains(word) else { return false }
    return text(place - 1) != "." && text(place + 1) != ":"
  }

  private mutating func noteBody(_ place: Int, _ head: inout Int?) {
    guard let word = head else { return }
    if Self.typeWords.contains(text(word)) { typeBodies[place] = lastName(at: word + 1) }
    statementBodies.insert(place)
    head = nil
  }
}
