import CommandLineTool
import JSON

/// Findings as a table for people.
enum ReportTable {
  static func text(_ findings: [Finding]) -> String {
    let rows =
      [["measure", "value", "unit", "reference", "ratio", "bound", ""]] + findings.map(row)
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0.padded(to: $1) }
      return trimmedEnd(cells.joined(separator: "  ")) + "\n"
    }.joined()
  }

  private static func row(_ finding: Finding) -> [String] {
    let measure = finding.measure
    let sign = measure.better == .lower ? "≤" : "≥"
    let bound = "\(measure.basis.rawValue) \(sign) \(number(measure.bound))"
    let verdict =
      switch finding.outcome {
      case .measured: finding.isOK ? "ok" : "MISSED"
      case .skipped(let reason): "skipped: \(reason)"
      }
    return [
      measure.name, number(finding.samples?.value), measure.unit,
      number(finding.samples?.reference), number(finding.samples?.ratio), bound, verdict,
    ]
  }

  private static func number(_ number: Double?) -> String {
    JSONValue.rounded(number).numberValue?.text ?? ""
  }

  private static func trimmedEnd(_ text: String) -> String {
    var text = text
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
