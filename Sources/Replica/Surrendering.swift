package import Causality
import Documents
import JSON
import Platform
import Storage
package import SyncProtocol

/// The last words of a revoked device (MERGE, rule X2): what it had not sent is kept aside on the server, for
/// people; nothing of it is applied and nothing is answered.
extension ServerSync {
  /// Takes a page of a surrender. Durable on return.
  ///
  /// - Parameter caller: a laptop that was restored from a backup since, or has noticed that it was copied,
  ///   writes under an id that the server has not heard of: one that is free is taken, too.
  /// - Parameter reason: why nothing of it is applied, for people.
  /// - Returns: whether it was the last page.
  package func takeSurrender(
    _ body: [UInt8], of device: UniqueID, as caller: SyncCaller,
    because reason: String = "its device was revoked"
  ) throws(SyncRefusal) -> Bool {
    let request: SyncRequest
    do { request = try codec.request(body) } catch { throw SyncRefusal(.malformed, "\(error)") }
    guard let push = request.push else {
      throw SyncRefusal(.malformed, "a surrender holds a page of a push")
    }
    guard request.account ?? replica.account == replica.account,
      caller.mayWrite(as: request.replica)
    else {
      throw SyncRefusal(.foreignAccount, "the device belongs to another account")
    }
    return try replica.senders.take(request.replica) { () throws(SyncRefusal) in
      try takeSurrender(request, push, body, of: device, as: caller, reason)
    }
  }

  private func takeSurrender(
    _ request: SyncRequest, _ push: PushPosition, _ body: [UInt8], of device: UniqueID,
    as caller: SyncCaller, _ reason: String
  ) throws(SyncRefusal) -> Bool {
    do throws(ReplicaError) {
      let staged = try stagedPageCount(request)
      guard push.page == 0 || push.page == staged else {
        throw .sync(SyncRefusal(.pushRestart, "page \(push.page) is not the next of this push"))
      }
      if !push.isLast {
        try keep(body, push, request.replica)
        return false
      }
      var parts: [Document] = []
      for number in 0..<push.page {
        let page = try page(number, of: push, request.replica)
        try replica.parkUnreadable(page.unreadable, from: device)
        parts += page.parts
      }
      try replica.parkUnreadable(request.unreadable, from: device)
      try replica.parkSurrender(parts + request.parts, of: device, as: caller, reason)
      try stored { () throws(StorageError) in try stage(request.replica).clear() }
      return true
    } catch {
      throw Self.refusal(error)
    }
  }
}

extension Replica {
  /// Keeps what a device wrote and the server did not know, in one file, and says so in a document. What bears
  /// the name of another device's transaction is not its own.
  fileprivate func parkSurrender(
    _ parts: [Document], of device: UniqueID, as caller: SyncCaller, _ reason: String
  ) throws(ReplicaError) {
    let known = store.read { $0.knowledge }
    let news = ChangeSet(since: known, upTo: known, parts: parts, runs: []).latestParts
      .compactMap { $0.part(beyond: known) { caller.mayWrite(as: $0.replica) && $0.replica != id } }
    let dots = Set(news.flatMap { $0.units.flatMap(\.versions).map(\.write.dot) }).sorted()
    guard let first = dots.first else { return }
    try park(first, news, reason: reason, by: device)
    try transact { (transaction) throws(ReplicaError) in
      try self.tell(
        of: first, news, reason: reason, in: &transaction)
    }
  }
}

extension LaptopSync {
  /// Gives the server what it does not know, after the device was revoked. Nothing changes here.
  /// - Throws: `sync` with `revoked` if that was done before.
  package func surrender() throws(ReplicaError) {
    guard let enrolment = replica.store.identity.enrolment else { throw .notEnrolled }
    let (token, peer) = (replica.world.random.uint64(), replica.peer)
    var position = peer.pushedUpTo
    var page = 0
    var report = SyncReport()
    while true {
      let cut = try replica.cutPush(
        ClientSession.PushRequest(
          since: peer.knowledge, after: position, isFirst: page == 0))
      var request = SyncRequest(
        replica: replica.id, base: codec.digest(of: peer.knowledge),
        knowledge: cut.knowledge.difference(from: peer.knowledge), history: cut.history)
      (request.account, request.server) = (replica.account, enrolment.server)
      request.push = PushPosition(token: token, page: page, isLast: cut.isHead)
      (request.parts, request.runs) = (cut.parts, cut.runs)
      let reply = try transmit(
        codec.encode(request), to: SyncProtocolVersion.surrenderPath, &report)
      guard reply.status == 200 else { throw .sync(try refusal(reply)) }
      if cut.isHead { return }
      (position, page) = (cut.position, page + 1)
    }
  }
}
