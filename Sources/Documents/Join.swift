package import Causality
import JSON
import Planted

extension Document {
  /// This document joined with another copy or a part of it (DESIGN, rule 4).
  ///
  /// Commutative, associative and idempotent over whole documents. Only units that travelled are
  /// joined: absence from a part says nothing. O(versions).
  ///
  /// - Parameter nonce: of a transaction, to tell two creations apart; nil if it is not known.
  ///
  /// Source: the join of dotted causal stores, Almeida, Shoker and Baquero, "Delta State Replicated
  /// Data Types" (2016), applied per unit with one clock for the document.
  package func joined(with other: Document, nonce: (Dot) -> UInt64?) -> Document {
    var result = self
    _ = result.join(other, nonce: nonce)
    return result
  }

  /// The same in place. O(versions that came).
  /// - Returns: the units of which something came where versions were dropped here. If the document is
  ///   deleted still, the caller drops them again; else a server writes them anew (rule 11).
  package mutating func join(_ other: Document, nonce: (Dot) -> UInt64?) -> [String] {
    let returned = dropped.map(\.name).filter { other.index(of: $0) != nil }
    for theirs in other.units {
      if lacksVersions(of: theirs.name) || other.lacksVersions(of: theirs.name) {
        joinDropped(theirs.name, with: other)
      } else {
        joinUnit(theirs, other.clock)
      }
    }
    for unit in other.dropped where other.index(of: unit.name) == nil {
      joinDropped(unit.name, with: other)
    }
    if !planted(Fault.clockNotJoined) { clock.formUnion(other.clock) }
    if origin.dot != other.origin.dot { origin = origin.first(of: other.origin, nonce: nonce) }
    schemaVersion = max(schemaVersion, other.schemaVersion)
    return returned
  }

  private mutating func joinUnit(_ theirs: Unit, _ theirClock: VersionVector) {
    let mine = index(of: theirs.name).map { units[$0].versions } ?? []
    if mine.count == 1, theirs.versions.count == 1, mine[0].key == theirs.versions[0].key { return }
    let versions = Self.join(mine, seenBy: clock, with: theirs.versions, seenBy: theirClock)
    replaceVersions(of: theirs.name, with: versions)
  }

  /// Joins a unit of which one side has dropped versions: their keys are joined like versions, and the
  /// value that one side has fills the key (DESIGN, rule 10).
  private mutating func joinDropped(_ name: String, with other: Document) {
    let mine = versions(of: name)
    let theirs = other.versions(of: name)
    let myKeys = Set(droppedKeys(of: name))
    let theirKeys = Set(other.droppedKeys(of: name))
    let named = theirKeys.union(theirs.map(\.key))
    let known = myKeys.union(mine.map(\.key))
    let kept = mine.filter { named.contains($0.key) || !other.clock.covers($0.write.dot) }
    let new = theirs.filter {
      myKeys.contains($0.key) || !known.contains($0.key) && !clock.covers($0.write.dot)
    }
    let keptKeys = myKeys.filter { named.contains($0) || !other.clock.covers($0.dot) }
    let newKeys = theirKeys.filter { known.contains($0) || !clock.covers($0.dot) }
    let versions = kept + new
    let keys = keptKeys.union(newKeys).subtracting(versions.map(\.key))
    // Nothing is left where a refused write is put back to what was dropped (rule 21).
    let isGone = versions.isEmpty && keys.isEmpty
    replaceVersions(of: name, with: isGone ? theirs : versions)
    replaceDroppedKeys(of: name, with: Array(isGone ? theirKeys : keys))
  }

  /// Takes a unit of which nothing is left here as it came, although the clock covers it: better old
  /// content than none (DESIGN, rule 11). A version that the sender has not seen stays missing.
  package mutating func takeBlank(_ unit: String, from part: Document) {
    guard isBlank(unit) else { return }
    let keys = droppedKeys(of: unit).filter { !part.clock.covers($0.dot) }
    addVersions(to: unit, from: part)
    replaceDroppedKeys(of: unit, with: keys + part.droppedKeys(of: unit))
  }

  /// Keeps a unit of which nothing but keys is left as it was before a join, beside them: a value goes for
  /// a value only (DESIGN, rule 11).
  package mutating func keepBlank(_ unit: String, from before: Document) {
    guard isBlank(unit) else { return }
    let keys = droppedKeys(of: unit)
    addVersions(to: unit, from: before)
    replaceDroppedKeys(of: unit, with: keys)
  }

  private mutating func addVersions(to unit: String, from other: Document) {
    let mine = versions(of: unit)
    let more = other.versions(of: unit).filter { version in
      !mine.contains { $0.key == version.key }
    }
    replaceVersions(of: unit, with: mine + more)
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
    if planted(Fault.siblingLost), !kept.isEmpty { return kept }
    return kept + new
  }
}

extension Origin {
  /// Which of two creations of one document counts: that of the smaller nonce. Names and stamps can
  /// change later (DESIGN, rules 16 and 19), on each replica in its own time; a nonce never does.
  fileprivate func first(of other: Origin, nonce: (Dot) -> UInt64?) -> Origin {
    let (mine, theirs) = (nonce(dot) ?? .max, nonce(other.dot) ?? .max)
    if mine == theirs { return min(self, other) }
    return mine < theirs ? self : other
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
  /// A document that was brought back travels whole (rule 11); so does a unit that lacks versions (rule 10).
  package func part(since knowledge: VersionVector, _ scope: PartScope = .lacking) -> Document? {
    if scope != .always, clock.isCovered(by: knowledge) { return nil }
    if scope != .lacking || isBroughtBack(since: knowledge) { return self }
    var part = self
    part.units = units.filter { unit in
      lacksVersions(of: unit.name)
        || unit.versions.contains { !knowledge.covers($0.write.dot) }
    }
    return part
  }

  private func isBroughtBack(since knowledge: VersionVector) -> Bool {
    return versions(of: Unit.life).contains {
      $0.saysAlive && !knowledge.covers($0.write.dot)
    }
  }
}
