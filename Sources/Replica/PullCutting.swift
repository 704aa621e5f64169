import Causality
import Documents
import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

/// What a server gives to a laptop.
extension Replica {
  /// The next page of what a laptop lacks. On the last page everything is cut under one lock.
  /// - Parameters:
  ///   - wanted: documents that lack content there: sent whole with the last page.
  ///   - known: arrivals at which the laptop lacks nothing.
  func cutPull(
    _ position: PullPosition, wanted: [DocumentKey], _ known: KnownArrivals? = nil
  ) throws(ReplicaError) -> ServerSession.PullCut {
    let lacking = try self.wanted()
    let since = position.since ?? VersionVector()
    let cut = try store.read { (tables) throws(ReplicaError) in
      let page = try stored { () throws(StorageError) -> FeedPage? in
        if let cursor = position.cursor {
          let isValid = try tables.contains(FeedMark(position: cursor.head, mark: cursor.mark))
          if !isValid { return nil }
        }
        var page = try FeedPage(
          tables, since: since, after: position.cursor?.position ?? 0,
          maximumByteCount: pieces.pageByteCount, known: known)
        if page.isHead { try page.add(wanted, tables) }
        return page
      }
      guard let page else {
        throw .sync(SyncRefusal(.cursorGone, "the pull cannot go on where it stood"))
      }
      let head = tables.headMark
      let cursor = PullCursor(position: page.position, head: head.position, mark: head.mark)
      let knowledge = tables.knowledge
      var cut = ServerSession.PullCut(
        parts: page.parts, runs: page.isHead ? tables.history.runs(since: since) : [],
        page: PullPage(cursor: cursor, isLast: page.isHead),
        knowledge: knowledge,
        history: SyncCodec.text(history: tables.history.hash(at: knowledge) ?? []))
      if page.isHead {
        cut.unstable = Self.unstable(knowledge, tables.registers)
        cut.wanted = lacking
      }
      return cut
    }
    remember(cut.knowledge)
    return cut
  }

  private func remember(_ knowledge: VersionVector) {
    let codec = SyncCodec(rules: rules, digest: world.digest)
    let name = codec.digest(of: knowledge)
    givenBases.withLock { bases in
      if bases.count >= Self.maximumGivenBaseCount { bases.removeAll() }
      bases[name] = knowledge
    }
  }
}
