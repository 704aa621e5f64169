import Causality
import Documents
import JSON

extension ReviewSubject {
  /// A document whose delete stands although an edit or a restore that it had not seen overcame it
  /// (DESIGN, rule 8).
  func broughtBack(_ subject: Subject) -> [ReviewItem] {
    let document = subject.document
    guard document.isBroughtBack(causeStands: causeStands) else { return [] }
    let life = document.versions(of: Unit.life)
    let edits = Self.unseenEdits(of: document)
    let what = name(document.key)
    let back = ReviewAction(
      ReviewAction.keepDocument, "\(what) stays, and the delete is taken back")
    let gone = ReviewAction(
      ReviewAction.deleteAgain, "\(what) goes to the trash, with all that was written to it")
    return [
      item(
        rule: Self.broughtBackRule(document.key.type), severity: .normal,
        documents: [document.key],
        sides: (edits.map { [$0] } ?? []).map(editSide) + life.map(lifeSide),
        summary: "\(Self.capitalised(what)) was deleted by one person while another still used it; "
          + "it is back as it was.",
        actions: [back, gone], dots: Self.dots(life + document.contentUnits.flatMap(\.versions)))
    ]
  }

  private static func broughtBackRule(_ type: String) -> String {
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
      .filter { !seen.covers($0.write.first) }
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

  static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
