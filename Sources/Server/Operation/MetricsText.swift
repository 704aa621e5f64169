/// The text format of Prometheus, version 0.0.4.
struct MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// Begins a metric.
  /// - Parameter kind: counter, gauge or histogram.
  mutating func begin(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  mutating func add(_ name: String, _ labels: Labels = [], _ value: Int) {
    add(name, labels, "\(value)")
  }

  mutating func add(_ name: String, _ labels: Labels, _ histogram: Histogram) {
    var total = 0
    for (bound, count) in zip(Histogram.bounds, histogram.counts) {
      total += count
      add("\(name)_bucket", labels + [("le", "\(bound)")], "\(total)")
    }
    add("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
    add("\(name)_sum", labels, "\(histogram.sum)")
    add("\(name)_count", labels, "\(histogram.count)")
  }

  private mutating func add(_ name: String, _ labels: Labels, _ value: String) {
    text += name
    if !labels.isEmpty {
      let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
      text += "{\(list.joined(separator: ","))}"
    }
    text += " \(value)\n"
  }

  private static func escaped(_ value: String) -> String {
    var escaped = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
