/// Cuts Swift source into tokens. Knows nested comments, and strings in all their forms: the code in
/// an interpolation becomes tokens in round brackets behind the string's own. Regex literals it does not know.
struct Lexer {
  private(set) var tokens: [Token] = []
  /// What the `//` comments say, by line.
  private(set) var comments: [Int: String] = [:]
  /// The places of the brackets that an interpolation opens with.
  private(set) var interpolations: Set<Int> = []

  private let bytes: [UInt8]
  private var place = 0
  private var line = 1
  private var lineOfLastToken = 0
  private var isApart = false

  private static let twoByteSigns: Set<String> = [
    "->", "??", "==", "!=", "<=", "&&", "||", "+=", "-=",
  ]

  init(_ text: String) {
    bytes = Array(text.utf8)
    readCode(isInterpolated: false)
  }

  private func byte(_ ahead: Int = 0) -> UInt8 {
    place + ahead < bytes.count ? bytes[place + ahead] : 0
  }

  private func stands(_ text: StaticString, _ ahead: Int = 0) -> Bool {
    text.withUTF8Buffer { text in
      text.indices.allSatisfy { byte(ahead + $0) == text[$0] }
    }
  }

  private mutating func skip() {
    if byte() == UInt8(ascii: "\n") { line += 1 }
    place += 1
  }

  /// Reads to the end, or to the bracket that ends an interpolation.
  private mutating func readCode(isInterpolated: Bool) {
    var depth = 0
    while place < bytes.count {
      if byte() <= 32 {
        isApart = true
        skip()
      } else if stands("//") {
        readLineComment()
      } else if stands("/*") {
        readBlockComment()
      } else if let hashes = stringBegin() {
        readString(hashes)
      } else if isWordByte(byte()) || byte() == UInt8(ascii: "`") {
        readWord()
      } else {
        if byte() == UInt8(ascii: "(") { depth += 1 }
        if byte() == UInt8(ascii: ")") { depth -= 1 }
        readSign()
        if isInterpolated, depth == 0 { return }
      }
    }
  }

  private mutating func readLineComment() {
    let begin = place
    while place < bytes.count, byte() != UInt8(ascii: "\n") { place += 1 }
    comments[line] = String(decoding: bytes[begin..<place], as: UTF8.self)
    isApart = true
  }

  private mutating func readBlockComment() {
    var depth = 0
    repeat {
      if stands("/*") { depth += 1 }
      if stands("*/") { depth -= 1 }
      let isMark = stands("/*") || stands("*/")
      skip()
      if isMark { skip() }
    } while depth > 0 && place < bytes.count
    isApart = true
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
      UInt8(ascii: "@"), UInt8(ascii: "#"), 0x80...:
      true
    default: false
    }
  }

  private mutating func readWord() {
    let isQuoted = byte() == UInt8(ascii: "`")
    if isQuoted { place += 1 }
    let begin = place
    while isQuoted ? byte() != UInt8(ascii: "`") && place < bytes.count : isWordByte(byte()) {
      place += 1
    }
    let word = String(decoding: bytes[begin..<place], as: UTF8.self)
    if isQuoted { place += 1 }
    let isNumber = !isQuoted && (48...57).contains(bytes[begin])
    add(isNumber ? .number : .word, word)
  }

  private mutating func readSign() {
    let two = String(decoding: [byte(), byte(1)], as: UTF8.self)
    let sign = Self.twoByteSigns.contains(two) ? two : String(UnicodeScalar(byte()))
    place += sign.utf8.count
    add(.sign, sign)
  }

  /// - Returns: how many `#` stand before a string that begins here; nil if none does.
  private func stringBegin() -> Int? {
    var hashes = 0
    while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
    return byte(hashes) == UInt8(ascii: "\"") ? hashes : nil
  }

  private mutating func readString(_ hashes: Int) {
    let quotes = stands("\"\"\"", hashes) ? 3 : 1
    add(.text, "\"")
    place += hashes + quotes
    while place < bytes.count {
      if has(UInt8(ascii: "\""), quotes, thenHashes: hashes) {
        place += quotes + hashes
        return
      }
      guard has(UInt8(ascii: "\\"), 1, thenHashes: hashes) else {
        skip()
        continue
      }
      place += 1 + hashes
      if byte() == UInt8(ascii: "(") {
        interpolations.insert(tokens.count)
        readCode(isInterpolated: true)
      } else {
        skip()
      }
    }
  }

  private func has(_ mark: UInt8, _ count: Int, thenHashes hashes: Int) -> Bool {
    (0..<count).allSatisfy { byte($0) == mark }
      && (0..<hashes).allSatisfy { byte(count + $0) == UInt8(ascii: "#") }
  }

  private mutating func add(_ kind: Token.Kind, _ text: String) {
    tokens.append(
      Token(
        kind: kind, text: text, line: line, isApart: isApart, beginsLine: line != lineOfLastToken))
    (isApart, lineOfLastToken) = (false, line)
  }
}
