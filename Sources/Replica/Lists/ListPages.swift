import Causality
package import Clinic
package import Documents
import JSON
import Storage

/// Behind which document a list goes on; lists are in the order of creation.
package struct ListCursor: Sendable, Comparable {
  private let stamp: Stamp
  let id: UniqueID

  init(_ stamp: Stamp, _ id: UniqueID) { (self.stamp, self.id) = (stamp, id) }

  init(_ document: Document) { self.init(document.origin.stamp, document.key.id) }

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

/// Which part of a list.
package struct ListPart: Sendable {
  /// Behind which it begins; nil for the beginning.
  package var cursor: ListCursor?
  package var limit: Int

  package init(after cursor: ListCursor?, limit: Int) {
    (self.cursor, self.limit) = (cursor, limit)
  }
}

extension Replica {
  /// Whether the one who asks may see a document.
  package typealias Visibility = @Sendable (MergedClinic, Document) -> Bool

  /// A part of what a query asks for, in the order of creation, and how much there is in all. Words are
  /// looked for where people look for somebody: in names, e-mail addresses and telephone numbers.
  ///
  /// O(rows of the type) for all of a type or for words, O(documents that an index names) for filters.
  /// - Parameter isVisible: nil for somebody who may see all.
  package func listPage(
    _ query: ListQuery, _ part: ListPart, where isVisible: Visibility?
  ) throws(ReplicaError) -> ListPage {
    guard let type = catalogue.type(named: query.type), !query.isTrash,
      query.filters.isEmpty || query.search != nil
    else { return Self.page(of: try documents(matching: query, where: isVisible), part) }
    let words = RowShape.words(query.search ?? "")
    let isExact = query.filters.isEmpty && isVisible == nil
    if isExact {
      let page = try rowTables.look(at: type, self) { table in
        RowPage(words.isEmpty ? table.all() : table.search(words), part)
      }
      return try self.page(page, query.type)
    }
    let found = try rowTables.look(at: type, self) { $0.search(words).map(\.cursor) }
    return Self.page(of: try documents(found.sorted(), matching: query, where: isVisible), part)
  }

  /// A part of documents in the order of creation.
  private static func page(of documents: [Document], _ part: ListPart) -> ListPage {
    var page = ListPage()
    for document in documents {
      page.total += 1
      if let cursor = part.cursor, ListCursor(document) <= cursor { continue }
      if page.documents.count < part.limit {
        page.documents.append(document)
      } else if page.next == nil {
        page.next = page.documents.last.map(ListCursor.init)
      }
    }
    return page
  }

  private func page(_ rows: RowPage, _ type: String) throws(ReplicaError) -> ListPage {
    var page = ListPage(total: rows.total, next: rows.next)
    page.documents = try read { (tables) throws(ReplicaError) in
      var documents: [Document] = []
      for cursor in rows.cursors {
        let key = DocumentKey(type: type, id: cursor.id)
        let document = try stored { () throws(StorageError) in try tables.document(key) }
        if let document { documents.append(document) }
      }
      return documents
    }
    return page
  }

  private func documents(
    _ found: [ListCursor], matching query: ListQuery, where isVisible: Visibility?
  ) throws(ReplicaError) -> [Document] {
    var query = query
    query.search = nil
    var matching = Matching(query, rules.type(query.type))
    matching.isVisible = isVisible
    let wanted = matching
    return try read { (tables) throws(ReplicaError) in
      let state = copy tables
      return try looking(at: state) { (clinic) throws(ReplicaError) in
        found.compactMap { cursor in
          clinic.subject(DocumentKey(type: wanted.query.type, id: cursor.id))?.document
        }.filter { wanted.includes($0, clinic) }
      }
    }
  }
}

/// A part of the rows that were found.
struct RowPage: Sendable {
  private(set) var cursors: [ListCursor]
  let total: Int
  private(set) var next: ListCursor?

  /// O(rows + part × log part).
  init(_ found: [RowTable.Found], _ part: ListPart) {
    total = found.count
    var cursors = found.map(\.cursor)
    if let cursor = part.cursor { cursors.removeAll { $0 <= cursor } }
    self.cursors = Array(cursors.smallest(part.limit).prefix(part.limit))
    if cursors.count > part.limit { next = self.cursors.last }
  }
}
