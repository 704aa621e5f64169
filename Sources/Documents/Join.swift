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
    let returned = other.units.map(\.name).filter { name in dropped.contains { utf8Equal($0, name) }
    }
    result.units = joinedUnits(with: other, returned: returned)
    result.clock.formUnion(other.clock)
    result.origin = min(origin, other.origin)
    result.schemaVersion = max(schemaVersion, other.schemaVersion)
    if !dropped.isEmpty || !other.dropped.isEmpty {
      result.dropped = droppedUnits(with: other, result, isServer: isServer)
    }
    return (result, returned)
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

  private func joinedUnits(with other: Document, returned: [String]) -> [Unit] {
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
      let isBack = !returned.isEmpty && returned.contains { utf8Equal($0, theirs.name) }
      let versions = Self.join(
        here, seenBy: isBack ? VersionVector() : clock, with: theirs.versions,
        seenBy: other.clock)
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
