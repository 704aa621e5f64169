package import Causality

/// What a laptop keeps durably of a push of several pages that is under way, so that another session can go on with
/// it: written before its page is sent. The server has kept the pages before that page, or that page too.
package struct PushNote: Sendable, Equatable {
  package var replica: ReplicaID
  package var token: UInt64
  /// What all pages are relative to.
  package var base: VersionVector
  package var isWhole: Bool
  /// The last page that was sent.
  package var page: Int
  /// Where it began and where it ended in the order of arrival.
  package var from: UInt64
  package var upTo: UInt64
  /// What the laptop knew when it was cut.
  package var knowledge: VersionVector
  package var history: String
  /// The digest at its end.
  package var digest = ""
  /// The digest at the end of the page before it.
  package var previousDigest = ""

  package init(
    replica: ReplicaID, token: UInt64, base: VersionVector, isWhole: Bool, page: Int, from: UInt64,
    upTo: UInt64, knowledge: VersionVector, history: String
  ) {
    self.replica = replica
    self.token = token
    self.base = base
    self.isWhole = isWhole
    self.page = page
    self.from = from
    self.upTo = upTo
    self.knowledge = knowledge
    self.history = history
  }

  /// Takes the digest of its page.
  /// - Parameter last: the note that this one replaces.
  package mutating func seal(_ digest: String, after last: PushNote?) {
    self.digest = digest
    previousDigest = digestBefore(last) ?? ""
  }

  /// The digest at the end of the page before this one's; nil if that was not of this push.
  /// - Parameter last: the note before this one.
  package func digestBefore(_ last: PushNote?) -> String? {
    guard let last, last.token == token else { return nil }
    if last.page == page - 1 { return last.digest }
    return last.page == page && !last.previousDigest.isEmpty ? last.previousDigest : nil
  }

  /// Where a push goes on.
  package enum Continuation: Equatable, Sendable {
    /// All of it is applied; the server knows this now.
    case accepted(VersionVector)
    case page(Int, after: UInt64)
    case anew
  }

  /// What the server's answer to the question for the next page says. In doubt a push begins anew: a copy of this
  /// laptop may have gone on with it, then the last page there is not the one that was sent from here.
  package func continuation(_ refusal: SyncRefusal) -> Continuation {
    // Under a new id the knowledge says nothing: others may have brought the same transactions.
    if !isWhole, let known = refusal.knowledge, knowledge.isCovered(by: known) {
      return .accepted(known)
    }
    switch (refusal.nextPushPage, refusal.keptDigest) {
    case (page + 1, digest): return .page(page + 1, after: upTo)
    case (page, page == 0 ? nil : previousDigest): return .page(page, after: from)
    default: return .anew
    }
  }
}

extension PushPosition {
  /// The question which page of a push comes next: no push reaches its number, so it is always refused.
  package static func question(_ token: UInt64) -> PushPosition {
    PushPosition(token: token, page: Int(Int32.max), isLast: false)
  }
}
