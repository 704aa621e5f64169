package import Causality

/// A document that came but cannot be kept as one (DESIGN, rule 21): its bytes are kept aside, and the
/// transactions that wrote it count as known.
package struct UnreadablePart: Sendable {
  /// The line as it came.
  package let bytes: [UInt8]
  /// Why it cannot be kept, in plain words.
  package let problem: String
  /// Nil if not even that can be read.
  package let key: DocumentKey?

  package init(bytes: [UInt8], problem: String, key: DocumentKey?) {
    self.bytes = bytes
    self.problem = problem
    self.key = key
  }
}

/// What brings a replica from one knowledge to another (DESIGN, rule 13): valid for a receiver whose
/// knowledge covers `since`. Applying it twice changes nothing.
package struct ChangeSet: Sendable {
  package var since: VersionVector
  /// No dot of the parts lies beyond it.
  package var upTo: VersionVector
  /// In the order of arrival at the sender. Of a document that occurs twice only the last counts.
  package var parts: [Document]
  package var runs: [TransactionRun]
  /// What came but cannot be kept as documents.
  package var unreadable: [UnreadablePart] = []

  package init(
    since: VersionVector, upTo: VersionVector, parts: [Document], runs: [TransactionRun]
  ) {
    self.since = since
    self.upTo = upTo
    self.parts = parts
    self.runs = runs
  }

  /// The parts, each document once: a document that changed after its page was sent again, and its
  /// last part holds all that the earlier ones held.
  package var latestParts: [Document] {
    var last: [DocumentKey: Int] = [:]
    for (index, part) in parts.enumerated() { last[part.key] = index }
    if last.count == parts.count { return parts }
    return parts.indices.filter { last[parts[$0].key] == $0 }.map { parts[$0] }
  }

  /// What is wrong with a change-set that says it is whole; nil if nothing. A receiver that finds
  /// something refuses all of it.
  package func defect() -> String? {
    if let defect = defect(of: parts) { return defect }
    for entry in upTo.entries where entry.number > since[entry.replica] {
      let isThere = runs.contains { run in
        run.replica == entry.replica && run.first <= since[entry.replica] + 1
          && run.last >= entry.number
      }
      if !isThere { return "the transactions of \(entry.replica) are missing" }
    }
    return nil
  }

  /// What is wrong with some of its parts; nil if nothing.
  package func defect(of parts: [Document]) -> String? {
    for part in parts {
      guard part.clock.isCovered(by: upTo) else {
        return "\(part.key) has seen transactions beyond the end of the change-set"
      }
      guard part.clock.covers(part.origin.dot) else {
        return "\(part.key) was created beyond its clock"
      }
      let dots =
        part.units.flatMap(\.versions).map(\.write.dot) + part.dropped.flatMap(\.keys).map(\.dot)
      for dot in dots where !part.clock.covers(dot) {
        return "\(part.key) has a version \(dot) beyond its clock"
      }
    }
    return nil
  }
}
