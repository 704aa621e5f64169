package import Causality
import JSON
import Planted

extension Version {
  /// Whether it is a delete that is final.
  var isErasure: Bool { details?.deletion?.reason == .erasure }

  /// Of a version of `life`.
  var saysAlive: Bool { details?.deletion == nil && !isPutBack }
}

extension Document {
  /// The delete versions that stand. A delete that followed another document's counts only while
  /// that one is deleted (DESIGN, rule 9).
  /// - Parameter causeStands: whether the document that a cause names is deleted.
  package func standingDeletes<Failure: Error>(
    causeStands: (DeleteCause) throws(Failure) -> Bool
  ) throws(Failure) -> [Deletion] {
    var standing: [Deletion] = []
    for deletion in versions(of: Unit.life).compactMap(\.details?.deletion) {
      if let cause = deletion.cause, try !causeStands(cause) { continue }
      standing.append(deletion)
    }
    return standing
  }

  /// Whether the document is in the trash (DESIGN, rule 8): a delete stands, nothing says that the
  /// document lives, and the deletes had seen every version.
  package func isDeleted<Failure: Error>(
    causeStands: (DeleteCause) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    guard index(of: Unit.life) != nil else { return false }
    if isErased { return true }
    if saysAlive { return false }
    let deletes = try standingDeletes(causeStands: causeStands)
    guard !deletes.isEmpty else { return false }
    let context = deletes.reduce(VersionVector()) { $0.union($1.context) }
    return hasContentSeen(by: context)
  }

  /// Whether a context covers every version of the content, those that were dropped included (DESIGN,
  /// rule 8). What was only put back is no edit (rule 21).
  package func hasContentSeen(by context: VersionVector) -> Bool {
    if planted(Fault.unseenEditDeleted) { return true }
    return contentUnits.allSatisfy { unit in
      unit.versions.allSatisfy { $0.isPutBack || context.covers($0.write.first) }
    } && dropped.allSatisfy { unit in unit.keys.allSatisfy { context.covers($0.first) } }
  }

  /// Whether a delete stands that did not reach its end, because of an edit or a restore that it had
  /// not seen: a person should look.
  package func isBroughtBack<Failure: Error>(
    causeStands: (DeleteCause) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    guard index(of: Unit.life) != nil else { return false }
    if try standingDeletes(causeStands: causeStands).isEmpty { return false }
    return try !isDeleted(causeStands: causeStands)
  }

  /// The reason that counts most among the standing deletes; nil if none stands.
  package func deleteReason<Failure: Error>(
    causeStands: (DeleteCause) throws(Failure) -> Bool
  ) throws(Failure) -> DeleteReason? {
    try standingDeletes(causeStands: causeStands).map(\.reason).max()
  }

  /// Whether the document was erased: final, whatever else is said (DESIGN, rule 12).
  package var isErased: Bool {
    versions(of: Unit.life).contains(where: \.isErasure)
  }

  private var saysAlive: Bool {
    versions(of: Unit.life).contains(where: \.saysAlive)
  }
}
