import Causality
import Documents
import JSON
import Planted
import Storage
import SyncProtocol
import Synchronization

/// Identity: other names and stamps for transactions, and a new id for the replica (DESIGN, rules 16, 17
/// and 19).
extension Replica {
  /// Takes a server's names and stamps for the transactions that both know, and other names for those that
  /// only this replica has under names that the server gave to others. Takes a new id if somebody
  /// else goes on under this one. Durable on return. O(store) if anything differs.
  ///
  /// - Throws: `sync` if the answer leaves out what it must say.
  func agreeOnNames(with reply: TimelineReply) throws(ReplicaError) {
    if planted(Fault.cloneUnnoticed) { return }
    try rename { (history) throws(ReplicaError) -> Renaming in
      guard let theirs = history.other(reply) else {
        throw .sync(SyncRefusal(.malformed, "the server's answer leaves out transactions"))
      }
      return try Renaming(of: history, to: theirs)
    }
    if reply.knowledge[id] > read({ $0.knowledge })[id] { try takeNewID() }
  }

  /// Stamps those transactions anew that are ahead of what a server takes and that it does not know, by
  /// its time (DESIGN, rule 19). Durable on return. O(store).
  func restamp(now: UInt64, known: VersionVector) throws(ReplicaError) {
    try rename { (history) throws(ReplicaError) in
      // Others' too: a server that went back is given its own again, which it stamped by a wrong clock.
      Renaming(
        Restamping(of: history, unknownAt: known, aheadOf: now + Self.maximumSkew, now: now),
        of: history)
    }
  }

  /// How far ahead of a server's clock a stamp may be, in milliseconds.
  package static let maximumSkew: UInt64 = 5 * 60_000

  /// Goes on under a new id. Durable on return.
  func takeNewID() throws(ReplicaError) {
    let id = newID()
    try stored { () throws(StorageError) in
      try store.updateIdentity { $0.takeReplica(id) }
    }
  }

  /// Keeps aside everything that a server lacks that was reset, and makes the next opening of the store begin
  /// with nothing. Durable on return.
  func startOver(_ refusal: SyncRefusal) throws(ReplicaError) {
    guard let known = refusal.knowledge, let server = refusal.server else { return }
    // Nobody writes from here on (see `begin`): it would be lost.
    try writer.withLock { (_) throws(ReplicaError) in
      try stored { () throws(StorageError) in try store.drain() }
      let lacking = try documents(beyond: known)
      if let dot = lacking.first?.units.first?.versions.first?.write.dot {
        try park(dot, lacking, reason: "the server was set back to an older state")
      }
      try stored { () throws(StorageError) in
        try store.updateIdentity { $0.startOver(server: server) }
      }
    }
  }

  private func documents(beyond known: VersionVector) throws(ReplicaError) -> [Document] {
    try read { (tables) throws(ReplicaError) in
      var found: [Document] = []
      for type in tables.typeNames {
        try stored { () throws(StorageError) in
          try tables.forEachDocument(ofType: type) { (document) throws(StorageError) in
            if let part = document.part(beyond: known) { found.append(part) }
          }
        }
      }
      return found
    }
  }

  /// Writes history and documents under other names and stamps, as one commit.
  private func rename(
    _ plan: (History) throws(ReplicaError) -> Renaming
  ) throws(ReplicaError) {
    let changed = try writer.withLock {
      (clock) throws(ReplicaError) -> [(before: Document, after: Document)] in
      try stored { () throws(StorageError) in try store.drain() }
      let renaming = try plan(store.read { $0.history })
      if renaming.isEmpty { return [] }
      try noteBranches(of: renaming)
      let changed = try changedDocuments(by: renaming)
      var batch = Batch()
      batch.documents = changed.map(\.after)
      batch.cuts = renaming.cuts
      batch.runs = renaming.runs
      try stored { () throws(StorageError) in try store.commit(batch) }
      clock = HybridClock(last: renaming.history.lastStamp)
      if !changed.isEmpty { reviewList.willTell() }
      return changed
    }
    guard !changed.isEmpty else { return }
    tell(News(changed.map { ($0.after.key, $0.before) }, as: changed.map(\.after)))
    reviewList.told()
  }

