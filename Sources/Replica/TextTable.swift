import Clinic
package import JSON

/// Objects as aligned text for people.
package enum TextTable {
  /// A column is at most so many characters wide.
  package static let usualWidth = 40

  /// A line for each object, under the names of the fields that any of them has; nothing for none.
  package static func text(_ objects: [JSONObject]) -> String {
    var columns: [String] = []
    for object in objects {
      for key in object.keys where !columns.contains(key) { columns.append(key) }
    }
    return text(objects, columns: columns)
  }

  /// - Parameter maximumWidth: of a column in characters.
  package static func text(
    _ objects: [JSONObject], columns: [String], maximumWidth: Int = usualWidth
  ) -> String {
    guard !objects.isEmpty else { return "" }
    let cells = objects.map { object in
      columns.map { object[$0].map { cell($0, maximumWidth) } ?? "" }
    }
    let widths = columns.indices.map { column in
      max(columns[column].count, cells.map { $0[column].count }.max() ?? 0)
    }
    return ([columns] + cells).map { row in
      let padded = row.enumerated().map { index, cell in
        cell + String(repeating: " ", count: widths[index] - cell.count)
      }
      return trimmedEnd(padded.joined(separator: "  ")) + "\n"
    }.joined()
  }

  private static func cell(_ value: JSONValue, _ maximumWidth: Int) -> String {
    let text = plainText(value).unicodeScalars.map { scalar in
      scalar.value < 0x20 || scalar.value == 0x7f ? " " : Character(scalar)
    }
    return text.count <= maximumWidth ? String(text) : String(text.prefix(maximumWidth - 1)) + "…"
  }

  private static func trimmedEnd(_ text: String) -> String {
    var text = text
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
