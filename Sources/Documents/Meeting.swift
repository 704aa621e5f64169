import JSON

/// What it means that two values of a unit were written concurrently: data of the catalogue.
package struct Meeting: Sendable {
  /// One of the two sides.
  package struct Side: Sendable {
    /// The values of the field; nil for any.
    let values: [String]?
    /// The value of the field that the version must have replaced; nil for any.
    let replaced: String?
    /// Whether the field must have a value.
    var isPresent = false
    /// A field and those of its values with which the side is not meant.
    var exception: (field: String, values: [String])?

    package static let any = Side(values: nil, replaced: nil)

    /// Any value, but not none.
    package static let present = Side(values: nil, replaced: nil, isPresent: true)

    package static func value(_ values: String...) -> Side { Side(values: values, replaced: nil) }

    package static func value(_ values: String..., after replaced: String) -> Side {
      Side(values: values, replaced: replaced)
    }

    /// The same, but for versions in which another field has one of these values.
    package func unless(_ field: String, _ values: [String]) -> Side {
      var side = self
      side.exception = (field, values)
      return side
    }

    func matches(_ version: Version, _ field: String) -> Bool {
      if let exception, let text = version.value[exception.field]?.stringValue,
        exception.values.contains(where: { utf8Equal($0, text) })
      {
        return false
      }
      if let values {
        guard let text = version.value[field]?.stringValue,
          values.contains(where: { utf8Equal($0, text) })
        else { return false }
      }
      if isPresent, version.value[field] == nil { return false }
      guard let replaced else { return true }
      return version.details?.replaced?[field]?.stringValue == replaced
    }
  }

  package let field: String
  package let sides: (Side, Side)
  package let outcome: MergeOutcome
  package let severity: ReviewSeverity
  /// In MERGE.md.
  package let rule: String

  package init(
    _ field: String, _ first: Side, _ second: Side, _ outcome: MergeOutcome,
    severity: ReviewSeverity = .normal, rule: String
  ) {
    self.field = field
    sides = (first, second)
    self.outcome = outcome
    self.severity = severity
    self.rule = rule
  }

  func matches(_ a: Version, _ b: Version) -> Bool {
    sides.0.matches(a, field) && sides.1.matches(b, field)
      || sides.0.matches(b, field) && sides.1.matches(a, field)
  }
}

/// What became of versions that met.
package struct MeetingResult: Sendable {
  package let outcome: MergeOutcome
  package let severity: ReviewSeverity
  package let rule: String
}

extension UnitRule {
  /// What it means that these versions stand beside each other; nil if they say the same.
  ///
  /// Each pair of different values is looked up in the table of meetings: the first entry that matches
  /// counts. Of several pairs the one that asks most of people decides. O(versions²).
  package func result(of versions: [Version]) -> MeetingResult? {
    guard isConcurrent(versions) else { return nil }
    let versions = versions.said
    var result: MeetingResult?
    for (place, a) in versions.enumerated() {
      for b in versions[(place + 1)...] where !a.hasSameValue(as: b) {
        let pair = meeting(of: a, b)
        if pair.isGraver(than: result) { result = pair }
      }
    }
    return result
  }

  private func meeting(of a: Version, _ b: Version) -> MeetingResult {
    if let entry = meetings.first(where: { $0.matches(a, b) }) {
      return MeetingResult(outcome: entry.outcome, severity: entry.severity, rule: entry.rule)
    }
    return MeetingResult(outcome: outcome, severity: severity, rule: rule)
  }
}

extension MeetingResult {
  private var weight: Int {
    switch (outcome, severity) {
    case (.auto, _): 0
    case (.note, _): 1
    case (.review, .low): 2
    case (.review, .normal): 3
    case (.review, .urgent): 4
    }
  }

  fileprivate func isGraver(than other: MeetingResult?) -> Bool {
    guard let other else { return true }
    return weight != other.weight ? weight > other.weight : utf8Less(rule, other.rule)
  }
}
