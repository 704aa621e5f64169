package import Causality
package import Clinic
package import Documents
import JSON
import Planted
package import Platform
package import Storage
import Synchronization

/// A store with an identity: the one object that all programs share. A replica that listens is a
/// server, one that calls is a laptop; everything else is the same code.
///
/// All methods may be called from any thread. A write is durable when its call returns.
package final class Replica: Sendable {
  package enum Role: Sendable {
    case laptop
    /// Gives every document its place in the order of arrival (DESIGN, rule 2).
    case server
  }

  package let store: Store
  package let role: Role
  package let catalogue: Catalogue
  package let rules: MergeRules
  package let world: ReplicaWorld
  let writer: Mutex<HybridClock>
  /// Milliseconds to add to this machine's clock to get the server's.
  private let offset: Atomic<Int>
  let reviewList = ReviewList()
  let rowTables = RowTables()
  let wantedDocuments = WantedDocuments()
  /// So many documents of a change-set are in memory at once.
  package let pieces = PieceSize()
  private let observer = Mutex<(@Sendable () -> Void)?>(nil)
  private let arrivals = Atomic(0)
  /// Knowledge that this server has told laptops, by its digest.
  let givenBases = Mutex<[String: VersionVector]>([:])
  /// At a server: whose turn it is.
  let senders = SenderTurns()
  /// At a laptop: who shares it.
  package let people: People
  /// At a laptop: what they did.
  package let audit: LocalAudit
  /// What must not run beside what.
  let turns = StoreTurns()

  package init(store: Store, role: Role, catalogue: Catalogue, world: ReplicaWorld) {
    self.store = store
    self.role = role
    self.catalogue = catalogue
    rules = catalogue.rules
    self.world = world
    people = People(store)
    audit = LocalAudit(store, world)
    let (last, offset) = store.read { tables in
      (tables.history.lastStamp, PeerState(tables).clockOffset)
    }
    writer = Mutex(HybridClock(last: last))
    self.offset = Atomic(offset)
  }

  /// How many documents others' change-sets have changed since the store was opened.
  package var arrivedDocumentCount: Int { arrivals.load(ordering: .relaxed) }

  package var id: ReplicaID { store.identity.replica }
  package var account: UniqueID { store.identity.account }

  /// Milliseconds since 1970 UTC by the server's clock, as far as this replica knows it.
  package func now() -> UInt64 {
    let sum = Int64(clamping: world.clock.now()).addingReportingOverflow(Int64(clockOffset))
    return UInt64(max(0, sum.overflow ? Int64.max : sum.partialValue))
  }

  /// In whose name a server writes what somebody asks it to write: of whoever runs under it.
  @TaskLocal package static var actingUser: UniqueID?

  /// The author of what is written here if the caller names nobody else.
  package var author: Author {
    let identity = store.identity
    return Author(
      user: Self.actingUser ?? people.user ?? identity.enrolment?.user, device: identity.device)
  }

  /// Where the feed stands, as cursors name it.
  package var feedHead: UInt64 { store.read { $0.headMark.position } }

  /// Calls a closure after every commit that changed documents, on the thread that committed. One at a time.
  package func observeCommits(_ body: @escaping @Sendable () -> Void) {
    observer.withLock { $0 = body }
  }

  func tellObserver() { observer.withLock { $0 }?() }

  /// Runs a transaction: all of it becomes durable and visible when this returns, or nothing if the
  /// closure throws. One that writes nothing leaves no trace.
  /// - Parameter isRehearsal: whether everything is dropped at the end.
  @discardableResult
  package func transact<Result>(
    by author: Author? = nil, isRehearsal: Bool = false,
    _ body: (inout LocalTransaction) throws(ReplicaError) -> Result
  ) throws(ReplicaError) -> Result {
    let author = author ?? self.author
    let (result, staged) = try writer.withLock { (clock) throws(ReplicaError) in
      var transaction = try begin(by: author, &clock)
      let result = try body(&transaction)
      return (result, isRehearsal ? nil : try stage(transaction))
    }
    // Others go on while this one waits for the disk.
    if let staged {
      defer { reviewList.told() }
      try stored { () throws(StorageError) in try store.wait(for: staged.ticket) }
      tell(staged.news)
    }
    return result
  }

  /// - Parameter given: a number of this replica that the transaction's must be above.
  private func begin(
    by author: Author, _ clock: inout HybridClock, after given: UInt64 = 0
  ) throws(ReplicaError) -> LocalTransaction {
    if store.identity.startsOver {
      throw .conflict("the server was reset; this store begins anew in a moment: try again")
    }
    // A server's numbers stand in a register, which must be there before the next are given.
    if role == .server { try stored { () throws(StorageError) in try store.drain() } }
    let base = Ahead(store)
    let replica = id
    return LocalTransaction(
      dot: Dot(replica, max(base.knowledge[replica], planted(Fault.numberReused) ? 0 : given) + 1),
      stamp: clock.tick(now: now()),
      author: author, rules: rules, schemaVersion: Catalogue.version, base: base,
      merged: { [self] in merged($0) })
  }

  /// Nil if the transaction wrote nothing.
  private func stage(
    _ transaction: LocalTransaction
  ) throws(ReplicaError) -> (ticket: CommitTicket, news: News)? {
    guard !transaction.changed.isEmpty else { return nil }
    var transaction = transaction
    var batch = Batch()
    if role == .server {
      var last = lastNumber
      try number(transaction.changed, after: &last, in: &transaction)
      batch.registers = numberRegister(last)
    }
    batch.documents = transaction.changed
    batch.details = transaction.details
    batch.replaced = transaction.replaced
    batch.runs = [run(of: transaction)]
    let ticket = try stored { () throws(StorageError) in try store.stage(batch) }
    reviewList.willTell()
    return (ticket, transaction.news)
  }

  private func run(of transaction: LocalTransaction) -> TransactionRun {
    let numbers = transaction.numbers
    let records = numbers.map { _ in
      TransactionRecord(nonce: world.random.uint64(), stamp: transaction.stamp)
    }
    return TransactionRun(
      replica: transaction.dot.replica, first: numbers.lowerBound, records: records)
  }

  // MARK: - What came from elsewhere

  /// Joins a change-set into the store as one transaction (DESIGN, rules 4 and 13), together with
  /// registers. At a server, new documents get their numbers in the same commit.
  ///
  /// - Parameters:
  ///   - judge: whose push it is; nil if nothing is judged.
  ///   - check: looks at the tables under the lock, and refuses by throwing.
  ///   - registers: made from the knowledge and the head of the feed after the commit; what is equal
  ///     to the register as it is is not written again.
  func apply(
    _ changes: ArrivingChanges, judge: PushJudge? = nil,
    check: (borrowing Tables) throws(ReplicaError) -> Void,
    registers: (_ knowledge: VersionVector, _ headBefore: UInt64, _ head: UInt64) -> [(
      name: String, value: JSONValue
    )]
  ) throws(ReplicaError) -> AppliedChanges {
    let (applied, news) = try writer.withLock {
      (clock) throws(ReplicaError) -> (AppliedChanges, News) in
      try stored { () throws(StorageError) in try store.drain() }
      try store.read { (tables) throws(ReplicaError) in try check(tables) }
      for record in changes.last.runs.flatMap(\.records) { clock.observe(record.stamp) }
      // A server that went back is given numbers of its own again: its next comes behind them.
      var transaction = try begin(by: author, &clock, after: changes.last.upTo[id])
      // Does nothing after the commit.
      defer { store.giveUpBegun() }
      let (arrived, numbered) = try takeIn(changes, judge, &transaction)
      // One piece beside those that were begun would make the commit copy their tables.
      if transaction.begun != nil { try transaction.begin(in: store) }
      var batch = Batch()
      batch.registers = numbered
      batch.begun = transaction.begun?.records
      batch.documents = transaction.changed
      batch.details = transaction.details
      batch.replaced = transaction.replaced
      batch.runs = runs(changes.last, transaction)
      batch.registers += changedRegisters(registers, after: batch)
      let before = store.read { $0.head }
      try stored { () throws(StorageError) in try store.commit(batch) }
      reviewList.willTell()
      arrivals.add(arrived, ordering: .relaxed)
      var applied = AppliedChanges(count: arrived)
      if transaction.isCovered(by: changes.last.upTo) {
        applied.known = KnownArrivals(after: before, through: store.read { $0.head })
      }
      return (applied, transaction.news)
    }
    tell(news)
    reviewList.told()
    return applied
  }

  /// Changes documents without writing to them: no transaction, nothing that travels. Durable on
  /// return.
  func rewrite(
    _ body: (inout LocalTransaction) throws(ReplicaError) -> Void
  ) throws(ReplicaError) {
    let news = try writer.withLock { (clock) throws(ReplicaError) -> News in
      try stored { () throws(StorageError) in try store.drain() }
      var transaction = try begin(by: author, &clock)
      try body(&transaction)
      var batch = Batch()
      batch.documents = transaction.changed
      batch.details = transaction.details
      batch.replaced = transaction.replaced
      try stored { () throws(StorageError) in try store.commit(batch) }
      reviewList.willTell()
      return transaction.news
    }
    tell(news)
    reviewList.told()
  }

  /// Changes named values while nobody writes. Durable on return.
  func changeRegisters(
    _ change: ([String: JSONValue]) -> [(name: String, value: JSONValue)]
  ) throws(ReplicaError) {
    try writer.withLock { (_) throws(ReplicaError) in
      try stored { () throws(StorageError) in
        try store.drain()
        var batch = Batch()
        batch.registers = change(store.read { $0.registers })
        try store.commit(batch)
      }
    }
  }

  /// Runs something while nobody writes, and the review list was told of all that is visible.
  func withAllWritesTold<Result>(
    _ body: () throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    try writer.withLock { (_) throws(StorageError) in
      reviewList.waitUntilTold()
      return try body()
    }
  }

  /// The transactions that a batch makes known: those of the change-set, and this replica's own if it
  /// wrote anything.
  private func runs(_ changes: ChangeSet, _ own: LocalTransaction) -> [TransactionRun] {
    let known = store.read { $0.knowledge }
    let new = changes.runs.filter { $0.last > known[$0.replica] }
    return own.hasWritten ? new + [run(of: own)] : new
  }

  private func changedRegisters(
    _ registers: (VersionVector, UInt64, UInt64) -> [(name: String, value: JSONValue)],
    after batch: Batch
  ) -> [(name: String, value: JSONValue)] {
    let (known, head, current) = store.read { ($0.knowledge, $0.head, $0.registers) }
    var after = known
    for run in batch.runs { after.include(Dot(run.replica, run.last)) }
    let arrived = (batch.begun?.count ?? 0) + batch.documents.count
    return registers(after, head, head + UInt64(arrived)).filter {
      !(current[$0.name] ?? .null).isIdentical(to: $0.value)
    }
  }

  /// Gives the next numbers to the documents that have none, in their order.
  /// - Parameter last: the last number that was given.
  func number(
    _ documents: [Document], after last: inout Int, in transaction: inout LocalTransaction
  ) throws(ReplicaError) {
    for document in documents where document.received == nil || planted(Fault.receivedTwice) {
      last += 1
      try transaction.receive(document.key, number: last)
    }
  }

  /// The register that keeps the last number; empty if that is the one that it keeps.
  func numberRegister(_ last: Int) -> [(name: String, value: JSONValue)] {
    last == lastNumber ? [] : [(Self.receivedRegister, .int(last))]
  }

  var lastNumber: Int { store.read { $0.registers[Self.receivedRegister]?.intValue } ?? 0 }

  /// The last number that this server gave to a document.
  static let receivedRegister = "received"

  package var clockOffset: Int { offset.load(ordering: .relaxed) }

  func setClockOffset(_ milliseconds: Int) { offset.store(milliseconds, ordering: .relaxed) }

  // MARK: - Reading

  package func read<Result: Sendable, Failure: Error>(
    _ body: (borrowing Tables) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try store.read(body)
  }
}

