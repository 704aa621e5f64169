import Causality
import Replica
import Synchronization

/// Which device writes as which replicas: what a server keeps besides its stores.
final class Devices: Sendable {
  private let replicas: Mutex<[UniqueID: [ReplicaID]]>

  init(_ replicas: [UniqueID: [ReplicaID]] = [:]) { self.replicas = Mutex(replicas) }

  var all: [UniqueID: [ReplicaID]] { replicas.withLock { $0 } }

  func add(_ replica: ReplicaID, to device: UniqueID) {
    replicas.withLock { $0[device, default: []].append(replica) }
  }

  /// What the server knows of a device that sends a request.
  /// - Parameter judge: whose rights count; nil if nothing is judged.
  func caller(_ device: UniqueID, judge: PushJudge?) -> SyncCaller {
    let all = all
    return SyncCaller(
      replicas: all[device] ?? [], judge: judge,
      isFree: { replica in !all.contains { $0.key != device && $0.value.contains(replica) } },
      adopt: { [self] replica in add(replica, to: device) })
  }
}
