package import Causality
package import Documents

/// The version of the protocol that this program speaks.
package enum SyncProtocolVersion {
  package static let current = 1
  /// The path of the request that nearly always is the only one.
  package static let exchangePath = "/sync/v1/exchange"
  /// Where two histories are compared that differ.
  package static let historiesPath = "/sync/v1/histories"
  /// Where a revoked device gives what it has not sent, once.
  package static let surrenderPath = "/sync/v1/surrender"
  package static let wipedPath = "/sync/v1/wiped"
  /// Answered when something arrives that the laptop has not seen, or after a while.
  package static let watchPath = "/sync/v1/watch"
  package static let enrolPath = "/sync/v1/enroll"
  /// Where a person proves who he is, to log in on a laptop.
  package static let loginPath = "/sync/v1/login"
  /// Where a laptop gives what it remembers of its people.
  package static let auditPath = "/sync/v1/audit"
  package static let contentType = "application/satchel+jsonl"
  package static let headerName = "Satchel-Protocol"
  /// Says how a laptop keeps what it gets: `store` if it is encrypted.
  package static let encryptionHeaderName = "Satchel-Encryption"
  /// In a request the name of the list of people that the laptop has, in its answer another list.
  package static let peopleHeaderName = "Satchel-People"
  /// Carries the refresh token of a device whose access token has expired.
  package static let refreshHeaderName = "Satchel-Refresh-Token"
}

/// A place in a feed at which a pull goes on.
package struct PullCursor: Hashable, Sendable {
  /// The arrival number of the last document that was looked at.
  package var position: UInt64
  /// The head of the feed when the page was cut, and its mark: if that is no longer in the feed, the
  /// pull starts again.
  package var head: UInt64
  package var mark: UInt64

  package init(position: UInt64, head: UInt64, mark: UInt64) {
    self.position = position
    self.head = head
    self.mark = mark
  }
}

/// Which page of which push a request carries.
package struct PushPosition: Hashable, Sendable {
  /// Random: names the push.
  package var token: UInt64
  /// Counts from 0.
  package var page: Int
  /// Whether the push ends here: only then is anything applied.
  package var isLast: Bool
  /// The digest at the end of the page before, which the server must have kept; nil if that is not said.
  package var after: String?

  /// A push of one page: nobody needs to name it.
  package static let whole = PushPosition(token: 0, page: 0, isLast: true)

  package init(token: UInt64, page: Int, isLast: Bool) {
    self.token = token
    self.page = page
    self.isLast = isLast
  }
}

/// What a laptop asks for in a pull.
package struct PullPosition: Sendable {
  /// What the laptop had when the pull began; nil for its knowledge as the request names it.
  package var since: VersionVector?
  /// Where to go on; nil from the start.
  package var cursor: PullCursor?

  package init(since: VersionVector?, cursor: PullCursor?) {
    self.since = since
    self.cursor = cursor
  }
}

/// From a laptop to its server.
package struct SyncRequest: Sendable {
  package var replica: ReplicaID
  /// Nil where both sides have agreed before: the base and the history say the same.
  package var account: UniqueID?
  /// The server that the device is enrolled at: another one must not take anything. Nil as the account.
  package var server: UniqueID?
  /// What the device may see, as the laptop knows it; nil for its whole account.
  package var scope: String?
  /// The name of the server's knowledge as the laptop last knew it: the base of the differences.
  package var base: String
  /// The laptop's knowledge, as its difference from the base.
  package var knowledge: [VersionVector.Entry]
  /// The hash of the laptop's history at its knowledge: 32 hexadecimal digits.
  package var history: String
  /// The name of what the laptop knows not to be stable; nil for nothing.
  package var unstable: String?
  /// Ids under which the laptop wrote before and never will again: the server retires them.
  package var former: [ReplicaID] = []
  /// So many ids of before are named at most.
  package static let maximumFormerCount = 256
  /// So many documents are asked for, or said to be missing, at most.
  package static let maximumWantedCount = 100
  /// Documents that live but lack content here (DESIGN, rule 11): the server sends them whole.
  package var wanted: [DocumentKey] = []
  /// Of what the server wanted, what this laptop does not have whole either.
  package var missing: [DocumentKey] = []
  package var push: PushPosition?
  package var pull: PullPosition?
  package var parts: [Document] = []
  package var runs: [TransactionRun] = []
  /// Documents that came but cannot be kept as such; never sent.
  package var unreadable: [UnreadablePart] = []

  package init(
    replica: ReplicaID, base: String, knowledge: [VersionVector.Entry], history: String
  ) {
    self.replica = replica
    self.base = base
    self.knowledge = knowledge
    self.history = history
  }
}

