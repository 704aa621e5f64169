import Causality
import Documents
import JSON

extension Reviewer {
  /// A document whose delete stands although an edit or a restore that it had not seen overcame it
  /// (DESIGN, rule 8), or although another document shows that it is needed.
  func broughtBack(_ subject: Subject) -> [ReviewItem] {
    let document = subject.document
    guard document.hasLife,
      !document.standingDeletes(causeStands: clinic.causeStands).isEmpty
    else { return [] }
    let life = document.versions(of: Unit.life)
    let proofs = clinic.proofs(of: document)
    let edits = Self.unseenEdits(of: document)
    let isDeleted = document.isDeleted(causeStands: clinic.causeStands)
    let what = name(document.key)
    let reason = document.deleteReason(causeStands: clinic.causeStands) ?? .mistake
    let back = ReviewAction(
      ReviewAction.keepDocument, "\(what) stays, and the delete is taken back",
      steps: [.undelete(document.key)])
    let gone = ReviewAction(
      ReviewAction.deleteAgain, "\(what) goes to the trash, with all that was written to it",
      steps: [.delete(document.key, reason)])
    let used = proofs.map { side(.string(name($0.subject.key)), $0.write) }
    let why =
      isDeleted
      ? "while another made \(proofs.map { name($0.subject.key) }.joined(separator: ", "))"
      : "while another still used it"
    return [
      item(
        rule: isDeleted ? proofs.map(\.rule).min() ?? "P10" : Self.rule(document.key.type),
        severity: .normal, documents: [document.key] + (isDeleted ? proofs.map(\.subject.key) : []),
        sides: (isDeleted ? used : (edits.map { [$0] } ?? []).map(editSide)) + life.map(lifeSide),
        summary: "\(Self.capitalised(what)) was deleted by one person \(why); "
          + "it is back as it was.",
        actions: [back, gone], dots: Self.dots(life + document.contentUnits.flatMap(\.versions)))
    ]
  }

  private static func rule(_ type: String) -> String {
    switch type {
    case "patient": "P9"
    case "appointment": "A22"
    default: "X1"
    }
  }

  /// What the deletes had not seen, as one value, with the latest writing.
  private static func unseenEdits(of document: Document) -> (value: JSONObject, write: Write)? {
    let seen = document.versions(of: Unit.life).compactMap(\.details?.deletion?.context)
      .reduce(VersionVector()) { $0.union($1) }
    let unseen = document.contentUnits.flatMap(\.versions)
      .filter { !$0.isPutBack && !seen.covers($0.write.first) }
      .sorted { Write.ranksBefore($0.write, $1.write) }
    guard let last = unseen.last else { return nil }
    var value = JSONObject()
    for version in unseen {
      for member in version.value.members { value[member.key] = member.value }
    }
    return (value, last.write)
  }

  private func editSide(_ edit: (value: JSONObject, write: Write)) -> ReviewSide {
    side(.object(edit.value), edit.write)
  }

  private func lifeSide(_ version: Version) -> ReviewSide {
    side(.object(version.value), version.write)
  }
}
