package import Causality

/// How an invite stands among those of its patient.
package struct InviteStanding: Sendable {
  package let id: UniqueID
  /// The status that counts now: pending, accepted, expired or revoked.
  package let status: String
  /// In milliseconds since 1970; 0 if nobody knows.
  package let issuedAt: UInt64
  package let acceptedAt: UInt64?

  package init(id: UniqueID, status: String, issuedAt: UInt64, acceptedAt: UInt64? = nil) {
    (self.id, self.status, self.issuedAt, self.acceptedAt) = (id, status, issuedAt, acceptedAt)
  }
}

/// How a pending invite ends because another counts in its place.
package struct InviteEnding: Sendable, Equatable {
  /// One of `InviteLifeCycle.consequences`.
  package let reason: String
  package let supersededBy: UniqueID?
  /// When: a time of the invite that counts, so that it is the same wherever it is worked out. Nil if nobody
  /// knows.
  package let at: UInt64?

  package init(reason: String, supersededBy: UniqueID?, at: UInt64?) {
    (self.reason, self.supersededBy, self.at) = (reason, supersededBy, at)
  }
}

/// At most one invite of a patient stays pending (MERGE, rules I6 and I7): none if one was accepted, else the
/// newest, as after a resend.
package struct InviteSettlement: Sendable {
  /// The invite that stays pending.
  package let pending: UniqueID?
  private let ended: [UniqueID: InviteEnding]

  package init(_ standings: [InviteStanding]) {
    let pending = standings.filter { $0.status == "pending" }
    let accepted = standings.filter { $0.status == "accepted" }
      .min { ($0.acceptedAt ?? $0.issuedAt, $0.id) < ($1.acceptedAt ?? $1.issuedAt, $1.id) }
    let newest = pending.max { ($0.issuedAt, $0.id) < ($1.issuedAt, $1.id) }
    let stays = accepted == nil ? newest?.id : nil
    let ending = Self.ending(because: accepted, or: newest)
    self.pending = stays
    var ended: [UniqueID: InviteEnding] = [:]
    for invite in pending where invite.id != stays { ended[invite.id] = ending }
    self.ended = ended
  }

  private static func ending(
    because accepted: InviteStanding?, or newest: InviteStanding?
  ) -> InviteEnding? {
    let known = { (time: UInt64) in time == 0 ? nil : time }
    if let accepted {
      return InviteEnding(
        reason: "already_registered", supersededBy: nil,
        at: known(accepted.acceptedAt ?? accepted.issuedAt))
    }
    return newest.map {
      InviteEnding(reason: "superseded", supersededBy: $0.id, at: known($0.issuedAt))
    }
  }

  /// How an invite ends; nil if it stays as it is.
  package func ending(of invite: UniqueID) -> InviteEnding? { ended[invite] }
}
