import Causality
import Documents
import JSON

extension Reviewer {
  /// A transaction that its author had no right to write (DESIGN, rule 21): it was put back, and what it
  /// wrote is kept aside on the server and on the device that wrote it.
  func refusedChange(_ subject: Subject) -> [ReviewItem] {
    let versions = subject.document.contentUnits.flatMap(\.versions)
    guard let write = Self.latest(versions)?.write else { return [] }
    let documents = subject.fields["documents"]?.arrayValue ?? []
    let user = subject.text("author_id").flatMap { UniqueID($0) }
    let author = user.map { id in
      clinic.subject(DocumentKey(type: "user", id: id))?.text("name") ?? id.description
    }
    let device = subject.text("device_id").flatMap { UniqueID($0) } ?? write.author.device
    let at = subject.text("written_at").flatMap(Timestamp.milliseconds) ?? write.stamp.milliseconds
    let side = ReviewSide(value: .array(documents), author: author, device: device, at: at)
    let count =
      switch documents.count {
      case 0: "an unknown document"
      case 1: "one document"
      default: "\(documents.count) documents"
      }
    return [
      item(
        rule: "refused", severity: .normal, documents: [subject.key], sides: [side],
        summary: "A change of \(count) by \(author ?? "an unknown person") was not taken: "
          + "\(subject.text("reason") ?? "it was not allowed"). It is kept aside.",
        actions: [ReviewAction(ReviewAction.dismiss, "the documents stay as they are")],
        dots: Self.dots(versions))
    ]
  }
}
