import Causality
import Clinic
import Documents
import JSON
import Planted
import Platform
import Storage
import SyncProtocol

extension Replica {
  /// So many documents lose their content in one commit.
  private static let droppedAtOnce = 500

  /// Drops the content of documents that have been in the trash for longer than the account's trash
  /// time, once every active replica knows of the delete (DESIGN, rule 10). What is left of each says
  /// that it was deleted. Durable on return. O(documents that somebody deleted once).
  /// - Returns: how many documents lost their content.
  package func emptyTrash() throws(ReplicaError) -> Int {
    var count = 0
    while true {
      let keys = try disposable()
      if keys.isEmpty { return count }
      try drop(keys)
      count += keys.count
    }
  }

  private func disposable() throws(ReplicaError) -> [DocumentKey] {
    let stable = stableKnowledge
    let limit = now() - min(now(), try trashMilliseconds())
    return try read { (tables) throws(ReplicaError) in
      let all = copy tables
      return try looking(at: tables) { (clinic) throws(ReplicaError) in
        var keys: [DocumentKey] = []
        for type in all.typeNames {
          let deleted = try stored { () throws(StorageError) in
            try all.keysWithLife(ofType: type)
          }
          for key in deleted where keys.count < Self.droppedAtOnce {
            guard let document = clinic.subject(key)?.document, document.hasContent,
              planted(Fault.purgedBeforeStable) || document.clock.isCovered(by: stable),
              document.deletedAt.map({ $0.milliseconds <= limit || planted(Fault.purgedEarly) })
                ?? false,
              clinic.isDeleted(document), clinic.hasEnded(document),
              // What names a patient that was merged into another leads to that one by it.
              clinic.survivor(of: key) == key
            else { continue }
            keys.append(key)
          }
        }
        return keys
      }
    }
  }

  /// So long a push that does not go on is kept, in milliseconds.
  private static let keptPushMilliseconds: UInt64 = 7 * 86_400_000

  /// Drops pushes that laptops began and gave up.
  func dropAbandonedPushes() throws(ReplicaError) {
    guard role == .server, !planted(Fault.abandonedPushesKept) else { return }
    let now = world.clock.now()
    let limit = (now - min(now, Self.keptPushMilliseconds)) * 1_000_000
    try stored { () throws(StorageError) in
      try Stage.dropAbandoned(in: store, unchangedSince: limit)
    }
  }

  private func drop(_ keys: [DocumentKey]) throws(ReplicaError) {
    try rewrite { (transaction) throws(ReplicaError) in
      for key in keys {
        guard var document = try transaction.document(key) else { continue }
        document.dropContent()
        try transaction.take(document)
      }
    }
  }

  /// What every active replica has: at a server the least of what each declared last, at a laptop what
  /// its server said. A store with an account of its own is alone; one that belongs to a server's account is
  /// not, also before it is enrolled and after it has lost its enrolment.
  private var stableKnowledge: VersionVector {
    let (knowledge, registers) = store.read { ($0.knowledge, $0.registers) }
    switch role {
    case .server: return PeerState.stable(knowledge, Self.unstable(knowledge, registers))
    case .laptop: return store.identity.isLocalAccount ? knowledge : peer.stable
    }
  }

  /// Of a server's knowledge, what some laptop has not declared yet, each entry as far as all have. While
  /// recovery is open nobody knows which laptops are still to come.
  static func unstable(
    _ knowledge: VersionVector, _ registers: [String: JSONValue]
  ) -> [VersionVector.Entry] {
    if RecoveryState(registers).isOpen {
      return knowledge.entries.map { .init(replica: $0.replica, number: 0) }
    }
    // any order: of each replica the smallest number counts
    let declared = registers.filter { $0.key.hasPrefix(knownPrefix) }.map { register in
      VersionVector().applying(SyncCodec.entries(register.value.objectValue?["declared"]) ?? [])
    }
    return knowledge.entries.compactMap { entry in
      let least = declared.map { $0[entry.replica] }.min() ?? entry.number
      return least < entry.number ? .init(replica: entry.replica, number: least) : nil
    }
  }

  /// How long deleted documents keep their content: a setting of the account.
  private func trashMilliseconds() throws(ReplicaError) -> UInt64 {
    let settings = try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in try tables.documents(ofType: "account_settings") }
    }
    let days = settings.compactMap {
      $0.visibleFields(rules.type("account_settings"))["trash_days"]?.intValue
    }.max()
    // Whatever came from a laptop: no number stops the upkeep.
    let clamped = min(max(days ?? Self.trashDays, 0), Self.mostTrashDays)
    return UInt64(clamped) * 86_400_000
  }

  private static let trashDays = 30
  private static let mostTrashDays = 36_500
}

extension MergedClinic {
  /// Whether nothing that may still happen to another document brings content back: the deletes without a
  /// cause, and those whose cause is deleted and has lost its content, had seen all of it (DESIGN, rules 9
  /// and 10).
  func hasEnded(_ document: Document) -> Bool {
    if document.isErased { return true }
    let deletions = document.versions(of: Unit.life).compactMap(\.details?.deletion)
    let ended = deletions.filter { deletion in
      guard let cause = deletion.cause else { return true }
      if planted(Fault.purgedBeforeCause) { return true }
      return causeStands(cause) && !(subject(cause.document)?.document.hasContent ?? false)
    }
    let context = ended.reduce(VersionVector()) { $0.union($1.context) }
    return !ended.isEmpty && document.hasContentSeen(by: context)
  }
}
