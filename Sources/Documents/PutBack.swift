package import Causality
import JSON
import Planted

/// Undoing what somebody had no right to write (DESIGN, rule 21).
extension Document {
  /// The versions that came from refused transactions, by unit.
  package func versions(from refused: Set<Dot>) -> [Unit] {
    units { refused.contains($0.write.first) }
  }

  /// A document with nothing but the versions that some transactions wrote; nil if there are none.
  package func part(from dots: Set<Dot>) -> Document? {
    part { dots.contains($0.write.first) || dots.contains($0.write.dot) }
  }

  /// A document with nothing but the versions that a replica with some knowledge lacks; nil if there are none.
  /// - Parameter isMeant: which transactions count.
  package func part(
    beyond known: VersionVector, where isMeant: (Dot) -> Bool = { _ in true }
  ) -> Document? {
    part { !known.covers($0.write.dot) && isMeant($0.write.dot) }
  }

  /// This part without what came from refused transactions.
  package func without(_ refused: Set<Dot>) -> Document {
    guard !refused.isEmpty else { return self }
    var part = self
    part.units = units { !refused.contains($0.write.first) && !refused.contains($0.write.dot) }
    return part
  }

  private func part(_ isMeant: (Version) -> Bool) -> Document? {
    var part = self
    part.units = units(isMeant)
    return part.units.isEmpty ? nil : part
  }

  private func units(_ isMeant: (Version) -> Bool) -> [Unit] {
    units.compactMap { unit in
      let versions = unit.versions.filter(isMeant)
      return versions.isEmpty ? nil : Unit(name: unit.name, versions: versions)
    }
  }

  /// Whether a transaction of these erased the document.
  package func isErased(by refused: Set<Dot>) -> Bool {
    versions(of: Unit.life).contains { version in
      version.isErasure
        && (refused.contains(version.write.first) || refused.contains(version.write.dot))
    }
  }

  /// Takes out what a server refused where it has nothing to put in its place: beside dropped versions.
  package mutating func remove(_ refused: Set<Dot>) {
    for unit in dropped {
      let left = versions(of: unit.name).filter { !refused.contains($0.write.first) }
      replaceVersions(of: unit.name, with: left)
      replaceDroppedKeys(of: unit.name, with: unit.keys)
    }
  }

  /// Gives units that a refused transaction wrote what stood before the push, by an ordinary write; what was
  /// refused was not joined. All siblings are written anew, also those that stand still: else the unit would
  /// not travel to the author, who has replaced them. Where nothing had stood an empty version takes the
  /// place of what was refused. A refused creation is deleted.
  ///
  /// - Parameters:
  ///   - refused: names of units.
  ///   - before: the document before the push; nil if there was none.
  ///   - knowledge: of the replica that writes.
  /// - Returns: whether anything was put back.
  package mutating func putBack(
    _ refused: some Sequence<String>, before: Document?, knowledge: VersionVector, by write: Write
  ) -> Bool {
    // Nothing is left of what was erased, and nothing brings it back (rule 12).
    if isErased { return false }
    clock.include(write.dot)
    for unit in refused { putBack(unit, before, by: write) }
    if before == nil, !hasContent, !lacksContent {
      delete(reason: .mistake, cause: nil, knowledge: knowledge, by: write)
    }
    return true
  }

  private mutating func putBack(_ unit: String, _ before: Document?, by write: Write) {
    var again: [Dot: Version] = [:]
    for version in versions(of: unit) + (before?.versions(of: unit) ?? []) where !version.isPutBack
    {
      again[version.write.first] = version.copied(as: write.dot)
    }
    if planted(Fault.refusedSiblingsCollapsed), let first = again.keys.min() {
      again = again.filter { $0.key == first }
    }
    // What was dropped before stays so: of it there is no value to write anew.
    let keys = (droppedKeys(of: unit) + (before?.droppedKeys(of: unit) ?? []))
      .filter { again[$0.first] == nil }
    if again.isEmpty, keys.isEmpty {
      again[write.dot] = Version(
        write: write, value: [:], details: VersionDetails(isPutBack: true).orNone)
    }
    replaceVersions(of: unit, with: again.values.sorted { $0.key < $1.key })
    replaceDroppedKeys(of: unit, with: keys)
  }
}

extension Version {
  /// The same version as a transaction writes it anew (rule 11).
  func copied(as dot: Dot) -> Version {
    Version(
      write: Write(
        dot: dot, first: planted(Fault.firstDotForgotten) ? dot : write.first, stamp: write.stamp,
        author: write.author),
      value: value, details: details)
  }

  func seeing(_ context: VersionVector) -> Version {
    guard let details, let deletion = details.deletion else { return self }
    return Version(
      write: write, value: value,
      details: VersionDetails(
        seen: details.seen, replaced: details.replaced,
        deletion: Deletion(
          context: deletion.context.union(context), knowledge: deletion.knowledge,
          reason: deletion.reason, cause: deletion.cause), knowledge: details.knowledge))
  }
}
