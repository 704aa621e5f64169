package import Causality
import JSON
import Planted

/// Versions of a unit that were dropped: only their keys are left (DESIGN, rule 10). By them a delete that
/// comes later has seen them or not, and a copy of the unit holds all of them or not.
package struct DroppedUnit: Hashable, Sendable {
  package let name: String
  /// Sorted, none twice, never empty.
  package let keys: [VersionKey]

  package init(name: String, keys: [VersionKey]) {
    self.name = name
    self.keys = keys.count < 2 ? keys : Set(keys).sorted()
  }
}

extension Document {
  /// Whether content is missing that is not replaced: a skeleton, or an incomplete document.
  package var lacksContent: Bool { !dropped.isEmpty }

  /// Whether nothing at all is there of a unit that is not replaced.
  package var lacksUnits: Bool { !blankUnits.isEmpty }

  package var blankUnits: [String] { dropped.map(\.name).filter(isBlank) }

  package func lacksVersions(of unit: String) -> Bool {
    dropped.contains { utf8Equal($0.name, unit) }
  }

  func isBlank(_ unit: String) -> Bool { index(of: unit).map { units[$0].saysNothing } ?? true }

  func droppedKeys(of unit: String) -> [VersionKey] {
    dropped.first { utf8Equal($0.name, unit) }?.keys ?? []
  }

  /// Puts keys in place of all that were left of a unit.
  mutating func replaceDroppedKeys(of unit: String, with keys: [VersionKey]) {
    dropped.removeAll { utf8Equal($0.name, unit) }
    guard !keys.isEmpty else { return }
    dropped.append(DroppedUnit(name: unit, keys: keys))
    dropped.sort { utf8Less($0.name, $1.name) }
  }

  package var hasContent: Bool { units.contains(where: \.holdsContent) }

  /// Drops the values of units; which versions there were stays known (DESIGN, rule 10).
  package mutating func drop(_ names: [String]) {
    for name in names {
      guard let index = index(of: name), units[index].holdsContent else { continue }
      let versions = units[index].versions
      let keys = droppedKeys(of: name) + versions.filter { !$0.isPutBack }.map(\.key)
      replaceVersions(of: name, with: versions.filter(\.isPutBack))
      if planted(Fault.skeletonForgetsVersions) { continue }
      replaceDroppedKeys(of: name, with: keys)
    }
  }

  /// Drops all content. For an erased document: what comes later is dropped as well (rule 12), and what was
  /// only put back, which says nothing, need not reach anybody any more.
  package mutating func dropContent() {
    drop(units.filter(\.holdsContent).map(\.name))
    guard isErased else { return }
    for unit in units.filter(\.saysNothing) { replaceVersions(of: unit.name, with: []) }
  }

  /// When the document was deleted, by the latest of its deletes; nil if there is none.
  package var deletedAt: Stamp? {
    versions(of: Unit.life).filter { $0.details?.deletion != nil }.map(\.write.stamp).max()
  }

  /// Writes the versions of a unit anew, each as its own, with its first dot, stamp and author (DESIGN,
  /// rule 11). Those of which only the key is left are given up; copies of one write become one.
  /// - Parameter dot: of the transaction that does it.
  package mutating func rewrite(_ unit: String, as dot: Dot) {
    var copies: [Version] = []
    for copy in versions(of: unit).map({ $0.copied(as: dot) }) {
      if let place = copies.firstIndex(where: { $0.key == copy.key }) {
        copies[place] = copies[place].seeing(copy.details?.deletion?.context ?? VersionVector())
      } else {
        copies.append(copy)
      }
    }
    if planted(Fault.revivedWithShownOnly) { copies.removeLast(max(0, copies.count - 1)) }
    guard !copies.isEmpty else { return }
    replaceVersions(of: unit, with: copies)
    clock.include(dot)
  }

  /// Gives up versions of which only the key is left, because nobody has more: what stands beside them is written
  /// anew, and a unit of which nothing is left says nothing from now on (DESIGN, rule 11).
  package mutating func giveUpDropped(by write: Write) {
    for unit in dropped.map(\.name) {
      if isBlank(unit) {
        let nothing = Version(write: write, value: [:], details: VersionDetails(isPutBack: true))
        replaceVersions(of: unit, with: [nothing])
        clock.include(write.dot)
      } else {
        rewrite(unit, as: write.dot)
      }
    }
  }

  /// The units of which several versions are copies of one write: a server that went back has forgotten
  /// that it had written it anew, and did so again.
  package func unitsWrittenTwice(among names: [String]) -> [String] {
    names.filter { name in
      let versions = versions(of: name)
      guard versions.count > 1, !utf8Equal(name, Unit.received) else { return false }
      return Set(versions.map(\.write.first)).count < versions.count
    }
  }
}
