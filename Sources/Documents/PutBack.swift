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
    part { dots.contains($0.write.first) }
  }

  /// A document with nothing but the versions that a replica with some knowledge lacks; nil if there are none.
  package func part(beyond known: VersionVector) -> Document? {
    part { !known.covers($0.write.dot) }
  }

  /// This part without what came from refused transactions.
  package func without(_ refused: Set<Dot>) -> Document {
    guard !refused.isEmpty else { return self }
    var part = self
    part.units = units { !refused.contains($0.write.first) }
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
    versions(of: Unit.life).contains { $0.isErasure && refused.contains($0.write.first) }
  }

  /// Takes out what a server refused where it has nothing to put in its place: beside dropped versions.
  package mutating func remove(_ refused: Set<Dot>) {
    for unit in dropped {
      let left = versions(of: unit.name).filter { !refused.contains($0.write.first) }
      replaceVersions(of: unit.name, with: left)
      replaceDroppedKeys(of: unit.name, with: unit.keys)
    }
  }

  /// Gives every unit that a refused transaction wrote what stood before the push, by an ordinary write.
  /// All siblings are written anew, also those that stand still: else the unit would not travel to the
  /// author, who has replaced them. A refused creation is deleted; what was deleted stays deleted if
  /// nothing that is allowed brings it back.
  ///
  /// - Parameters:
  ///   - refused: dots of transactions.
  ///   - before: the document before the push; nil if there was none.
  ///   - wasDeleted: whether it was deleted then.
  ///   - knowledge: of the replica that writes.
  /// - Returns: whether anything was put back.
  package mutating func putBack(
    _ refused: Set<Dot>, before: Document?, wasDeleted: Bool, knowledge: VersionVector,
    by write: Write
  ) -> Bool {
    let undone = versions(from: refused)
    // Nothing is left of what was erased, and nothing brings it back (rule 12).
    if undone.isEmpty || isErased { return false }
    clock.include(write.dot)
    for unit in undone { putBack(unit, before, by: write) }
    if before == nil, refused.contains(origin.dot) {
      delete(reason: .mistake, cause: nil, knowledge: knowledge, by: write)
    } else if let before, wasDeleted {
      deleteAgain(since: before, by: write)
    }
    return true
  }

  private mutating func putBack(_ undone: Unit, _ before: Document?, by write: Write) {
    let refused = Set(undone.versions.map(\.key))
    let left = versions(of: undone.name).filter { !refused.contains($0.key) }
    var again: [Dot: Version] = [:]
    for version in left + (before?.versions(of: undone.name) ?? []) {
      again[version.write.first] = version.copied(as: write.dot)
    }
    if planted(Fault.refusedSiblingsCollapsed), let first = again.keys.min() {
      again = again.filter { $0.key == first }
    }
    // What was dropped before stays so: of it there is no value to write anew.
    let keys = (droppedKeys(of: undone.name) + (before?.droppedKeys(of: undone.name) ?? []))
      .filter { again[$0.first] == nil }
    if again.isEmpty, keys.isEmpty {
      let isLife = utf8Equal(undone.name, Unit.life)
      again[write.dot] = Version(write: write, value: isLife ? ["alive": true] : [:])
    }
    replaceVersions(of: undone.name, with: again.values.sorted { $0.key < $1.key })
    replaceDroppedKeys(of: undone.name, with: keys)
  }

  /// Makes the deletes that stood cover what was refused and put back since.
  private mutating func deleteAgain(since before: Document, by write: Write) {
    let hasNews = contentUnits.contains { unit in
      unit.versions.contains {
        !before.clock.covers($0.write.first) && $0.write.first != write.dot
      }
    }
    let life = versions(of: Unit.life)
    guard !hasNews, !life.isEmpty, life.allSatisfy({ $0.details?.deletion != nil }) else { return }
    let context = clock
    replaceVersions(
      of: Unit.life, with: life.map { $0.copied(as: write.dot).seeing(context) })
    // What came back with the refused write is gone with it.
    drop(before.dropped.map(\.name))
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
