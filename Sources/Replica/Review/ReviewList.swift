import Causality
package import Clinic
import Documents
import Storage
import Synchronization

/// The review list of a replica. It is made when somebody first asks, from all documents; from then on
/// a write costs what it touches. What it says is always what a list made from nothing would say.
final class ReviewList: Sendable {
  private struct State {
    /// Days since 1970: a list is good for its day.
    var day: Int
    var items: [DocumentKey: [ReviewItem]]
    /// The same in the order of the list, each once.
    var sorted: [ReviewItem]
    /// Documents that were written since, as they were when the list was last right.
    var changed: [DocumentKey: Document?] = [:]
  }

  private let state = Mutex<State?>(nil)
  /// What was written since somebody began to watch, as it was before; nil if nobody does.
  private let watched = Mutex<[DocumentKey: Document?]?>(nil)

  /// Whether anybody has asked: until then nothing need be noted.
  var isKept: Bool { state.withLock { $0 != nil } || watched.withLock { $0 != nil } }

  func beginWatching() { watched.withLock { $0 = [:] } }

  /// - Returns: what was written, as it was before.
  func endWatching() -> [DocumentKey: Document?] {
    watched.withLock { watched in
      defer { watched = nil }
      return watched ?? [:]
    }
  }

  /// Tells that documents were written.
  func note(_ written: [(key: DocumentKey, before: Document?)]) {
    state.withLock { state in
      for (key, before) in written where state?.changed[key] == nil {
        state?.changed[key] = .some(before)
      }
    }
    watched.withLock { watched in
      for (key, before) in written where watched != nil && watched?[key] == nil {
        watched?[key] = .some(before)
      }
    }
  }

  /// The items, urgent first, then by id.
  func items(_ replica: Replica) throws(ReplicaError) -> [ReviewItem] {
    try state.withLock { (state) throws(ReplicaError) in
      let day = replica.reviewDay
      if let current = state, current.day == day {
        let changed = current.changed
        guard !changed.isEmpty else { return current.sorted }
        let new = try replica.reviewItems(after: changed, before: current.items)
        state?.changed = [:]
        guard Self.differs(new, from: current.items) else { return current.sorted }
        var items = current.items
        for (key, own) in new { items[key] = own.isEmpty ? nil : own }
        state = State(day: day, items: items, sorted: Self.sorted(items))
      } else {
        let items = try replica.allReviewItems()
        state = State(day: day, items: items, sorted: Self.sorted(items))
      }
      return state?.sorted ?? []
    }
  }

  /// Mostly neither has any.
  private static func differs(
    _ new: [DocumentKey: [ReviewItem]], from old: [DocumentKey: [ReviewItem]]
  ) -> Bool {
    new.contains { key, own in !own.isEmpty || old[key] != nil }
  }

  private static func sorted(_ items: [DocumentKey: [ReviewItem]]) -> [ReviewItem] {
    var byID: [String: ReviewItem] = [:]
    for item in items.values.joined() { byID[item.id] = item }
    return byID.values.sorted(by: ReviewItem.comesBefore)
  }
}

extension Replica {
  /// The day for which review items are worked out, in days since 1970 UTC.
  fileprivate var reviewDay: Int { Int(now() / 86_400_000) }

  private func reviewer(_ state: any MergedState) -> Reviewer {
    let clinic = MergedClinic(
      state, catalogue: catalogue, rules: rules, functions: world.clinic,
      now: UInt64(reviewDay) * 86_400_000)
    return Reviewer(
      clinic, validator: validator(), ids: StableID(account: account, functions: world.clinic))
  }

  /// O(documents), all of which are in memory meanwhile.
  fileprivate func allReviewItems() throws(ReplicaError) -> [DocumentKey: [ReviewItem]] {
    let documents = try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in
        var documents: [Document] = []
        for type in tables.typeNames { documents += try tables.documents(ofType: type) }
        return documents
      }
    }
    let all = DocumentCollection(documents, catalogue, rules, world.clinic.forms)
    let reviewer = reviewer(all)
    var items: [DocumentKey: [ReviewItem]] = [:]
    for key in all.keys {
      let own = reviewer.items(of: key)
      if !own.isEmpty { items[key] = own }
    }
    return items
  }

  /// Runs writes and tells which review items they opened. O(what the writes touch). One at a time.
  package func openedReviewItems(
    by writes: () throws -> Void
  ) throws -> [ReviewItem] {
    reviewList.beginWatching()
    do { try writes() } catch {
      _ = reviewList.endWatching()
      throw error
    }
    let changed = reviewList.endWatching()
    guard !changed.isEmpty, changed.count <= Self.watchedCount else { return [] }
    return try withState({ state in
      let now = reviewer(state)
      let earlier = reviewer(EarlierState(state, changed, rules))
      var keys: Set<DocumentKey> = []
      for (key, before) in changed { keys.formUnion(now.neighbours(of: key, before: before)) }
      let known = Set(keys.flatMap { earlier.items(of: $0) }.map(\.id))
      var opened: [String: ReviewItem] = [:]
      for item in keys.flatMap({ now.items(of: $0) }) where !known.contains(item.id) {
        opened[item.id] = item
      }
      return opened.values.sorted(by: ReviewItem.comesBefore)
    })
  }

  /// After writing more documents than this, nobody waits to be told what it opened.
  private static let watchedCount = 5000

  /// The items of all documents that some writes concern.
  fileprivate func reviewItems(
    after changed: [DocumentKey: Document?], before: [DocumentKey: [ReviewItem]]
  ) throws(ReplicaError) -> [DocumentKey: [ReviewItem]] {
    try withReviewer({ (reviewer) in
      var keys: Set<DocumentKey> = []
      var own: [DocumentKey: [ReviewItem]] = [:]
      for (key, document) in changed {
        if reviewer.concernsNobodyElse(key, before: document) {
          own[key] = reviewer.items(of: key, updating: before[key] ?? [])
        } else {
          keys.formUnion(reviewer.neighbours(of: key, before: document))
        }
      }
      return own.merging(Self.items(of: keys, before, reviewer)) { $1 }
    })
  }

  /// The items of some documents, and of all that take part in an item with one of them.
  private static func items(
    of keys: Set<DocumentKey>, _ before: [DocumentKey: [ReviewItem]], _ reviewer: Reviewer
  ) -> [DocumentKey: [ReviewItem]] {
    var items: [DocumentKey: [ReviewItem]] = [:]
    var others: Set<DocumentKey> = []
    for key in keys {
      let own = reviewer.items(of: key)
      items[key] = own
      others.formUnion((own + (before[key] ?? [])).flatMap(\.documents))
    }
    for key in others where items[key] == nil { items[key] = reviewer.items(of: key) }
    return items
  }

  private func withReviewer<Result: Sendable>(
    _ body: (Reviewer) -> Result
  ) throws(ReplicaError) -> Result {
    try withState({ body(reviewer($0)) })
  }

  private func withState<Result: Sendable>(
    _ body: (any MergedState) -> Result
  ) throws(ReplicaError) -> Result {
    try read { (tables) throws(ReplicaError) in
      let tables = copy tables
      let state = ReadState { (key) throws(StorageError) in
        try tables.document(key)
      } search: { (type, index, key) throws(StorageError) in
        try tables.documents(ofType: type, index: index, key: key)
      }
      let result = body(state)
      if let failure = state.failure { throw .storage(failure) }
      return result
    }
  }
}
