/// Cells that a spreadsheet would take for a formula.
///
/// An export puts an apostrophe before such a cell, and an import takes it away again. A cell that begins
/// with `+` or `-` and holds nothing but a number, such as a phone number, is no danger and stays as it
/// is.
package enum CellGuard {
  private static let mark = UInt8(ascii: "'")

  /// The text as it stands in a file.
  package static func guarded(_ text: String) -> String { isDangerous(text) ? "'" + text : text }

  /// The text of a cell in a file; the inverse of `guarded`.
  package static func plain(_ cell: String) -> String {
    cell.utf8.first == mark && isDangerous(String(cell.dropFirst()))
      ? String(cell.dropFirst()) : cell
  }

  /// Apostrophes at the beginning are passed over: else one that was there already would be lost.
  private static func isDangerous(_ text: String) -> Bool {
    let bytes = text.utf8.drop { $0 == mark }
    switch bytes.first {
    case UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "\t"), UInt8(ascii: "\r"): return true
    case UInt8(ascii: "+"), UInt8(ascii: "-"): return !bytes.dropFirst().allSatisfy(isOfNumber)
    default: return false
    }
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"):
      true
    default: false
    }
  }
}
