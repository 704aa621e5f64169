import Causality
import Documents
import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

extension Replica {
  /// What is known of the server.
  package var peer: PeerState { store.read { PeerState($0) } }

  /// The next page of what a server with a knowledge lacks. The first tells all transactions too, so that
  /// a server sees at once whether the histories agree. O(documents behind the place, up to the page's
  /// end).
  /// - Parameter pageByteCount: about the size of a page.
  func cutPush(
    _ request: ClientSession.PushRequest, pageByteCount: Int = FeedPage.maximumByteCount
  ) throws(ReplicaError) -> ClientSession.PushCut {
    try store.read { (tables) throws(ReplicaError) in
      let (page, missing) = try stored { () throws(StorageError) -> (FeedPage, [DocumentKey]) in
        var page = try FeedPage(
          tables, since: request.since, after: request.after,
          request.isWhole ? .whole : .lacking, maximumByteCount: pageByteCount)
        if request.isWhole { try page.add(referredTo(by: page.parts, tables), tables) }
        if !page.isHead { return (page, []) }
        try page.add(request.supply, tables)
        return (page, try Self.incomplete(request.supply, tables))
      }
      let knowledge = tables.knowledge
      let tellsRuns = page.isHead || request.isFirst
      var cut = ClientSession.PushCut(
        parts: page.parts, runs: tellsRuns ? tables.history.runs(since: request.since) : [],
        position: page.position, isHead: page.isHead, knowledge: knowledge,
        history: SyncCodec.text(history: tables.history.hash(at: knowledge) ?? []))
      cut.missing = missing
      return cut
    }
  }

  private static func incomplete(
    _ keys: [DocumentKey], _ tables: borrowing Tables
  ) throws(StorageError) -> [DocumentKey] {
    var incomplete: [DocumentKey] = []
    for key in keys where try tables.document(key)?.lacksContent ?? true { incomplete.append(key) }
    return incomplete
  }

  /// Applies a complete pull as one transaction (DESIGN, rule 14).
  /// - Parameter page: reads a page that is kept.
  /// - Returns: the number of documents that changed.
  func applyPull(
    _ end: ClientSession.PullEnd,
    page: @escaping (Int) throws(ReplicaError) -> ArrivingChanges.Page
  ) throws(ReplicaError) -> Int {
    var changes = ChangeSet(
      since: end.since, upTo: end.upTo, parts: end.lastPage.parts, runs: end.lastPage.runs)
    changes.unreadable = end.lastPage.unreadable
    if let defect = changes.defect() { throw .sync(ArrivingChanges.refusal(defect)) }
    let arriving = ArrivingChanges(changes, kept: end.stagedPageCount, page: page)
    let (offset, known) = (clockOffset, peer.unstable)
    let numbering = store.read { $0.numbering }
    return try apply(arriving) { (tables) throws(ReplicaError) in
      try Self.compare(tables, changes, history: end.history)
    } registers: { _, headBefore, head in
      var peer = PeerState()
      peer.knowledge = end.upTo
      peer.cursor = end.cursor
      peer.scope = end.scope
      peer.clockOffset = offset
      peer.unstable = end.lastPage.unstable ?? known
      // What this pull brought, the server has.
      peer.pushedUpTo = headBefore == end.pushedUpTo ? head : end.pushedUpTo
      // What came from nothing is all that there is.
      let found = end.since.isEmpty ? [(name: Repairer.lostRegister, value: JSONValue.null)] : []
      return [
        (PeerState.register, peer.value(numbering: numbering)), (PushNote.register, .null),
      ] + found
    }.count
  }

  /// Both histories must agree where they meet (DESIGN, rule 16).
  static func compare(
    _ tables: borrowing Tables, _ changes: ChangeSet, history: String
  ) throws(ReplicaError) {
    let hash = tables.history.hash(at: changes.upTo, adding: changes.runs)
    guard let hash, SyncCodec.text(history: hash) == history else {
      throw .sync(
        SyncRefusal(
          .historiesDiffer,
          "this store and the server disagree about the past: one of them was restored from an "
            + "older copy, or copied; nothing was changed"))
    }
  }
}
