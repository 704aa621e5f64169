package import Causality
import JSON

extension Document {
  /// This document joined with another copy or a part of it (DESIGN, rule 4).
  ///
  /// Commutative, associative and idempotent over whole documents. Only units that travelled are
  /// joined: absence from a part says nothing. O(versions).
  ///
  /// Source: the join of dotted causal stores, Almeida, Shoker and Baquero, "Delta State Replicated
  /// Data Types" (2016), applied per unit with one clock for the document.
  package func joined(with other: Document) -> Document {
    joined(with: other, isServer: false).document
  }

  /// The join of copies of which one may be a skeleton (DESIGN, rules 10, 11 and 18): a unit that I
  /// dropped is taken as it comes, since my clock covers it although nothing replaced it.
  ///
  /// - Parameter isServer: a server's copy lacks a unit also if a newer skeleton dropped it that had seen
  ///   more than the server has (it was rebuilt).
  /// - Returns: also the units that came back. If the document is deleted still, the caller drops them
  ///   again; else a server writes them anew.
  package func joined(
    with other: Document, isServer: Bool
  ) -> (document: Document, returned: [String]) {
    var result = self
    let returned = result.join(other, isServer: isServer)
    return (result, returned)
  }

  /// The same in place. O(versions that came).
  /// - Returns: the units that came back.
  package mutating func join(_ other: Document, isServer: Bool = false) -> [String] {
    let before = dropped.isEmpty && other.dropped.isEmpty ? nil : self
    let returned =
      dropped.isEmpty
      ? []
      : other.units.map(\.name).filter { name in dropped.contains { utf8Equal($0, name) } }
    for theirs in other.units {
      let isBack = !returned.isEmpty && returned.contains { utf8Equal($0, theirs.name) }
      joinUnit(theirs, seenBy: isBack ? VersionVector() : clock, other.clock)
    }
    clock.formUnion(other.clock)
    origin = min(origin, other.origin)
    schemaVersion = max(schemaVersion, other.schemaVersion)
    if let before { dropped = before.droppedUnits(with: other, self, isServer: isServer) }
    return returned
  }

  private mutating func joinUnit(
    _ theirs: Unit, seenBy clock: VersionVector, _ theirClock: VersionVector
  ) {
    let mine = index(of: theirs.name).map { units[$0].versions } ?? []
    if mine.count == 1, theirs.versions.count == 1, mine[0].key == theirs.versions[0].key { return }
    let versions = Self.join(mine, seenBy: clock, with: theirs.versions, seenBy: theirClock)
    replaceVersions(of: theirs.name, with: versions)
  }

  private func droppedUnits(
    with other: Document, _ result: Document, isServer: Bool
  ) -> [String] {
    var names = Set((dropped + other.dropped).map(ExactString.init))
    for unit in result.units { names.remove(ExactString(unit.name)) }
    guard isServer else { return names.map(\.text).sorted(by: utf8Less) }
    let came = Set(other.units.map { ExactString($0.name) })
    names.formUnion(dropped.map(ExactString.init).filter { !came.contains($0) })
    if !other.clock.isCovered(by: clock) {
      let mine = Set(units.map { ExactString($0.name) })
      names.formUnion(other.dropped.map(ExactString.init).filter(mine.contains))
    }
    return names.map(\.text).sorted(by: utf8Less)
  }

  /// Keeps what both hold, and what one holds unless the other's clock shows that it was replaced.
  /// Nothing replaces an erasure (DESIGN, rule 12).
  private static func join(
    _ mine: [Version], seenBy myClock: VersionVector,
    with theirs: [Version], seenBy theirClock: VersionVector
  ) -> [Version] {
    let kept = mine.filter { version in
      theirs.contains { $0.key == version.key } || !theirClock.covers(version.write.dot)
        || version.isErasure
    }
    let new = theirs.filter { version in
      !mine.contains { $0.key == version.key }
        && (!myClock.covers(version.write.dot) || version.isErasure)
    }
    return kept + new
  }
}

/// Which copies of a document travel whole.
package enum PartScope: Sendable {
  /// Only units with a version that the receiver lacks.
  case lacking
  /// All units, if the receiver lacks anything.
  case whole
  /// All units.
  case always
}

extension Document {
  /// What a receiver with this knowledge may lack of the document; nil if nothing (DESIGN, rule 13).
  ///
  /// A document that was brought back travels whole (rule 11).
  package func part(since knowledge: VersionVector, _ scope: PartScope = .lacking) -> Document? {
    if scope != .always, clock.isCovered(by: knowledge) { return nil }
    if scope != .lacking || isBroughtBack(since: knowledge) { return self }
    var part = self
    part.units = units.filter { unit in
      unit.versions.contains { !knowledge.covers($0.write.dot) }
    }
    return part
  }

  private func isBroughtBack(since knowledge: VersionVector) -> Bool {
    versions(of: Unit.life).contains {
      $0.details?.deletion == nil && !knowledge.covers($0.write.dot)
    }
  }
}
