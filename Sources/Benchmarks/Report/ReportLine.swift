import JSON

extension Finding {
  /// The finding as programs read it. All keys are always there; what is not known is null, and
  /// `skipped` follows where nothing was measured.
  var object: JSONObject {
    let samples = samples
    var object: JSONObject = [
      "measure": .string(measure.name), "value": .rounded(samples?.value),
      "unit": .string(measure.unit), "reference": .rounded(samples?.reference),
      "ratio": .rounded(samples?.ratio), "bound": .rounded(measure.bound),
      "bound_on": .string(measure.basis.rawValue), "better": .string(measure.better.rawValue),
      "ok": .bool(isOK), "runs": .int(samples?.values.count ?? 0),
      "min": .rounded(samples?.values.min()), "max": .rounded(samples?.values.max()),
    ]
    if case .skipped(let reason) = outcome { object.append("skipped", .string(reason)) }
    return object
  }
}

extension JSONValue {
  /// A number as reports show it: at least four digits count, no more than three stand behind the
  /// point. Null for nil and for what is no number.
  static func rounded(_ number: Double?) -> JSONValue {
    guard let number, number.isFinite else { return .null }
    let scale: Double =
      switch abs(number) {
      case 1000...: 1
      case 100...: 10
      case 10...: 100
      default: 1000
      }
    let text = ((number * scale).rounded() / scale).description
    let short = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    return JSONNumber(text: short).map(JSONValue.number) ?? .null
  }
}
