import Causality
import JSON

extension UnitRule {
  /// The visible one of several versions: the same on every replica (DESIGN, rule 5). Nil of none.
  package func shown(of versions: [Version]) -> Version? {
    if versions.count == 1 { return versions[0] }
    return versions.said.max(by: ranksBefore)
  }

  private func ranksBefore(_ a: Version, _ b: Version) -> Bool {
    for preference in policy {
      if let decided = preference.prefersSecond(a, b) { return decided }
    }
    return Write.ranksBefore(a.write, b.write)
  }

  /// Whether the versions say different things, so that there is something to merge.
  package func isConcurrent(_ versions: [Version]) -> Bool {
    if versions.count < 2 { return false }
    let said = versions.said
    return !said.dropFirst().allSatisfy { $0.hasSameValue(as: said[0]) }
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
