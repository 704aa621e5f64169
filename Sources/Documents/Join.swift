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
    var result = self
    result.units = joinedUnits(with: other)
    result.clock.formUnion(other.clock)
    result.origin = min(origin, other.origin)
    result.schemaVersion = max(schemaVersion, other.schemaVersion)
    return result
  }

  private func joinedUnits(with other: Document) -> [Unit] {
    var result: [Unit] = []
    result.reserveCapacity(max(units.count, other.units.count))
    var mine = units[...]
    for theirs in other.units {
      while let unit = mine.first, utf8Less(unit.name, theirs.name) {
        result.append(unit)
        mine.removeFirst()
      }
      var here: [Version] = []
      if let unit = mine.first, utf8Equal(unit.name, theirs.name) {
        here = unit.versions
        mine.removeFirst()
      }
      let versions = Self.join(
        here, seenBy: clock, with: theirs.versions, seenBy: other.clock)
      if !versions.isEmpty { result.append(Unit(name: theirs.name, versions: versions)) }
    }
    result.append(contentsOf: mine)
    return result
  }

  /// Keeps what both hold, and what one holds unless the other's clock shows that it was replaced.
  private static func join(
    _ mine: [Version], seenBy myClock: VersionVector,
    with theirs: [Version], seenBy theirClock: VersionVector
  ) -> [Version] {
    if mine.count == 1, theirs.count == 1, mine[0].key == theirs[0].key { return mine }
    let kept = mine.filter { version in
      theirs.contains { $0.key == version.key } || !theirClock.covers(version.write.dot)
    }
    let new = theirs.filter { version in
      !mine.contains { $0.key == version.key } && !myClock.covers(version.write.dot)
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