/// How many documents of a change-set are in memory at once, and how large its pages are; tests make both
/// small.
package final class PieceSize: Sendable {
  private let count = Atomic(ArrivingChanges.pieceDocumentCount)
  private let bytes = Atomic(FeedPage.maximumByteCount)

  /// About so many bytes of JSON; the last document of a page may go beyond.
  package var pageByteCount: Int {
    get { bytes.load(ordering: .relaxed) }
    set { bytes.store(newValue, ordering: .relaxed) }
  }

  package var documentCount: Int {
    get { count.load(ordering: .relaxed) }
    set { count.store(newValue, ordering: .relaxed) }
  }
}

/// What a replica needs of the world besides its store.
package struct ReplicaWorld: Sendable {
  package var clock: any WallClock
  package var random: any RandomSource
  package var digest: Digest
  package var clinic: ClinicFunctions

  package init(
    clock: any WallClock, random: any RandomSource, digest: @escaping Digest,
    clinic: ClinicFunctions
  ) {
    self.clock = clock
    self.random = random
    self.digest = digest
    self.clinic = clinic
  }
}

/// What came of a change-set.
struct AppliedChanges: Sendable {
  /// The documents that it changed.
  let count: Int
  /// The arrivals that it made, if its sender knows all that is in them.
  var known: KnownArrivals?
}

/// Places of the feed, one behind the other, at which a laptop lacks nothing.
struct KnownArrivals: Sendable {
  /// The arrival before the first.
  let after: UInt64
  let through: UInt64
}
