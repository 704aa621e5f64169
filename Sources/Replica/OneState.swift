package import Clinic
package import Documents
import JSON
package import Storage

/// Reading all documents as they are at one moment.
extension Replica {
  /// Looks at one state of the tables, and at what is to be reviewed in it. Writers wait meanwhile.
  ///
  /// - Parameter needsReview: whether the review list is made; none of it is given otherwise. Where writes
  ///   follow each other so closely that none of its states lasts, it is of a moment before.
  package func withOneState<Result: Sendable>(
    needsReview: Bool,
    _ body: (borrowing Tables, [ReviewItem]) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    var attempts = 8
    while true {
      attempts -= 1
      let head = read { $0.head }
      let items = needsReview ? try reviewItems() : []
      let result = try read { (tables) throws(ReplicaError) -> Result? in
        guard !needsReview || tables.head == head || attempts <= 0 else { return nil }
        return try body(tables, items)
      }
      if let result { return result }
    }
  }

  /// So many documents are in memory at once.
  private static let documentsAtOnce = 512

  /// Looks at all documents of a type, deleted ones too, in the order of their creation (those of a type
  /// that the catalogue does not know by their ids), some at once with the clinic that they are part of.
  /// O(documents of the type).
  /// - Parameter body: returns whether to go on.
  /// - Returns: whether all were looked at.
  package func forEachPage(
    ofType type: String, of tables: borrowing Tables,
    _ body: ([Document], MergedClinic) -> Bool
  ) throws(ReplicaError) -> Bool {
    guard catalogue.type(named: type) != nil else {
      let all = try documents(ofType: type, of: tables)
      return try looking(at: tables) { (clinic) throws(ReplicaError) in body(all, clinic) }
    }
    var place: IndexPlace?
    repeat {
      let page: [(place: IndexPlace, document: Document)]
      do throws(StorageError) {
        page = try tables.page(
          ofType: type, index: ListIndex.all, value: "", after: place, limit: Self.documentsAtOnce)
      } catch {
        throw .storage(error)
      }
      let goesOn = try looking(at: tables) { (clinic) throws(ReplicaError) in
        body(page.map(\.document), clinic)
      }
      if !goesOn { return false }
      place = page.last?.place
    } while place != nil
    return true
  }

  private func documents(
    ofType type: String, of tables: borrowing Tables
  ) throws(ReplicaError) -> [Document] {
    do throws(StorageError) { return try tables.documents(ofType: type) } catch {
      throw .storage(error)
    }
  }
}