/// A page of a pull.
package struct PullPage: Sendable {
  /// Where the next page begins; on the last page, where the next pull begins. Nil if that is where this
  /// one began.
  package var cursor: PullCursor?
  /// Whether the pull ends here: only then does the reply's knowledge hold for the laptop.
  package var isLast: Bool

  package init(cursor: PullCursor?, isLast: Bool) {
    self.cursor = cursor
    self.isLast = isLast
  }
}

/// From a server to a laptop.
package struct SyncReply: Sendable {
  /// Nil if the request names none.
  package var server: UniqueID?
  /// The server's knowledge, as its difference from the base that the request named.
  package var knowledge: [VersionVector.Entry]
  /// The hash of the server's history at its knowledge; nil if that is the request's.
  package var history: String?
  /// The server's clock, milliseconds since 1970 UTC.
  package var now: UInt64
  /// A page of a push that is not complete was kept: the number of the next one.
  package var nextPushPage: Int?
  package var pull: PullPage?
  /// On the last page of a pull: what not every active replica has, each entry as far as all have it
  /// (DESIGN, rule 15). What is not named all have. Nil if it is as the request names it.
  package var unstable: [VersionVector.Entry]?
  /// Documents that live but lack content at the server: a laptop that has them whole sends them.
  package var wanted: [DocumentKey] = []
  package var parts: [Document] = []
  package var runs: [TransactionRun] = []
  /// Documents that came but cannot be kept as such; never sent.
  package var unreadable: [UnreadablePart] = []

  package init(
    server: UniqueID?, knowledge: [VersionVector.Entry], history: String?, now: UInt64
  ) {
    self.server = server
    self.knowledge = knowledge
    self.history = history
    self.now = now
  }
}

