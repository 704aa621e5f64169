import Causality
import JSON

/// The rows of a file that the earlier system wrote: CSV whose first line names the columns in any order, or
/// a JSON object a line.
package struct LegacyTable: Sendable {
  package enum Entry: Sendable {
    case row(LegacyRow)
    case problem(line: Int, what: String)
  }

  /// In the order of the file.
  package let entries: [Entry]

  /// - Throws: if nothing in the file can be used: it is empty, or its header is malformed.
  package init(_ bytes: [UInt8]) throws(CSVHeaderError) {
    if bytes.first(where: { !Self.isSpace($0) }) == UInt8(ascii: "{") {
      entries = Self.objects(bytes)
    } else {
      entries = try Self.records(bytes)
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

  private static func records(_ bytes: [UInt8]) throws(CSVHeaderError) -> [Entry] {
    let table = try CSVTable(bytes)
    for column in table.columns {
      if let what = CSVCell.problem(ofColumn: column) { throw CSVHeaderError(line: 1, what: what) }
    }
    return table.map { result in
      switch result {
      case .problem(let line, let what): return .problem(line: line, what: what)
      case .record(let record):
        let cells = table.columns.map { (name: $0, text: record[$0] ?? "") }
        return .row(LegacyRow(line: record.line, cells: cells))
      }
    }
  }

  private static func objects(_ bytes: [UInt8]) -> [Entry] {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, bytes in
      if bytes.allSatisfy(isSpace) { return nil }
      do throws(JSONError) {
        guard let object = try JSONValue(parsing: bytes).objectValue else {
          return .problem(line: index + 1, what: "is no JSON object")
        }
        return row(object, line: index + 1)
      } catch {
        return .problem(line: index + 1, what: "column \(error.column): \(error.problem)")
      }
    }
  }

  private static func row(_ object: JSONObject, line: Int) -> Entry {
    var cells: [(name: String, text: String)] = []
    for member in object.members {
      let name = trimmed(member.key).lowercased()
      if let what = CSVCell.problem(ofColumn: name) { return .problem(line: line, what: what) }
      cells.append((name, member.value.isNull ? "" : plainText(member.value)))
    }
    return .row(LegacyRow(line: line, cells: cells))
  }
}

/// One row of such a file.
package struct LegacyRow: Sendable {
  /// Counted from 1.
  package let line: Int
  /// With the names of their columns in lower case, in the order of the file.
  package let cells: [(name: String, text: String)]

  /// What stands in the first of these columns that is not blank, without white space at its ends.
  package func text(_ columns: String...) -> String? {
    for column in columns {
      guard let cell = cells.first(where: { utf8Equal($0.name, column) }) else { continue }
      let text = trimmed(cell.text)
      if !text.isEmpty { return text }
    }
    return nil
  }

  /// A time in the form in which it is kept if it can be understood, as it stands else.
  package func instant(_ column: String) -> String? {
    text(column).map { text in
      let plain = LegacyTime.text(text)
      return Timestamp.milliseconds(plain).map { Timestamp.text(milliseconds: $0) } ?? plain
    }
  }
}
