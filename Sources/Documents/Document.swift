package import Causality
import JSON

/// The creation of a document. Documents are listed in its order: by stamp, then by dot.
package struct Origin: Comparable, Sendable {
  package let dot: Dot
  package let stamp: Stamp
  package let author: Author

  package init(dot: Dot, stamp: Stamp, author: Author) {
    self.dot = dot
    self.stamp = stamp
    self.author = author
  }

  package static func < (a: Origin, b: Origin) -> Bool {
    a.stamp != b.stamp ? a.stamp < b.stamp : a.dot < b.dot
  }

  package static func == (a: Origin, b: Origin) -> Bool { a.stamp == b.stamp && a.dot == b.dot }
}

/// The versions of one merge unit. Invariant: never empty, sorted by key, no key twice.
package struct Unit: Sendable {
  package let name: String
  package internal(set) var versions: [Version]

  package init(name: String, versions: [Version]) {
    self.name = name
    self.versions = versions.count < 2 ? versions : versions.sorted { $0.key < $1.key }
  }

  /// Units of the engine itself: no content, never shown as fields.
  package static let life = "_life"
  package static let received = "_received"
  package var isContent: Bool { Self.isContent(name) }

  /// Whether it is content that somebody wrote.
  package var holdsContent: Bool { isContent && !saysNothing }

  /// Whether all of it only takes out what was refused.
  var saysNothing: Bool { versions.allSatisfy(\.isPutBack) }

  static func isContent(_ name: String) -> Bool { name.utf8.first != UInt8(ascii: "_") }
}

/// A document with all its versions: a value. The same type holds a part of one, with only the units
/// that travel.
package struct Document: Sendable {
  package let key: DocumentKey
  /// All writes to the document that this copy has seen.
  package internal(set) var clock: VersionVector
  package internal(set) var origin: Origin
  /// The latest schema version that wrote it.
  package internal(set) var schemaVersion: Int
  /// Invariant: sorted by name, no name twice.
  package internal(set) var units: [Unit]
  /// The versions of content that were dropped after the trash time; the clock covers them. Empty for all
  /// but skeletons and incomplete documents (DESIGN, rules 10 and 11). Invariant: sorted by name, no name
  /// twice; no key of a version in `units`.
  package internal(set) var dropped: [DroppedUnit] = []

  package init(
    key: DocumentKey, clock: VersionVector, origin: Origin, schemaVersion: Int, units: [Unit],
    dropped: [DroppedUnit] = []
  ) {
    self.dropped =
      dropped.count < 2 ? dropped : dropped.sorted { utf8Less($0.name, $1.name) }
    self.key = key
    self.clock = clock
    self.origin = origin
    self.schemaVersion = schemaVersion
    let isSorted = units.indices.dropFirst().allSatisfy { place in
      utf8Less(units[place - 1].name, units[place].name)
    }
    self.units = isSorted ? units : units.sorted { utf8Less($0.name, $1.name) }
  }

  /// An empty document, created by a transaction that goes on to write its units.
  package init(key: DocumentKey, createdBy write: Write, schemaVersion: Int) {
    self.init(
      key: key, clock: VersionVector(),
      origin: Origin(dot: write.first, stamp: write.stamp, author: write.author),
      schemaVersion: schemaVersion, units: [])
  }

  /// The versions of a unit; none if the document lacks it. O(log units).
  package func versions(of unit: String) -> [Version] {
    index(of: unit).map { units[$0].versions } ?? []
  }

  package var contentUnits: some Sequence<Unit> { units.lazy.filter(\.isContent) }

  /// The server's sequence number of the document; of several the smallest counts. Nil before the
  /// server has it.
  package var received: Int? {
    versions(of: Unit.received).compactMap { $0.value["number"]?.intValue }.min()
  }

  func index(of unit: String) -> Int? {
    let position = position(of: unit)
    return position < units.count && utf8Equal(units[position].name, unit) ? position : nil
  }

  private func position(of unit: String) -> Int {
    var low = 0
    var high = units.count
    while low < high {
      let middle = (low + high) / 2
      if utf8Less(units[middle].name, unit) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Puts versions in place of all that the unit had.
  mutating func replaceVersions(of unit: String, with versions: [Version]) {
    let position = position(of: unit)
    let exists = position < units.count && utf8Equal(units[position].name, unit)
    if !dropped.isEmpty, !versions.isEmpty { replaceDroppedKeys(of: unit, with: []) }
    switch (exists, versions.isEmpty) {
    case (true, true): units.remove(at: position)
    case (true, false): units[position] = Unit(name: unit, versions: versions)
    case (false, true): break
    case (false, false): units.insert(Unit(name: unit, versions: versions), at: position)
    }
  }
}
