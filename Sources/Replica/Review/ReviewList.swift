import Causality
package import Clinic
import Dispatch
import Documents
import JSON
import Storage
import Synchronization

/// The review list of a replica. It is made when somebody first asks, from all documents; from then on
/// a write costs what it touches. What it says is always what a list made from nothing would say.
final class ReviewList: Sendable {
  private struct State {
    /// Days since 1970: a list is good for its day.
    var day: Int
    var index: ReviewIndex
    /// How many documents were read for it; 0 if a checkpoint had noted it.
    var cost = 0
  }

  /// Held while the list is made or brought up to date.
  private let state = Mutex<State?>(nil)
  /// Documents that were written since, as they were before each write, in no order; nil if nobody has
  /// asked for the list. Never held for long: writers wait for it.
  private let written = Mutex<[DocumentKey: [Document?]]?>(nil)

  /// After so many writes a list from nothing costs less than what is kept for an update.
  static let mostWrites = 20_000

  /// To read fewer documents than this takes no time that anybody notices.
  private static let worthSaving = 2000

  /// Whether the next who opens the store should not have to make the list from nothing.
  var isWorthSaving: Bool { state.withLock { ($0?.cost ?? 0) >= Self.worthSaving } }

  /// Writes that are on their way or visible, and of which nobody was told yet.
  private let untold = DispatchGroup()

  /// A write is staged: `told` follows once it is visible and noted, or has failed.
  func willTell() { untold.enter() }

  func told() { untold.leave() }

  /// Waits until all writes are told of. The caller keeps others from staging more.
  func waitUntilTold() { untold.wait() }

  /// Tells that documents were written. Call when the writes are visible: what is noted earlier may be
  /// taken as done by a reader who does not see them yet.
  func note(_ documents: [WrittenDocument]) {
    written.withLock { written in
      guard written != nil else { return }
      for (key, before) in documents { written?[key, default: []].append(before) }
      if written.map({ $0.count > Self.mostWrites }) ?? false { written = nil }
    }
  }

  /// Tells that more was written than anybody can look at one by one.
  func noteMany() { written.withLock { $0 = nil } }

  /// The items, urgent first, then by id.
  func items(_ replica: Replica) throws(ReplicaError) -> [ReviewItem] {
    try state.withLock { (state) throws(ReplicaError) in
      state = try current(state, replica)
      return state?.index.sorted ?? []
    }
  }

  /// The list as it is now: brought up to date, made from what a checkpoint noted, or from nothing.
  private func current(_ old: State?, _ replica: Replica) throws(ReplicaError) -> State {
    let day = replica.reviewDay
    // With the days items only go: after a clock that was put back the list is made from nothing.
    if let old, old.day <= day, let noted = takeNoted() {
      if noted.isEmpty, old.day == day { return old }
      do throws(ReplicaError) { return try updated(old, noted, day, replica) } catch {
        // What was taken is not forgotten: the next who asks begins anew.
        written.withLock { $0 = nil }
        throw error
      }
    }
    // What becomes visible from now on is noted; what is visible already is read.
    written.withLock { $0 = [:] }
    if let index = try replica.savedReviewIndex(day: day) { return State(day: day, index: index) }
    let (index, count) = try replica.newReviewIndex(day: day)
    return State(day: day, index: index, cost: count)
  }

  private func updated(
    _ old: State, _ noted: [DocumentKey: [Document?]], _ day: Int, _ replica: Replica
  ) throws(ReplicaError) -> State {
    try replica.read { (tables) throws(ReplicaError) in
      try updated(old, noted, day, replica, copy tables)
    }
  }

  private func updated(
    _ old: State, _ noted: [DocumentKey: [Document?]], _ day: Int, _ replica: Replica,
    _ tables: Tables
  ) throws(ReplicaError) -> State {
    var noted = noted
    if old.day != day { try replica.addInvites(of: tables, to: &noted) }
    let index = try replica.withReviewer(of: tables, day: day) { reviewer in
      var index = old.index
      index.update(after: noted, reviewer, isNewDay: old.day != day)
      return index
    }
    return State(day: day, index: index, cost: old.cost)
  }

