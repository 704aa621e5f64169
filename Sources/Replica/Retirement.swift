package import Causality
import JSON
import Planted
import Storage
import SyncProtocol

/// Replicas that are silent for long hold nothing back for ever (DESIGN, rule 15).
extension Replica {
  /// So many days on which the server served without them, and replicas are retired.
  static let silentDays = 180
  /// More than this part of all at once is for an administrator to decide.
  private static let largestPart = 5

  /// The register of the days on which this server answered somebody: the last one, and how many.
  static let servedRegister = "served"

  /// The registers that say that a replica was here today: they change once a day.
  func seen(_ registers: [String: JSONValue]) -> (day: Int, served: JSONValue) {
    let today = Int(now() / 86_400_000)
    let served = registers[Self.servedRegister]?.objectValue
    let count = served?["count"]?.intValue ?? 0
    let isNew = served?["day"]?.intValue != today
    let day = planted(Fault.lastSeenByWallClock) ? today : isNew ? count + 1 : count
    return (day, ["day": .int(today), "count": .int(day)])
  }

  /// Those that were silent for too long.
  package var silentReplicas: [ReplicaID] {
    let registers = store.read { $0.registers }
    let count = registers[Self.servedRegister]?.objectValue?["count"]?.intValue ?? 0
    return registers.filter { $0.key.hasPrefix(Self.knownPrefix) }.compactMap { entry in
      let seen = entry.value.objectValue?["seen"]?.intValue ?? count
      guard count - seen > Self.silentDays else { return nil }
      return UniqueID(String(entry.key.dropFirst(Self.knownPrefix.count)))
    }.sorted()
  }

  /// Retires those that were silent for too long, unless they are more than a fifth of all: that is more likely
  /// a mistake, and for an administrator to decide. Durable on return.
  /// - Returns: who was retired.
  @discardableResult
  func retireSilent() throws(ReplicaError) -> [ReplicaID] {
    guard role == .server else { return [] }
    let silent = silentReplicas
    let all = store.read { $0.registers.keys.filter { $0.hasPrefix(Self.knownPrefix) }.count }
    guard !silent.isEmpty, silent.count * Self.largestPart <= all else { return [] }
    for replica in silent { try retire(replica) }
    return silent
  }
}
