/// A header that makes the whole file unusable: without it no value has a meaning.
package struct CSVHeaderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line of the header, counted from 1; 1 also for an empty file.
  package let line: Int
  /// What is wrong and in which column, in plain words.
  package let what: String

  package init(line: Int, what: String) {
    self.line = line
    self.what = what
  }

  package var description: String { "line \(line): \(what)" }
}

/// A CSV file whose first row names its columns, in any order.
///
/// The names are trimmed and lower-cased; the values are left as they are. Iterating gives the rows
/// after the header, each with as many fields as the header has. A table can be iterated many times
/// and holds the bytes once.
package struct CSVTable: Sequence, Sendable {
  /// The names of the columns in the order of the file. Invariant: none is empty or there twice.
  package let columns: [String]
  private let positions: [String: Int]
  private let body: CSVReader

  /// Reads the header only. The other rows are read while iterating.
  /// - Throws: if the file is empty, the header cannot be read, or a column has no name or that of
  ///   another. The caller shows the error; nothing in the file can be used.
  package init(_ bytes: [UInt8]) throws(CSVHeaderError) {
    var reader = CSVReader(bytes)
    let header = try Self.header(from: &reader)
    columns = header.fields.map(Self.name)
    positions = try Self.positions(of: columns, line: header.lineNumber)
    reader.requiredFieldCount = columns.count
    body = reader
  }

  package func has(column: String) -> Bool { positions[column] != nil }

  package func makeIterator() -> Iterator { Iterator(body: body, positions: positions) }

  package struct Iterator: IteratorProtocol {
    fileprivate var body: CSVReader
    fileprivate let positions: [String: Int]

    package mutating func next() -> CSVTableResult? {
      switch body.next() {
      case .row(let row): .record(CSVRecord(row: row, positions: positions))
      case .problem(let line, let what): .problem(line: line, what: what)
      case nil: nil
      }
    }
  }

  private static func header(from reader: inout CSVReader) throws(CSVHeaderError) -> CSVRow {
    switch reader.next() {
    case .row(let row): return row
    case .problem(let line, let what): throw CSVHeaderError(line: line, what: "header: \(what)")
    case nil:
      throw CSVHeaderError(line: 1, what: "the file is empty: its first line must name the columns")
    }
  }

  private static func name(_ field: String) -> String {
    let start = field.drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return start[...last].lowercased()
  }

  private static func positions(
    of columns: [String], line: Int
  ) throws(CSVHeaderError) -> [String: Int] {
    var positions: [String: Int] = [:]
    for (index, name) in columns.enumerated() {
      if name.isEmpty {
        throw CSVHeaderError(line: line, what: "header: column \(index + 1) has no name")
      }
      if let first = positions[name] {
        let both = "columns \(first + 1) and \(index + 1)"
        throw CSVHeaderError(line: line, what: "header: \(both) are both called \"\(name)\"")
      }
      positions[name] = index
    }
    return positions
  }
}

/// What a table makes of one row after the header; see `CSVResult`.
package enum CSVTableResult: Hashable, Sendable {
  case record(CSVRecord)
  case problem(line: Int, what: String)
}

/// A row whose values are found by the names of their columns.
package struct CSVRecord: Hashable, Sendable {
  /// The line on which the row begins, counted from 1.
  package let line: Int
  private let fields: [String]
  private let positions: [String: Int]

  fileprivate init(row: CSVRow, positions: [String: Int]) {
    line = row.lineNumber
    fields = row.fields
    self.positions = positions
  }

  /// The value in a column, named in lower case; nil if the file has no such column.
  package subscript(column: String) -> String? { positions[column].map { fields[$0] } }

  /// All values by column. O(columns); prefer the subscript.
  package var values: [String: String] { positions.mapValues { fields[$0] } }
}
