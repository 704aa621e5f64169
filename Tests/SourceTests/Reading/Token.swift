/// A word, number, sign or string of Swift source; comments are left out.
struct Token {
  enum Kind { case word, number, sign, text }

  let kind: Kind
  /// Of a string literal only `"`: what it says is no code.
  let text: String
  /// Counted from 1.
  let line: Int
  /// Whether white space or a comment stands before it.
  let isApart: Bool
  let beginsLine: Bool

  var isWord: Bool { kind == .word }
}

/// What a scan found.
struct Finding: CustomStringConvertible {
  let file: String
  let line: Int
  /// What stands there.
  let what: String
  /// What to write instead.
  let instead: String

  var description: String { "\(file):\(line): \(what). Instead: \(instead)" }
}
