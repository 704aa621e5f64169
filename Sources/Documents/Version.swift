package import Causality
package import JSON

/// Who wrote: the person, if one was known, and the device.
package struct Author: Hashable, Sendable {
  package let user: UniqueID?
  package let device: UniqueID

  package init(user: UniqueID?, device: UniqueID) {
    self.user = user
    self.device = device
  }
}

/// What one transaction did to one document; shared by all versions that it wrote there.
package final class Write: Sendable {
  /// The transaction that put the versions where they stand; the join compares it.
  package let dot: Dot
  /// The transaction that wrote them first. Differs from `dot` only where the server wrote versions
  /// anew; delete contexts and `seen` compare it.
  package let first: Dot
  /// Of the first writing.
  package let stamp: Stamp
  /// Of the first writing.
  package let author: Author

  package init(dot: Dot, first: Dot, stamp: Stamp, author: Author) {
    self.dot = dot
    self.first = first
    self.stamp = stamp
    self.author = author
  }

  /// A first writing.
  package convenience init(dot: Dot, stamp: Stamp, author: Author) {
    self.init(dot: dot, first: dot, stamp: stamp, author: author)
  }

  /// Whether both say the same; the versions of one transaction share the object.
  func isSame(as other: Write) -> Bool {
    self === other
      || dot == other.dot && first == other.first && stamp == other.stamp && author == other.author
  }

  /// The order in which writings rank: by stamp, then by first dot.
  package static func ranksBefore(_ a: Write, _ b: Write) -> Bool {
    a.stamp != b.stamp ? a.stamp < b.stamp : a.first < b.first
  }
}

/// What names a version within its unit: versions written anew at once share the dot.
package struct VersionKey: Hashable, Comparable, Sendable {
  package let dot: Dot
  package let first: Dot

  package static func < (a: VersionKey, b: VersionKey) -> Bool {
    a.dot != b.dot ? a.dot < b.dot : a.first < b.first
  }
}

/// Why a document was deleted. Of several the later in this list counts most.
package enum DeleteReason: String, CaseIterable, Comparable, Sendable {
  case mistake, duplicate, retention, erasure

  package static func < (a: DeleteReason, b: DeleteReason) -> Bool { a.rank < b.rank }
  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// The delete of another document that made this delete follow.
package struct DeleteCause: Hashable, Sendable {
  package let document: DocumentKey
  package let dot: Dot

  package init(document: DocumentKey, dot: Dot) {
    self.document = document
    self.dot = dot
  }
}

/// What a delete knew.
package struct Deletion: Sendable {
  /// The document's clock that the deleter saw: an edit beyond it brings the document back.
  package let context: VersionVector
  /// The knowledge of the deleting replica: which other documents the deleter could see.
  package let knowledge: VersionVector
  package let reason: DeleteReason
  package let cause: DeleteCause?

  package init(
    context: VersionVector, knowledge: VersionVector, reason: DeleteReason, cause: DeleteCause?
  ) {
    self.context = context
    self.knowledge = knowledge
    self.reason = reason
    self.cause = cause
  }
}

/// What only some versions carry.
package final class VersionDetails: Sendable {
  /// First dots of the versions that stood in the units with which this one is compared. Sorted.
  package let seen: [Dot]
  /// The value that this version replaced, where the unit keeps it.
  package let replaced: JSONObject?
  /// Set in a version of `life` that deletes.
  package let deletion: Deletion?
  /// What the author's replica knew, where the unit keeps it.
  package let knowledge: VersionVector?
  /// Set in an empty version that a server wrote where nothing had stood before a write that it refused:
  /// it takes that out, and says nothing itself (DESIGN, rule 21).
  package let isPutBack: Bool

  package init(
    seen: [Dot] = [], replaced: JSONObject? = nil, deletion: Deletion? = nil,
    knowledge: VersionVector? = nil, isPutBack: Bool = false
  ) {
    self.seen = seen.sorted()
    self.replaced = replaced
    self.deletion = deletion
    self.knowledge = knowledge
    self.isPutBack = isPutBack
  }

  /// Nil for details that say nothing.
  var orNone: VersionDetails? {
    let saysNothing = seen.isEmpty && replaced == nil && deletion == nil && knowledge == nil
    return saysNothing && !isPutBack ? nil : self
  }
}

/// One value of a unit.
package struct Version: Sendable {
  package let write: Write
  /// The unit's fields. One that is missing here has no value.
  package let value: JSONObject
  package let details: VersionDetails?

  package init(write: Write, value: JSONObject, details: VersionDetails? = nil) {
    self.write = write
    self.value = value
    self.details = details
  }

  /// Whether it only takes out what a server refused: it is no edit, and no side of a conflict. It stands
  /// beside what others wrote, so that the unit travels and takes out what was refused wherever it is.
  package var isPutBack: Bool { details?.isPutBack ?? false }

  package var key: VersionKey { VersionKey(dot: write.dot, first: write.first) }

  /// Whether both say the same: siblings with equal values are no conflict.
  package func hasSameValue(as other: Version) -> Bool {
    JSONValue.object(value).isIdentical(to: .object(other.value))
  }

  /// Whether its author had seen the other version, which is of a unit that this one's unit is
  /// compared with (DESIGN, rule 6), or wrote both at once.
  package func hasSeen(_ other: Version) -> Bool {
    write.first == other.write.first || details?.seen.contains(other.write.first) ?? false
  }

  /// Whether neither author had seen the other's version; the versions are of two units that are
  /// compared with each other.
  package func isConcurrent(with other: Version) -> Bool {
    !hasSeen(other) && !other.hasSeen(self)
  }

  package func hasValue(_ other: JSONObject) -> Bool {
    JSONValue.object(value).isIdentical(to: .object(other))
  }
}

extension [Version] {
  /// Without those that only take out what was refused, if anything else stands beside them.
  package var said: [Version] {
    guard contains(where: \.isPutBack), contains(where: { !$0.isPutBack }) else { return self }
    return filter { !$0.isPutBack }
  }
}
