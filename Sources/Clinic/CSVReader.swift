/// One row of a CSV file.
package struct CSVRow: Hashable, Sendable {
  /// The line on which the row begins, counted from 1. Empty lines and line breaks inside quotes
  /// count as lines too, so this is the number that a text editor shows.
  package let lineNumber: Int
  package let fields: [String]

  package init(lineNumber: Int, fields: [String]) {
    self.lineNumber = lineNumber
    self.fields = fields
  }
}

/// What a reader makes of one row.
package enum CSVResult: Hashable, Sendable {
  case row(CSVRow)
  /// A row that could not be read; the rows after it still can.
  /// - Parameters:
  ///   - line: the line on which the row begins, counted from 1.
  ///   - what: the problem in plain words, to be shown to a person.
  case problem(line: Int, what: String)
}

/// Reads the rows of a CSV file (RFC 4180) one after the other.
///
/// A line ends with CR LF, LF or a lone CR; the last one may end with the file. A byte order mark
/// and empty lines are skipped. Quotes count only where a field begins with one: elsewhere they are
/// text. Spaces belong to the fields. The text must be strict UTF-8.
///
/// One bad row never stops the others. After a quoted field that is malformed (never closed,
/// followed by text, too long), reading goes on at the line after the one on which that field
/// begins, because most often its opening quote is the mistake, and the lines that it seems to
/// enclose are rows of their own. After any other problem it goes on after the row.
///
/// - Complexity: O(bytes) for the whole file, also for a hostile one: a quoted field that runs over
///   many lines before it fails holds only pairs of quotes until there, so no field inside it can
///   run on again, and no byte is scanned more than a few times.
package struct CSVReader: Sequence, IteratorProtocol, Sendable {
  /// The longest field, in bytes as they stand in the file, without the enclosing quotes: 16 MiB.
  package static let maximumFieldByteCount = 16 << 20
  /// The largest number of fields in a row.
  package static let maximumFieldCount = 4096

  /// How many fields each row must have; nil if any number will do.
  package var requiredFieldCount: Int?

  private let bytes: [UInt8]
  private var position: Int
  /// The line of `position`, counted from 1.
  private var line = 1

  package init(_ bytes: [UInt8], requiredFieldCount: Int? = nil) {
    self.bytes = bytes
    self.requiredFieldCount = requiredFieldCount
    position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
  }

  /// The next row or problem; nil at the end of the file.
  package mutating func next() -> CSVResult? {
    while takeLineEnd() {}
    guard position < bytes.count else { return nil }
    let firstLine = line
    do {
      return .row(CSVRow(lineNumber: firstLine, fields: try readFields()))
    } catch {
      return .problem(line: firstLine, what: error.what)
    }
  }

  /// Reads a row to its end, or to where reading goes on after a malformed quoted field.
  private mutating func readFields() throws(MalformedRow) -> [String] {
    let firstLine = line
    var fields: [String] = []
    fields.reserveCapacity(requiredFieldCount ?? 8)
    var count = 0
    var problem: MalformedRow?
    repeat {
      count += 1
      let field = try scanField(number: count)
      if problem != nil || count > Self.maximumFieldCount { continue }
      do {
        fields.append(try text(of: field, number: count))
      } catch {
        problem = error
      }
    } while take(.comma)
    let lastLine = line
    _ = takeLineEnd()
    if let problem { throw problem }
    try check(fieldCount: count, lines: firstLine...lastLine)
    return fields
  }

  private func check(fieldCount: Int, lines: ClosedRange<Int>) throws(MalformedRow) {
    guard fieldCount <= Self.maximumFieldCount else {
      throw MalformedRow("more than \(Self.maximumFieldCount) fields")
    }
    guard let requiredFieldCount, fieldCount != requiredFieldCount else { return }
    let extent =
      lines.count > 1 ? " (the row goes from line \(lines.lowerBound) to \(lines.upperBound))" : ""
    let noun = fieldCount == 1 ? "field" : "fields"
    throw MalformedRow("\(fieldCount) \(noun) instead of \(requiredFieldCount)\(extent)")
  }
}

