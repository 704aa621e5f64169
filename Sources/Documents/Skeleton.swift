package import Causality
import JSON

extension Document {
  /// Whether content is missing that is not replaced: a skeleton, or an incomplete document.
  package var lacksContent: Bool { !dropped.isEmpty }

  package var hasContent: Bool { units.contains(where: \.isContent) }

  /// Drops units, and remembers that they were there (DESIGN, rule 10).
  package mutating func drop(_ names: [String]) {
    for name in names {
      guard let index = index(of: name), units[index].isContent else { continue }
      units.remove(at: index)
      // A rebuilt server names a unit already that it still holds (see `joined`).
      if !dropped.contains(where: { utf8Equal($0, name) }) { dropped.append(name) }
    }
    dropped.sort(by: utf8Less)
  }

  /// Drops all content. For an erased document: what comes later is dropped as well (rule 12).
  package mutating func dropContent() { drop(units.filter(\.isContent).map(\.name)) }

  /// When the document was deleted, by the latest of its deletes; nil if there is none.
  package var deletedAt: Stamp? {
    versions(of: Unit.life).filter { $0.details?.deletion != nil }.map(\.write.stamp).max()
  }

  /// Writes the versions of a unit anew, each as its own, with its first dot, stamp and author (DESIGN,
  /// rule 11).
  /// - Parameter dot: of the transaction that does it.
  package mutating func rewrite(_ unit: String, as dot: Dot) {
    let copies = versions(of: unit).map { $0.copied(as: dot) }
    guard !copies.isEmpty else { return }
    replaceVersions(of: unit, with: copies)
    clock.include(dot)
  }
}