  /// What a checkpoint notes of the list, if there is one: it is brought to what the checkpoint covers.
  /// Fails only if `take` does.
  func notes(
    of replica: Replica, _ take: () throws(StorageError) -> Tables
  ) throws(StorageError) -> [(name: String, value: JSONValue)] {
    try state.withLock { (state) throws(StorageError) in
      let functions = replica.world.clinic
      // The list of the checkpoint before would be forgotten with it.
      let isSaved = replica.store.read { $0.notes[SavedReviewList.name] != nil }
      if state == nil, isSaved { state = try? current(nil, replica) }
      let (tables, noted) = try replica.withAllWritesTold { () throws(StorageError) in
        (try take(), written.withLock { $0 })
      }
      guard let old = state, old.day <= replica.reviewDay, let noted,
        let new = try? updated(old, noted, replica.reviewDay, replica, tables)
      else { return [] }
      let saved = SavedReviewList(day: new.day, documents: new.index.documents)
      return [(SavedReviewList.name, saved.value(functions))]
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

/// What a commit has changed.
struct News: Sendable {
  let written: [WrittenDocument]
  /// The same as they are now.
  let documents: [Document]
  /// Whether more was changed, which is not in memory.
  let isPartial: Bool
  let hasErased: Bool

  /// - Parameter begun: what was changed besides, and is not in memory.
  init(
    _ written: [WrittenDocument], as documents: [Document], besides begun: BegunDocuments? = nil
  ) {
    self.written = written
    self.documents = documents
    isPartial = begun != nil
    hasErased = begun?.hasErased ?? false || documents.contains(where: \.isErased)
  }
}

/// Collects what one caller writes. For one thread at a time.
final class WriteWatch: Sendable {
  /// Whose writes are collected: of whoever runs under it.
  @TaskLocal static var current: WriteWatch?

  /// Nil if it was more than anybody waits for.
  private let written = Mutex<[DocumentKey: Document?]?>([:])

  /// Of a document that is written twice, what was before the first counts.
  func note(_ documents: [WrittenDocument]) {
    written.withLock { written in
      guard var all = written else { return }
      written = nil
      for (key, before) in documents where all[key] == nil { all[key] = .some(before) }
      written = all
    }
  }

  func noteMany() { written.withLock { $0 = nil } }

  var all: [DocumentKey: Document?]? { written.withLock { $0 } }
}

extension Replica {
  /// The day for which review items are worked out, in days since 1970 UTC.
  var reviewDay: Int { Int(now() / 86_400_000) }

  private func reviewer(_ state: any MergedState, day: Int) -> Reviewer {
    let clinic = MergedClinic(
      state, catalogue: catalogue, rules: rules, functions: world.clinic,
      now: UInt64(day) * 86_400_000)
    return Reviewer(
      clinic, validator: validator(), ids: StableID(account: account, functions: world.clinic))
  }

  /// O(documents), all of which are in memory meanwhile.
  func newReviewIndex(
    day: Int
  ) throws(ReplicaError) -> (index: ReviewIndex, count: Int) {
    let documents = try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in
        var documents: [Document] = []
        for type in tables.typeNames { documents += try tables.documents(ofType: type) }
        return documents
      }
    }
    let all = DocumentCollection(documents, catalogue, rules, world.clinic.forms)
    return (ReviewIndex(of: all.keys, reviewer(all, day: day)), documents.count)
  }

  /// Looks at documents as they are in some tables.
  func withReviewer<Result>(
    of tables: Tables, day: Int, _ body: (Reviewer) -> Result
  ) throws(ReplicaError) -> Result {
    try withState(of: tables) { body(reviewer($0, day: day)) }
  }

  /// Runs writes and tells which review items they opened. O(what the writes touch).
  package func openedReviewItems(
    by writes: () throws -> Void
  ) throws -> [ReviewItem] {
    let watch = WriteWatch()
    try WriteWatch.$current.withValue(watch) { try writes() }
    guard let written = watch.all, !written.isEmpty, written.count <= Self.watchedCount else {
      return []
    }
    let day = reviewDay
    return try read { (tables) throws(ReplicaError) in
      try withState(of: copy tables) { state in
        let earlier = EarlierState(state, written, rules)
        return reviewer(state, day: day)
          .itemsOpened(by: written, since: reviewer(earlier, day: day))
      }
    }
  }

  /// After writing more documents than this, nobody waits to be told what it opened.
  private static let watchedCount = 5000

  /// Tells the review list and whoever watches of what was written, once it is visible.
  func tell(_ news: News) {
    if news.isPartial {
      wantedDocuments.forget()
      reviewList.noteMany()
      rowTables.forget()
      WriteWatch.current?.noteMany()
    } else {
      wantedDocuments.note(news.documents)
      reviewList.note(news.written)
      rowTables.note(news.written)
      WriteWatch.current?.note(news.written)
    }
    tellObserver()
    if news.hasErased { forgetErased() }
  }
}
