package import Causality
package import Documents
import Planted

/// What the host and the session tell each other.
extension ClientSession {
  /// What the host knows when the session begins.
  package struct Start: Sendable {
    package var replica: ReplicaID
    package var account: UniqueID
    /// The server that the device is enrolled at.
    package var server: UniqueID
    /// The server's knowledge at the end of the last exchange.
    package var base: VersionVector
    /// The server has all that arrived here up to this number.
    package var pushedUpTo: UInt64
    /// Where the last complete pull ended.
    package var pullCursor: PullCursor?
    /// What is left of a pull that did not come to its end.
    package var staged: StagedPull?
    /// Random: names the push.
    package var token: UInt64
    /// Whether the base comes from a complete exchange: it shows by itself which server is meant.
    package var isAgreed = false
    /// What the device may see, as the last complete pull said; nil for its whole account.
    package var scope: String?
    /// Whether the pull brings all that there is, known or not: the scope has changed, or something was lost.
    package var isFromNothing = false
    /// Whether documents travel whole until a push is acknowledged: the replica has a new id (DESIGN,
    /// rule 17).
    package var isWhole = false
    /// Ids under which the laptop wrote before.
    package var former: [ReplicaID] = []
    /// Documents that lack content here.
    package var wanted: [DocumentKey] = []
    /// The name of what is known not to be stable.
    package var unstable: String?
    /// A push that did not come to its end. The history here still holds what the note says.
    package var pushUnderWay: PushUnderWay?

    package init(
      replica: ReplicaID, account: UniqueID, server: UniqueID, base: VersionVector,
      pushedUpTo: UInt64, pullCursor: PullCursor?, staged: StagedPull?, token: UInt64
    ) {
      self.replica = replica
      self.account = account
      self.server = server
      self.base = base
      self.pushedUpTo = pushedUpTo
      self.pullCursor = pullCursor
      self.staged = staged
      self.token = token
    }

    /// Neither the base nor the place of the pull holds for another scope.
    mutating func beginFromNothing(scope: String?) {
      (base, pushedUpTo, isAgreed) = (VersionVector(), 0, false)
      (staged, pullCursor) = (nil, nil)
      (self.scope, isFromNothing) = (scope, true)
    }

    /// What the server has said since, where the host begins anew with what it remembers.
    mutating func take(_ learned: Learned) {
      if let base = learned.base {
        (self.base, isAgreed) = (base, false)
        if !planted(Fault.lostWritesNotGivenBack) { pushedUpTo = 0 }
      }
      if learned.isCursorGone { pullCursor = nil }
    }

    /// Of documents that were lost here, the differences to what is known mean nothing: all come whole.
    package mutating func fetchEverything() {
      if let since = staged?.since, !since.isEmpty { staged = nil }
      (pullCursor, isAgreed, isFromNothing) = (nil, false, true)
    }
  }

  /// What refusals of this session have told.
  struct Learned {
    /// The server's knowledge, as a base that it knows.
    var base: VersionVector?
    var isCursorGone = false
  }

  package struct StagedPull: Sendable {
    package var since: VersionVector
    package var cursor: PullCursor
    package var pageCount: Int

    package init(since: VersionVector, cursor: PullCursor, pageCount: Int) {
      self.since = since
      self.cursor = cursor
      self.pageCount = pageCount
    }
  }

  package struct PushUnderWay: Sendable {
    package var note: PushNote
    /// What this replica knows now, and the hash of its history there.
    package var knowledge: VersionVector
    package var history: String

    package init(note: PushNote, knowledge: VersionVector, history: String) {
      self.note = note
      self.knowledge = knowledge
      self.history = history
    }
  }

  /// What a page of a push must hold.
  package struct PushRequest: Sendable, Equatable {
    package var since: VersionVector
    package var after: UInt64
    package var isFirst: Bool
    package var isWhole: Bool
    /// Documents to send whole with the last page, as far as they are whole here.
    package var supply: [DocumentKey]

    package init(
      since: VersionVector, after: UInt64, isFirst: Bool, isWhole: Bool = false,
      supply: [DocumentKey] = []
    ) {
      self.since = since
      self.after = after
      self.isFirst = isFirst
      self.isWhole = isWhole
      self.supply = supply
    }
  }

  /// A page of what the server lacks. If the head of the feed is reached, it was cut under the lock,
  /// together with knowledge, history and runs.
  package struct PushCut: Sendable {
    package var parts: [Document]
    package var runs: [TransactionRun]
    package var position: UInt64
    package var isHead: Bool
    package var knowledge: VersionVector
    package var history: String
    /// At the head, what was to be supplied and is not whole here.
    package var missing: [DocumentKey] = []

    package init(
      parts: [Document], runs: [TransactionRun], position: UInt64, isHead: Bool,
      knowledge: VersionVector, history: String
    ) {
      self.parts = parts
      self.runs = runs
      self.position = position
      self.isHead = isHead
      self.knowledge = knowledge
      self.history = history
    }
  }

  /// The end of a pull, to be applied as one transaction with the pages that were staged.
  package struct PullEnd: Sendable {
    package var lastPage: SyncReply
    package var stagedPageCount: Int
    package var since: VersionVector
    /// The server's knowledge: what this replica knows afterwards.
    package var upTo: VersionVector
    /// The hash of the server's history there.
    package var history: String
    /// Nil if the server's feed is empty.
    package var cursor: PullCursor?
    /// The server now has all that arrived here up to this number.
    package var pushedUpTo: UInt64
    /// What the device may see.
    package var scope: String?
  }

  package enum Event: Sendable {
    case begin(Start)
    case pushCut(PushCut)
    case replied(SyncReply)
    case refused(SyncRefusal)
    case staged
    case applied
  }

  package enum Effect: Sendable {
    /// Answer with `pushCut`.
    case cutPush(PushRequest)
    /// Answer with `replied` or `refused`.
    case send(SyncRequest)
    /// Keep a note durably, with the digest of the message (`PushNote.seal`), then send it; answer as to `send`.
    case sendPage(SyncRequest, PushNote)
    /// The push is applied, the pull goes on: keep a note of that durably.
    case noteAccepted(PushNote)
    /// The push is applied: nothing needs to travel whole any more.
    case notePushed
    case dropStagedPull
    /// Keep the page that was replied durably, as it came, with what a later session needs to go on; answer with `staged`.
    case stagePull(StagedPull)
    /// Answer with `applied`, or `refused` if the histories differ.
    case applyPull(PullEnd)
    /// Make pages half as large; answer with `begin`, or fail where that is not possible.
    case shrinkPages(SyncRefusal)
    /// Compare histories with the server and take its names (DESIGN, rule 16); answer with `begin`.
    case agreeOnNames
    /// Take a new id (DESIGN, rule 17); answer with `begin`.
    case takeNewID
    /// Keep aside what the server lacks and begin anew with its new identity (MERGE, rule X3); then fail
    /// with the refusal: the store must be opened again.
    case startOver(SyncRefusal)
    /// Stamp anew what is ahead of the server's clock and not known there (DESIGN, rule 19); answer
    /// with `begin`.
    case restamp(now: UInt64, known: VersionVector)
    /// What the server wanted is to be sent (DESIGN, rule 11), or a push may go on elsewhere; answer with `begin`.
    case again
    case finish
    case fail(SyncRefusal)
  }
}
