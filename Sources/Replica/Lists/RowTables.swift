import Clinic
import Documents
import JSON
import Platform
import Storage
import Synchronization

/// The rows of the types that somebody has listed. A table is made when it is first asked for, from all
/// documents of its type; from then on a write costs what it touches.
final class RowTables: Sendable {
  /// Held while a table is made, brought up to date or looked at.
  private let tables = Mutex<[String: RowTable]>([:])
  /// Documents that were written since, as they were before each write, in no order; nil if no table is
  /// good any more. Never held for long: writers wait for it.
  private let written = Mutex<[DocumentKey: [Document?]]?>(nil)

  /// After so many writes new tables cost less than what is kept for an update.
  private static let mostWrites = 5000

  /// Tells that documents were written. Call when the writes are visible.
  func note(_ documents: [WrittenDocument]) {
    written.withLock { written in
      guard written != nil else { return }
      for (key, before) in documents { written?[key, default: []].append(before) }
      if written.map({ $0.count > Self.mostWrites }) ?? false { written = nil }
    }
  }

  /// Tells that more was written than anybody can look at one by one, or that what was kept must go.
  func forget() { written.withLock { $0 = nil } }

  /// Looks at the rows of a type, with all writes that are visible now.
  /// - Parameter body: must not ask for rows itself.
  func look<Result>(
    at type: TypeDefinition, _ replica: Replica, _ body: (RowTable) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    try tables.withLock { (tables) throws(ReplicaError) in
      try bringUpToDate(&tables, replica)
      let isOutdated = tables[type.name].map { $0.firstEnd < replica.now() } ?? true
      if isOutdated { tables[type.name] = try replica.newRowTable(type) }
      return try body(tables[type.name] ?? RowTable())
    }
  }

  private func bringUpToDate(
    _ tables: inout [String: RowTable], _ replica: Replica
  ) throws(ReplicaError) {
    let noted = written.withLock { written in
      defer { written = [:] }
      return written
    }
    guard let noted else {
      tables = [:]
      return
    }
    guard !noted.isEmpty, !tables.isEmpty else { return }
    do throws(ReplicaError) {
      for (key, row) in try replica.rows(changedBy: noted, ofTypes: Set(tables.keys)) {
        tables[key.type]?.set(key.id, to: row)
      }
    } catch {
      // What was taken is not forgotten: the next who asks begins anew.
      forget()
      throw error
    }
  }
}

extension Replica {
  /// So many documents are read before writers have a turn.
  private static let rowsAtOnce = 2048

  fileprivate func newRowTable(_ type: TypeDefinition) throws(ReplicaError) -> RowTable {
    let shape = RowShape(type)
    var table = RowTable()
    var last: IndexPlace?
    repeat {
      last = try read { (tables) throws(ReplicaError) in
        let page = try stored { () throws(StorageError) in
          try tables.page(
            ofType: type.name, index: ListIndex.all, value: "", after: last,
            limit: Self.rowsAtOnce)
        }
        try looking(at: tables) { (clinic) throws(ReplicaError) in
          for (_, document) in page {
            table.set(document.key.id, to: shape.row(document, clinic))
          }
        }
        return page.last?.place
      }
    } while last != nil
    return table
  }

  /// The rows that writes may have changed.
  /// - Parameter noted: the written documents as they were before.
  fileprivate func rows(
    changedBy noted: [DocumentKey: [Document?]], ofTypes types: Set<String>
  ) throws(ReplicaError) -> [(DocumentKey, RowTable.Row?)] {
    try read { (tables) throws(ReplicaError) in
      let state = copy tables
      let near = try withReviewer(of: state, day: reviewDay) { reviewer in
        var near: Set<DocumentKey> = []
        // any order: the rows are independent
        for (key, versions) in noted {
          for before in versions { near.formUnion(reviewer.neighbours(of: key, before: before)) }
        }
        return near
      }
      let shapes = Dictionary(
        uniqueKeysWithValues: types.compactMap { name in
          catalogue.type(named: name).map { (name, RowShape($0)) }
        })
      return try looking(at: state) { (clinic) throws(ReplicaError) in
        near.sorted().compactMap { key in
          shapes[key.type].map { ($0.row(key, clinic)).map { row in (key, row) } ?? (key, nil) }
        }
      }
    }
  }
}
