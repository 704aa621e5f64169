package import Clinic
import Documents
import JSON

/// A CSV file (RFC 4180) of one type: the id, a column for each field of the catalogue, and when the
/// document was made and changed. Lists and objects are JSON. A file of patients can be imported again and
/// changes nothing.
package struct TableExport: DocumentExport {
  package let types: [String]
  private let columns: [String]

  package init(_ type: TypeDefinition, _ catalogue: Catalogue) {
    types = [type.name]
    let secrets = SecretFields(catalogue)
    let fields = type.fields.filter {
      $0.isStored && !secrets.contains($0.name) && $0.name != ImportRun.field
    }.map(\.name)
    columns = ["id"] + fields + ["created_at", "updated_at"]
  }

  package func begin(_ bytes: inout [UInt8]) { CSVRowWriter.write(columns, into: &bytes) }

  package func add(_ document: ExportedDocument, _ bytes: inout [UInt8]) {
    guard document.isShown else { return }
    let cells = columns.map { name in
      document.view[name].map { CellGuard.guarded(Self.cell($0)) } ?? ""
    }
    CSVRowWriter.write(cells, into: &bytes)
  }

  private static func cell(_ value: JSONValue) -> String { value.isNull ? "" : plainText(value) }
}

/// Writes the rows of a CSV file (RFC 4180).
enum CSVRowWriter {
  static func write(_ cells: [String], into bytes: inout [UInt8]) {
    for (number, cell) in cells.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      write(cell, into: &bytes)
    }
    bytes += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
  }

  private static let quote = UInt8(ascii: "\"")

  private static func write(_ cell: String, into bytes: inout [UInt8]) {
    guard needsQuotes(cell) else { return bytes.append(contentsOf: cell.utf8) }
    bytes.append(quote)
    for byte in cell.utf8 {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }

  /// Spaces at the ends are quoted too: some readers drop them otherwise.
  private static func needsQuotes(_ cell: String) -> Bool {
    cell.utf8.first == UInt8(ascii: " ") || cell.utf8.last == UInt8(ascii: " ")
      || cell.utf8.contains { byte in
        byte == UInt8(ascii: ",") || byte == quote || byte == UInt8(ascii: "\r")
          || byte == UInt8(ascii: "\n")
      }
  }
}