/// Why a server does not do what a request asks. Says what the laptop does next.
package struct SyncRefusal: Error, Sendable, Equatable {
  package enum Code: String, Sendable, CaseIterable {
    /// The bytes are no request: report it.
    case malformed
    /// The server speaks other versions of the protocol: one side must be brought up to date.
    case unsupportedProtocol = "unsupported_protocol"
    /// The base is unknown here: send again relative to the knowledge that comes with this.
    case unknownBase = "unknown_base"
    /// The server lacks what the push builds on: send again relative to the knowledge given.
    case serverBehind = "server_behind"
    /// Push pages are not there or out of order: begin the push anew, or go on where the server says.
    case pushRestart = "push_restart"
    /// The pull cannot go on where it stood: drop what is staged and begin it anew.
    case cursorGone = "cursor_gone"
    /// Transactions of one name differ: compare histories, take the server's names, send again.
    case historiesDiffer = "histories_differ"
    /// What the device may see is not what the request names (DESIGN, rule 25): begin anew from nothing, with
    /// the scope that comes with this.
    case scopeChanged = "scope_changed"
    /// The replica is retired, or older than what it sent before: take a new id, send again.
    case newIdentity = "new_identity"
    /// The push holds transactions of other devices that the server has lost, and nobody opened its
    /// recovery: keep everything, try again later.
    case recoveryClosed = "recovery_closed"
    /// The server was reset to an older state on purpose: keep aside what it lacks, fetch all anew, and go
    /// on with the server that comes with this.
    case serverReset = "server_reset"
    /// Transactions are stamped in the future: stamp them anew by the server's time, send again.
    case clock
    /// The page, or the whole push, is larger than somebody on the way takes: send smaller pages.
    case tooLarge = "too_large"
    /// The push holds transactions that are not the device's own.
    case foreignTransactions = "foreign_transactions"
    /// The device belongs to another account, or another server answers here.
    case foreignAccount = "foreign_account"
    /// The credentials do not hold: enrol again.
    case unauthorized
    /// The device was revoked: it may surrender what it has not sent, and stops.
    case revoked
    /// The device's user is disabled: stop until an administrator enables him.
    case userDisabled = "user_disabled"
    /// The account is suspended: stop until it is opened again.
    case accountSuspended = "account_suspended"
    /// The account gives nothing to a laptop whose store is not encrypted; what it sent is kept.
    case encryptionRequired = "encryption_required"
    /// Anything else that an administrator must change: stop.
    case forbidden
    /// The server cannot now: try again later.
    case unavailable
  }

  package let code: Code
  package let message: String
  /// The server's knowledge, where the laptop needs it.
  package var knowledge: VersionVector?
  /// The server's time, milliseconds since 1970 UTC, where the laptop needs it.
  package var now: UInt64?
  /// The server's new identity, where the laptop needs it.
  package var server: UniqueID?
  /// What the device may see, where the laptop needs it; nil for its whole account.
  package var scope: String?
  /// Where a page is not the next of its push: the number of the next, 0 if none is kept.
  package var nextPushPage: Int?
  /// With `revoked`: how the device is to drop everything that it holds; nil if it keeps it.
  package var wipe: WipeOrder?
  /// With `wipe`: what shows that it is the server that enrolled the device, 64 hexadecimal digits.
  package var wipeProof: String?
  /// The digest at the end of the last page that is kept of it.
  package var keptDigest: String?

  package init(
    _ code: Code, _ message: String, knowledge: VersionVector? = nil, now: UInt64? = nil,
    server: UniqueID? = nil, scope: String? = nil
  ) {
    self.scope = scope
    self.code = code
    self.message = message
    self.knowledge = knowledge
    self.now = now
    self.server = server
  }

  /// The status of the HTTP answer.
  package var status: Int {
    switch code {
    case .malformed: 400
    case .unauthorized: 401
    case .forbidden, .foreignAccount, .foreignTransactions, .revoked, .userDisabled,
      .accountSuspended, .encryptionRequired:
      403
    case .unknownBase, .serverBehind, .pushRestart, .historiesDiffer, .newIdentity,
      .recoveryClosed, .clock, .serverReset, .scopeChanged:
      409
    case .cursorGone: 410
    case .tooLarge: 413
    case .unsupportedProtocol: 426
    case .unavailable: 503
    }
  }
}

extension SyncRefusal.Code {
  /// Whether asking again is in vain until somebody does something at the server, or enrols the device anew.
  package var stops: Bool {
    switch self {
    case .unauthorized, .revoked, .userDisabled, .accountSuspended, .encryptionRequired,
      .forbidden, .foreignAccount, .foreignTransactions, .unsupportedProtocol:
      true
    default: false
    }
  }

  /// What a status means whose code is not known here; nil if it says nothing.
  fileprivate static let byStatus: [Int: Self] = [
    400: .malformed, 401: .unauthorized, 403: .forbidden, 410: .cursorGone, 413: .tooLarge,
    426: .unsupportedProtocol, 429: .unavailable, 503: .unavailable,
  ]

  init?(status: Int) {
    guard let code = Self.byStatus[status] else { return nil }
    self = code
  }
}

/// How a revoked device drops everything that it holds.
package enum WipeOrder: String, Sendable, CaseIterable {
  /// First it gives what it has not sent.
  case afterSurrender = "after_surrender"
  /// At once: what it has not sent is lost.
  case now

  /// What a server authenticates (HMAC with SHA-256, with the secret of the enrolment) to prove the order.
  package func provenBytes(to device: UniqueID) -> [UInt8] {
    Array("satchel wipe 1\n\(device)\n\(rawValue)\n".utf8)
  }
}
