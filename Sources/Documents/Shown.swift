import Causality
import JSON

extension UnitRule {
  /// The visible one of several versions: the same on every replica (DESIGN, rule 5). Nil of none.
  package func shown(of versions: [Version]) -> Version? {
    if versions.count == 1 { return versions[0] }
    return versions.max(by: ranksBefore)
  }

  private func ranksBefore(_ a: Version, _ b: Version) -> Bool {
    for preference in policy {
      if let decided = preference.prefersSecond(a.value, b.value) { return decided }
    }
    return Write.ranksBefore(a.write, b.write)
  }

  /// Whether the versions say different things, so that there is something to merge.
  package func isConcurrent(_ versions: [Version]) -> Bool {
    versions.count > 1 && !versions.dropFirst().allSatisfy { $0.hasSameValue(as: versions[0]) }
  }
}

extension TypeRules {
  /// The visible version of a unit. Nil of none.
  package func shown(_ unit: Unit) -> Version? { place(ofShown: unit).map { unit.versions[$0] } }

  /// The place of the visible version among those of a unit. Nil of none.
  func place(ofShown unit: Unit) -> Int? {
    if unit.versions.count == 1 { return 0 }
    guard let shown = self.unit(named: unit.name).shown(of: unit.versions) else { return nil }
    return unit.versions.firstIndex { $0.key == shown.key }
  }
}

extension Preference {
  /// True if the second is preferred, false if the first is, nil if they are alike.
  fileprivate func prefersSecond(_ a: JSONObject, _ b: JSONObject) -> Bool? {
    switch self {
    case .ranked(let field, let order):
      Self.compare(Self.rank(a[field], in: order), Self.rank(b[field], in: order))
    case .truth(let field):
      Self.compare(a[field]?.boolValue == true ? 0 : 1, b[field]?.boolValue == true ? 0 : 1)
    case .smallest(let field):
      Self.compareTexts(a[field]?.stringValue, b[field]?.stringValue)
    }
  }

  private static func rank(_ value: JSONValue?, in order: [String]) -> Int {
    guard let text = value?.stringValue else { return order.count }
    return order.firstIndex { utf8Equal($0, text) } ?? order.count
  }

  private static func compare(_ a: Int, _ b: Int) -> Bool? { a == b ? nil : b < a }

  private static func compareTexts(_ a: String?, _ b: String?) -> Bool? {
    switch (a, b) {
    case (nil, nil): nil
    case (nil, _): true
    case (_, nil): false
    case (let a?, let b?): utf8Equal(a, b) ? nil : utf8Less(b, a)
    }
  }
}
