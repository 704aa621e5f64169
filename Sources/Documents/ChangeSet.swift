package import Causality

/// What brings a replica from one knowledge to another (DESIGN, rule 13): valid for a receiver whose
/// knowledge covers `since`. Applying it twice changes nothing.
package struct ChangeSet: Sendable {
  package var since: VersionVector
  /// No dot of the parts lies beyond it.
  package var upTo: VersionVector
  /// In the order of arrival at the sender. Of a document that occurs twice only the last counts.
  package var parts: [Document]
  package var runs: [TransactionRun]

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
    for part in parts {
      guard part.clock.isCovered(by: upTo) else {
        return "\(part.key) has seen transactions beyond the end of the change-set"
      }
      for version in part.units.flatMap(\.versions) where !part.clock.covers(version.write.dot) {
        return "\(part.key) has a version \(version.write.dot) beyond its clock"
      }
    }
    for entry in upTo.entries where entry.number > since[entry.replica] {
      let isThere = runs.contains { run in
        run.replica == entry.replica && run.first <= since[entry.replica] + 1
          && run.last >= entry.number
      }
      if !isThere { return "the transactions of \(entry.replica) are missing" }
    }
    return nil
  }
}
