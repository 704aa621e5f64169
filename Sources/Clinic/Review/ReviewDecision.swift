import Causality
package import Documents
package import JSON

/// What a person decided about a review item, as a document: it hides the item until one of the
/// versions that it names is replaced, or another one comes.
package enum ReviewDecision {
  /// The key of the document about an item: two decisions about one item meet in it.
  package static func key(of item: ReviewItem, ids: StableID) -> DocumentKey {
    DocumentKey(type: "review_decision", id: ids.id(type: "review_decision", key: item.id))
  }

  /// The fields of the document.
  /// - Parameter by: who decides: a name.
  package static func fields(
    of item: ReviewItem, action: String, reason: String?, by: String?
  ) -> JSONObject {
    var fields: JSONObject = [
      "rule": .string(item.rule), "documents": .array(item.documents.map(\.reviewValue)),
      "dots": .array(item.dots.map { .string($0) }), "action": .string(action),
    ]
    fields["reason"] = reason.map { .string($0) }
    fields["by"] = by.map { .string($0) }
    return fields
  }
}