// MARK: - Fields

/// Where a field stands in the file, and what was seen on the way.
private struct FieldExtent {
  /// Without the enclosing quotes.
  var content: Range<Int>
  var hasDoubledQuotes = false
  var hasNUL = false
}

private struct MalformedRow: Error {
  let what: String

  init(_ what: String) { self.what = what }
}

extension CSVReader {
  private mutating func scanField(number: Int) throws(MalformedRow) -> FieldExtent {
    guard peek() == .quote else { return scanPlainField() }
    return try scanQuotedField(number: number)
  }

  private mutating func scanPlainField() -> FieldExtent {
    let start = position
    var end = start
    var hasNUL = false
    while end < bytes.count {
      let byte = bytes[end]
      if byte == .comma || byte == .lineFeed || byte == .carriageReturn { break }
      if byte == 0 { hasNUL = true }
      end += 1
    }
    position = end
    return FieldExtent(content: start..<end, hasNUL: hasNUL)
  }

  private mutating func scanQuotedField(number: Int) throws(MalformedRow) -> FieldExtent {
    let opening = (position: position, line: line)
    position += 1
    var field = FieldExtent(content: position..<position)
    while let byte = peek(), position - field.content.lowerBound <= Self.maximumFieldByteCount {
      switch byte {
      case .quote:
        position += 1
        if take(.quote) {
          field.hasDoubledQuotes = true
          continue
        }
        field.content = field.content.lowerBound..<position - 1
        if isAtFieldEnd { return field }
        let closingLine = line
        resumeAfterLine(of: opening)
        throw MalformedRow(
          "field \(number) has text after its closing quote on line \(closingLine)")
      case .lineFeed, .carriageReturn:
        _ = takeLineEnd()
      default:
        if byte == 0 { field.hasNUL = true }
        position += 1
      }
    }
    let isUnclosed = position == bytes.count
    resumeAfterLine(of: opening)
    throw MalformedRow(
      isUnclosed ? "field \(number) begins with a quote that is never closed" : tooLong(number))
  }

  private func text(of field: FieldExtent, number: Int) throws(MalformedRow) -> String {
    if field.content.count > Self.maximumFieldByteCount { throw MalformedRow(tooLong(number)) }
    if field.hasNUL { throw MalformedRow("field \(number) contains a NUL byte") }
    let content = bytes[field.content]
    let text =
      field.hasDoubledQuotes
      ? String(validating: withSingleQuotes(content), as: UTF8.self)
      : String(validating: content, as: UTF8.self)
    guard let text else { throw MalformedRow("field \(number) is not valid UTF-8") }
    return text
  }

  private func withSingleQuotes(_ content: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var isSecondQuote = false
    for byte in content {
      isSecondQuote = byte == .quote && !isSecondQuote
      if byte != .quote || isSecondQuote { result.append(byte) }
    }
    return result
  }

  private func tooLong(_ number: Int) -> String {
    "field \(number) is longer than \(Self.maximumFieldByteCount) bytes"
  }
}

// MARK: - Bytes

extension CSVReader {
  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private var isAtFieldEnd: Bool {
    guard let byte = peek() else { return true }
    return byte == .comma || byte == .lineFeed || byte == .carriageReturn
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  /// Steps over one line end, if one stands here.
  private mutating func takeLineEnd() -> Bool {
    let hasCarriageReturn = take(.carriageReturn)
    let hasLineFeed = take(.lineFeed)
    guard hasCarriageReturn || hasLineFeed else { return false }
    line += 1
    return true
  }

  /// Goes back to an opening quote, and from there to the beginning of the next line.
  private mutating func resumeAfterLine(of opening: (position: Int, line: Int)) {
    (position, line) = opening
    while let byte = peek(), byte != .lineFeed, byte != .carriageReturn { position += 1 }
    _ = takeLineEnd()
  }
}

extension UInt8 {
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let comma = UInt8(ascii: ",")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
}
