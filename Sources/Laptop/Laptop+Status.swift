import Causality
import Documents
package import JSON
import Platform
package import Replica
import Storage

extension Laptop {
  /// What `satchel status` tells.
  /// - Parameters:
  ///   - review: the number of open review items.
  ///   - isSyncing: whether a sync is under way.
  package func status(
    review: Int, isSyncing: Bool = false
  ) throws(ReplicaError) -> JSONObject {
    let identity = replica.store.identity
    let counts = try replica.documentCounts().map { ($0.type, JSONValue.int($0.count)) }
    let knowledge = replica.read { $0.knowledge }
    return [
      "replica": .string(identity.replica.description),
      "account": .string(identity.account.description),
      "server": identity.enrolment.map { .string($0.url) } ?? .null,
      "documents": .object(JSONObject(counts)), "unsent": .int(unsentCount(knowledge)),
      "review": .int(review), "parked": .int(fileCount(replica.store.layout.parked)),
      "quarantined": .int(fileCount(replica.store.layout.quarantine)),
      "skew_seconds": .int(-replica.clockOffset / 1000),
      "state": .string(state(isSyncing: isSyncing)), "last_sync": lastSync,
      "knowledge": .object(
        JSONObject(
          knowledge.entries.map { ($0.replica.description, .number(JSONNumber($0.number))) })),
      "encryption": replica.store.isSealed ? "store" : "none",
      "encryption_missing": .bool(try isEncryptionMissing()),
      "read_only": .bool(replica.store.refusal != nil),
      "damage": .array(
        replica.store.damage.map { .string("\($0)") }
          + replica.store.found.map { .string("\($0.file): \($0.what)") }),
    ]
  }

  /// Whether the account wants its laptops encrypted, and this one is not.
  package func isEncryptionMissing() throws(ReplicaError) -> Bool {
    if replica.store.isSealed { return false }
    return try replica.requiresEncryption()
  }

  /// Transactions of this store that the server has not acknowledged.
  private func unsentCount(_ knowledge: VersionVector) -> Int {
    let sent = replica.peer.knowledge[replica.id]
    return Int(knowledge[replica.id] - min(sent, knowledge[replica.id]))
  }

  private func fileCount(_ directory: String) -> Int {
    (try? POSIXFileSystem().contents(ofDirectory: directory))?.count ?? 0
  }

  private func state(isSyncing: Bool) -> String {
    if mustWipe { return "wiped" }
    if !replica.store.damage.isEmpty || !replica.store.found.isEmpty { return "damaged" }
    if replica.store.identity.enrolment == nil { return "local" }
    if isSyncing { return "syncing" }
    return switch syncState?.outcome {
    case .done, nil: "idle"
    case .offline: "offline"
    case .refused: "refused"
    case .damaged: "damaged"
    }
  }

  private var lastSync: JSONValue {
    guard let state = syncState else { return .null }
    return [
      "at": .string(Timestamp.text(milliseconds: state.at)),
      "ok": .bool(state.outcome == .done), "error": state.error.map(JSONValue.string) ?? .null,
    ]
  }
}
