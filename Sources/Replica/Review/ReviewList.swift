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
    var index: ReviewIndex
  }

  /// Held while the list is made or brought up to date.
  private let state = Mutex<State?>(nil)
  /// Documents that were written since, as they were before each write, in no order; nil if nobody has
  /// asked for the list. Never held for long: writers wait for it.
  private let written = Mutex<[DocumentKey: [Document?]]?>(nil)

  /// After so many writes a list from nothing costs less than what is kept for an update.
  private static let mostWrites = 20_000

  /// Begins to note writes. Call when every write that was not noted is visible.
  func keep() { written.withLock { $0 = [:] } }

  /// Tells that documents were written. Call when the writes are visible: what is noted earlier may be
  /// taken as done by a reader who does not see them yet.
  func note(_ documents: [WrittenDocument]) {
    written.withLock { written in
      guard written != nil else { return }
      for (key, before) in documents { written?[key, default: []].append(before) }
      if written.map({ $0.count > Self.mostWrites }) ?? false { written = nil }
    }
  }

  /// The items, urgent first, then by id.
  func items(_ replica: Replica) throws(ReplicaError) -> [ReviewItem] {
    try state.withLock { (state) throws(ReplicaError) in
      let day = replica.reviewDay
      if let current = state, current.day == day, let noted = takeNoted() {
        if noted.isEmpty { return current.index.sorted }
        // If this fails, the next who asks begins from nothing.
        state = nil
        let index = try replica.updated(current.index, after: noted)
        state = State(day: day, index: index)
        return index.sorted
      }
      try replica.keepReviewList()
      let index = try replica.newReviewIndex()
      state = State(day: day, index: index)
      return index.sorted
    }
  }

  private func takeNoted() -> [DocumentKey: [Document?]]? {
    written.withLock { written in
      defer { if written != nil { written = [:] } }
      return written
    }
  }
}

/// A document that was written, as it was before; nil if it was not there.
typealias WrittenDocument = (key: DocumentKey, before: Document?)

/// Collects what one caller writes. For one thread at a time.
final class WriteWatch: Sendable {
  /// Whose writes are collected: of whoever runs under it.
  @TaskLocal static var current: WriteWatch?

  private let written = Mutex<[DocumentKey: Document?]>([:])

  /// Of a document that is written twice, what was before the first counts.
  func note(_ documents: [WrittenDocument]) {
    written.withLock { written in
      for (key, before) in documents where written[key] == nil { written[key] = .some(before) }
    }
  }

  var all: [DocumentKey: Document?] { written.withLock { $0 } }
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
  fileprivate func newReviewIndex() throws(ReplicaError) -> ReviewIndex {
    let documents = try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in
        var documents: [Document] = []
        for type in tables.typeNames { documents += try tables.documents(ofType: type) }
        return documents
      }
    }
    let all = DocumentCollection(documents, catalogue, rules, world.clinic.forms)
    return ReviewIndex(of: all.keys, reviewer(all))
  }

  fileprivate func updated(
    _ index: ReviewIndex, after written: [DocumentKey: [Document?]]
  ) throws(ReplicaError) -> ReviewIndex {
    try withState({ state in
      var index = index
      index.update(after: written, reviewer(state))
      return index
    })
  }

  /// Runs writes and tells which review items they opened. O(what the writes touch).
  package func openedReviewItems(
    by writes: () throws -> Void
  ) throws -> [ReviewItem] {
    let watch = WriteWatch()
    try WriteWatch.$current.withValue(watch) { try writes() }
    let written = watch.all
    guard !written.isEmpty, written.count <= Self.watchedCount else { return [] }
    return try withState({ state in
      let earlier = EarlierState(state, written, rules)
      return reviewer(state).itemsOpened(by: written, since: reviewer(earlier))
    })
  }

  /// After writing more documents than this, nobody waits to be told what it opened.
  private static let watchedCount = 5000

  /// Tells the review list and whoever watches of what was written, once it is visible.
  func tell(_ written: [WrittenDocument]) {
    reviewList.note(written)
    WriteWatch.current?.note(written)
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
