package import Causality
import Planted

/// Another name for the transactions of a replica behind a number: two stores went on under one name,
/// and this is one of the two timelines (DESIGN, rule 16).
package struct Relabelling: Sendable {
  package let replica: ReplicaID
  /// The last number that both timelines share.
  package let shared: UInt64
  /// The name of the timeline from there on.
  package let branch: ReplicaID
  /// How many transactions of the branch come before: `shared` + 1 becomes this + 1.
  package let earlier: UInt64

  package init(replica: ReplicaID, shared: UInt64, branch: ReplicaID, earlier: UInt64 = 0) {
    self.replica = replica
    self.shared = shared
    self.branch = branch
    self.earlier = earlier
  }

  /// The name that everybody on a timeline computes for it.
  /// - Parameter nonce: of the first transaction that the other timeline does not have.
  /// - Returns: nil if the digest has fewer than 16 bytes.
  package static func branch(
    of replica: ReplicaID, nonce: UInt64, digest: Digest
  ) -> ReplicaID? {
    UniqueID(digest: digest(replica.bytes + nonce.bigEndianBytes))
  }

  /// Whether a name may be one that was computed so. No replica draws one of this kind.
  package static func isBranch(_ replica: ReplicaID) -> Bool { replica.version == 8 }

  package func dot(_ dot: Dot) -> Dot {
    guard dot.replica == replica, dot.number > shared else { return dot }
    return Dot(branch, dot.number - shared + earlier)
  }

  package func vector(_ vector: VersionVector) -> VersionVector {
    guard vector[replica] > shared else { return vector }
    var result = VersionVector()
    for entry in vector.entries where entry.replica != replica {
      result.include(Dot(entry.replica, entry.number))
    }
    if shared > 0 { result.include(Dot(replica, shared)) }
    result.include(dot(Dot(replica, vector[replica])))
    return result
  }
}

extension Relabelling {
  /// Whether a document names any transaction that gets another name. O(versions).
  package func concerns(_ document: Document) -> Bool {
    if concerns(document.clock) || concerns(document.origin.dot) { return true }
    return document.units.contains { unit in
      unit.versions.contains { version in
        guard let details = version.details else { return false }
        return details.seen.contains(where: concerns)
          || details.knowledge.map(concerns) ?? false
          || details.deletion.map {
            concerns($0.knowledge) || $0.cause.map { concerns($0.dot) } ?? false
          } ?? false
      }
    }
  }

  private func concerns(_ vector: VersionVector) -> Bool { vector[replica] > shared }
  private func concerns(_ dot: Dot) -> Bool { dot.replica == replica && dot.number > shared }
}

extension Document {
  /// The same document under the other names: versions, what their authors had seen, deletes and the
  /// origin. O(versions).
  package func relabelled(_ names: Relabelling) -> Document {
    let renamed = units.map { unit in
      Unit(name: unit.name, versions: unit.versions.map { $0.relabelled(names) })
    }
    return Document(
      key: key, clock: names.vector(clock),
      origin: planted(Fault.originNotRelabelled)
        ? origin
        : Origin(dot: names.dot(origin.dot), stamp: origin.stamp, author: origin.author),
      schemaVersion: schemaVersion, units: renamed, dropped: dropped.map { $0.relabelled(names) })
  }
}

extension DroppedUnit {
  fileprivate func relabelled(_ names: Relabelling) -> DroppedUnit {
    DroppedUnit(
      name: name,
      keys: keys.map { VersionKey(dot: names.dot($0.dot), first: names.dot($0.first)) })
  }
}

extension Version {
  func relabelled(_ names: Relabelling) -> Version {
    let write = Write(
      dot: names.dot(write.dot), first: names.dot(write.first), stamp: write.stamp,
      author: write.author)
    return Version(write: write, value: value, details: details?.relabelled(names))
  }
}

extension VersionDetails {
  fileprivate func relabelled(_ names: Relabelling) -> VersionDetails {
    VersionDetails(
      seen: seen.map(names.dot), replaced: replaced,
      deletion: deletion.map { deletion in
        if planted(Fault.contextNotRelabelled) { return deletion }
        return Deletion(
          context: names.vector(deletion.context), knowledge: names.vector(deletion.knowledge),
          reason: deletion.reason,
          cause: deletion.cause.map { cause in
            DeleteCause(document: cause.document, dot: names.dot(cause.dot))
          })
      }, knowledge: knowledge.map(names.vector), isPutBack: isPutBack)
  }
}

extension History {
  /// The same transactions under the other names. O(transactions of the two names).
  /// - Returns: nil if the branch does not have exactly the transactions that come before.
  package func relabelled(_ names: Relabelling) -> History? {
    guard knowledge[names.branch] == names.earlier, knowledge[names.replica] > names.shared else {
      return nil
    }
    var result = History(digest: digest)
    for run in runs(since: VersionVector()) where run.replica != names.replica {
      _ = result.append(run)
    }
    for number in 1...knowledge[names.replica] {
      guard let record = record(Dot(names.replica, number)) else { return nil }
      result.append(record, of: names.dot(Dot(names.replica, number)).replica)
    }
    return result
  }
}
