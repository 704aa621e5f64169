/// What is wrong with a JSON text, and where. The text is unusable; nothing of it was kept.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Bytes from the start of the text.
  package let offset: Int
  /// From 1; 0 if the problem is in a value that was not read from a text.
  package let line: Int
  /// In characters (code points), from 1; 0 if there is no line.
  package let column: Int
  package let problem: String
  /// Whether the text is more than the limits allow, and may else be right.
  package var isBeyondLimits = false

  package init(offset: Int, line: Int, column: Int, problem: String) {
    self.offset = offset
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// A problem of a value, not of a text.
  init(problem: String) {
    self.init(offset: 0, line: 0, column: 0, problem: problem)
  }

  /// A problem at a place of a text. O(offset).
  init(in text: UnsafeBufferPointer<UInt8>, offset: Int, problem: String) {
    var line = 1
    var column = 1
    for byte in text[..<offset] {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    self.init(offset: offset, line: line, column: column, problem: problem)
  }

  package var description: String {
    line == 0 ? problem : "line \(line), column \(column): \(problem)"
  }

  /// A key or text in quotation marks, on one line and not longer than `maximumQuotedCharacterCount`.
  static func quoted(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(maximumQuotedCharacterCount) { shown.append(scalar) }
    var bytes: [UInt8] = []
    JSONWriter.writeString(String(shown), into: &bytes)
    let quoted = String(decoding: bytes, as: UTF8.self)
    return text.unicodeScalars.count > maximumQuotedCharacterCount
      ? quoted.dropLast() + "…\"" : quoted
  }

  private static let maximumQuotedCharacterCount = 40
}

/// What a JSON text may be at most.
package struct JSONLimits: Sendable {
  /// Bytes of the whole text.
  package var maximumByteCount: Int
  /// Arrays and objects inside one another. The parser calls itself once a level.
  package var maximumDepth: Int
  /// Values in all: two bytes of text may take hundreds in memory.
  package var maximumValueCount: Int

  package init(
    maximumByteCount: Int = 64 << 20, maximumDepth: Int = 64, maximumValueCount: Int = .max
  ) {
    self.maximumByteCount = maximumByteCount
    self.maximumDepth = maximumDepth
    self.maximumValueCount = maximumValueCount
  }

  /// 64 MiB, 64 levels, any number of values.
  package static let standard = JSONLimits()
}