  private func changedDocuments(
    by renaming: Renaming
  ) throws(ReplicaError) -> [(before: Document, after: Document)] {
    try read { (tables) throws(ReplicaError) in
      var changed: [(before: Document, after: Document)] = []
      for type in tables.typeNames {
        try stored { () throws(StorageError) in
          try tables.forEachDocument(ofType: type) { (document) throws(StorageError) in
            if let renamed = renaming.applied(to: document) { changed.append((document, renamed)) }
          }
        }
      }
      return changed
    }
  }

  /// Transactions of this store stay its own under their new names. Noted before they have them: a name
  /// that nothing has yet does no harm.
  private func noteBranches(of renaming: Renaming) throws(ReplicaError) {
    let identity = store.identity
    var own = Set(identity.former + [identity.replica])
    var branches: [ReplicaID] = []
    for names in renaming.relabellings where own.contains(names.replica) {
      if own.insert(names.branch).inserted { branches.append(names.branch) }
    }
    guard !branches.isEmpty else { return }
    try stored { () throws(StorageError) in
      try store.updateIdentity { identity in
        for branch in branches { identity.noteBranch(branch) }
      }
    }
  }
}

/// Everything that changes in a history, and in the documents that name its transactions.
struct Renaming {
  private(set) var relabellings: [Relabelling] = []
  private(set) var restamping = Restamping([:])
  /// The history as it is afterwards.
  private(set) var history: History
  private let before: History

  /// What makes a history agree with a server's as far as both know the same transactions.
  init(of history: History, to theirs: History) throws(ReplicaError) {
    before = history
    self.history = history
    while let names = Relabelling.difference(of: self.history, from: theirs) {
      guard let renamed = self.history.relabelled(names) else {
        throw .sync(
          SyncRefusal(.malformed, "the histories cannot be brought together at \(names.replica)"))
      }
      relabellings.append(names)
      self.history = renamed
    }
    if planted(Fault.stampsNotTaken) { return }
    restamping = Restamping(from: self.history, to: theirs)
    if !restamping.isEmpty { self.history = self.history.restamped(restamping) }
  }

  init(_ restamping: Restamping, of history: History) {
    before = history
    self.restamping = restamping
    self.history = history.restamped(restamping)
  }

  var isEmpty: Bool { relabellings.isEmpty && restamping.isEmpty }

  /// Nil if nothing changes.
  func applied(to document: Document) -> Document? {
    var result = document
    var isChanged = false
    for names in relabellings where names.concerns(result) {
      (result, isChanged) = (result.relabelled(names), true)
    }
    if restamping.concerns(result) { (result, isChanged) = (result.restamped(restamping), true) }
    return isChanged ? result : nil
  }

  /// Where the chains of the two histories part, by replica.
  private var shared: VersionVector {
    VersionVector(
      before.knowledge.entries.map { entry in
        let common = min(entry.number, history.knowledge[entry.replica])
        return (entry.replica, lastShared(entry.replica, upTo: common))
      })
  }

  /// Chains agree up to a number and not beyond. O(log transactions).
  private func lastShared(_ replica: ReplicaID, upTo end: UInt64) -> UInt64 {
    var (low, high) = (UInt64(0), end)
    while low < high {
      let middle = (low + high + 1) / 2
      if before.hash(of: replica, at: middle) == history.hash(of: replica, at: middle) {
        low = middle
      } else {
        high = middle - 1
      }
    }
    return low
  }

  var cuts: [HistoryCut] {
    let shared = shared
    return before.knowledge.entries
      .filter { $0.number > shared[$0.replica] }
      .map { HistoryCut(replica: $0.replica, keep: shared[$0.replica]) }
  }

  var runs: [TransactionRun] { history.runs(since: shared) }
}
