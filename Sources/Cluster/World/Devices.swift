import Causality
import Replica
import Synchronization

/// Which device writes as which replicas: what a server keeps besides its stores.
final class Devices: Sendable {
  /// What stands in a copy or a backup of the server.
  struct Kept: Sendable {
    var replicas: [UniqueID: [ReplicaID]] = [:]
    var revoked: Set<UniqueID> = []
    /// Revoked ones that have given what they had not sent.
    var surrendered: Set<UniqueID> = []
  }

  private let state: Mutex<Kept>

  init(_ kept: Kept = Kept()) { state = Mutex(kept) }

  var kept: Kept { state.withLock { $0 } }

  func knows(_ device: UniqueID) -> Bool { state.withLock { $0.replicas[device] != nil } }

  func isRevoked(_ device: UniqueID) -> Bool { state.withLock { $0.revoked.contains(device) } }

  func hasSurrendered(_ device: UniqueID) -> Bool {
    state.withLock { $0.surrendered.contains(device) }
  }

  func add(_ replica: ReplicaID, to device: UniqueID) {
    state.withLock { $0.replicas[device, default: []].append(replica) }
  }

  func replicas(of device: UniqueID) -> [ReplicaID] { state.withLock { $0.replicas[device] ?? [] } }

  func revoke(_ device: UniqueID) { state.withLock { _ = $0.revoked.insert(device) } }

  func noteSurrender(by device: UniqueID) {
    state.withLock { _ = $0.surrendered.insert(device) }
  }

  /// What the server knows of a device that sends a request.
  /// - Parameter judge: whose rights count; nil if nothing is judged.
  func caller(_ device: UniqueID, judge: PushJudge?) -> SyncCaller {
    let all = kept.replicas
    return SyncCaller(
      replicas: all[device] ?? [], judge: judge,
      isFree: { replica in !all.contains { $0.key != device && $0.value.contains(replica) } },
      adopt: { [self] replicas in for id in replicas { add(id, to: device) } })
  }
}
