import Clinic
package import CommandLineTool
package import JSON
import Replica

/// Prints objects for programs or for people.
package struct Printer: Sendable {
  let isJSON: Bool

  package init(isJSON: Bool) { self.isJSON = isJSON }

  /// One object: a line of JSON, or a line for each field.
  package func object(_ object: JSONObject) -> CommandOutcome {
    guard !isJSON else { return lines([object]) }
    let width = (object.keys.map(\.count).max() ?? 0) + 2
    let text = object.members.map { member in
      member.key.padded(to: width) + plainText(member.value) + "\n"
    }
    return CommandOutcome(printing: text.joined())
  }

  /// Left out of tables: the same on every line, or of no use to a person who looks for something.
  private static let namesNotInTables: Set<String> = [
    "type", "account_id", "created_at", "created_by", "updated_by", "import_runs",
  ]

  /// Objects: a line of JSON each, or a table.
  package func list(_ objects: [JSONObject]) -> CommandOutcome {
    guard !isJSON else { return lines(objects) }
    let rows = objects.map { object in
      JSONObject(members: object.members.filter { !Self.namesNotInTables.contains($0.key) })
    }
    return CommandOutcome(printing: TextTable.text(rows))
  }

  private func lines(_ objects: [JSONObject]) -> CommandOutcome {
    var output: [UInt8] = []
    for object in objects {
      JSONValue.object(object).write(into: &output)
      output.append(UInt8(ascii: "\n"))
    }
    return CommandOutcome(output: output)
  }
}

extension JSONValue {
  /// A number with three digits behind the point.
  static func decimal(_ value: Double) -> JSONValue {
    let thousandths = Int((max(0, value) * 1000).rounded())
    let rest = String(thousandths % 1000)
    let digits = String(repeating: "0", count: 3 - rest.count) + rest
    return JSONNumber(text: "\(thousandths / 1000).\(digits)").map(JSONValue.number) ?? .null
  }
}
