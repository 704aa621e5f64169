import Causality
import Clinic
import CommandLineTool
import Documents
import JSON
import Replica

/// The sides of a review item next to each other: a column each, a row for each field. What is not the
/// same in all of them is marked.
enum SideTable {
  private static let columnWidth = 34

  static func text(_ item: ReviewItem) -> String {
    guard !item.sides.isEmpty else { return "" }
    var rows: [[String]] = [[""] + item.sides.indices.map { "side \($0 + 1)" }]
    rows.append(["  by"] + item.sides.map { $0.author ?? "device \($0.device)" })
    rows.append(["  at"] + item.sides.map { Timestamp.text(milliseconds: $0.at) })
    for field in fields(item) {
      let cells = item.sides.map { cell($0.value, field) }
      let isSame = Set(cells).count < 2 && item.sides.count > 1
      rows.append([(isSame ? "  " : "* ") + field] + cells)
    }
    let first = (rows.map(\.[0].count).max() ?? 0) + 2
    return rows.map { row in line(row, firstWidth: first) }.joined()
  }

  /// The fields that any side has; the unit's name for values that are no objects.
  private static func fields(_ item: ReviewItem) -> [String] {
    var names: [String] = []
    for side in item.sides {
      for name in side.value.objectValue?.keys ?? [item.unit ?? "value"] where !names.contains(name)
      {
        names.append(name)
      }
    }
    return names
  }

  private static func cell(_ value: JSONValue, _ field: String) -> String {
    guard let object = value.objectValue else { return value.isNull ? "-" : plainText(value) }
    return object[field].map(plainText) ?? "-"
  }

  /// A row on as many lines as its longest cell needs.
  private static func line(_ row: [String], firstWidth: Int) -> String {
    let cells = row.dropFirst().map(wrapped)
    let height = cells.map(\.count).max() ?? 1
    return (0..<max(1, height)).map { place in
      let head = (place == 0 ? row[0] : "").padded(to: firstWidth)
      let rest = cells.map { place < $0.count ? $0[place] : "" }
      let text = rest.map { $0.padded(to: columnWidth + 2) }.joined()
      return head + text.trimmedEnd + "\n"
    }.joined()
  }

  private static func wrapped(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      var rest = line[...]
      var lines: [String] = []
      repeat {
        lines.append(String(rest.prefix(columnWidth)))
        rest = rest.dropFirst(columnWidth)
      } while !rest.isEmpty
      return lines
    }
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
