import Causality
package import Clinic
package import Documents
import JSON
import Storage

/// Behind which document a list goes on; lists are in the order of creation.
package struct ListCursor: Sendable, Comparable {
  private let stamp: Stamp
  private let id: UniqueID

  init(_ document: Document) { (stamp, id) = (document.origin.stamp, document.key.id) }

  /// Nil if it is no cursor's text.
  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let raw = UInt64(parts[0], radix: 16),
      let id = UniqueID(String(parts[1]))
    else { return nil }
    (stamp, self.id) = (Stamp(rawValue: raw), id)
  }

  package var text: String { String(stamp.rawValue, radix: 16) + ".\(id)" }

  package static func < (a: ListCursor, b: ListCursor) -> Bool {
    a.stamp != b.stamp ? a.stamp < b.stamp : a.id < b.id
  }
}

/// A part of a list.
package struct ListPage: Sendable {
  package var documents: [Document] = []
  /// Of the whole list.
  package var total = 0
  /// Where the next part begins; nil at the end.
  package var next: ListCursor?
}

extension Replica {
  /// A part of what a query asks for, in the order of creation, and how much there is in all.
  /// O(documents of the type, or those that an index names).
  ///
  /// - Parameters:
  ///   - cursor: behind which it begins; nil for the beginning.
  ///   - isVisible: whether the one who asks may see a document.
  package func listPage(
    _ query: ListQuery, after cursor: ListCursor?, limit: Int,
    where isVisible: @escaping @Sendable (MergedClinic, Document) -> Bool
  ) throws(ReplicaError) -> ListPage {
    var page = ListPage()
    for document in try documents(matching: query, where: isVisible) {
      page.total += 1
      if let cursor, ListCursor(document) <= cursor { continue }
      if page.documents.count < limit {
        page.documents.append(document)
      } else if page.next == nil {
        page.next = page.documents.last.map(ListCursor.init)
      }
    }
    return page
  }
}
