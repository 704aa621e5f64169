import Causality
import Platform
import Replica
package import SyncProtocol

/// The ends of devices: retired, revoked, wiped.
extension ServerData {
  /// Waits no longer for a device: what it declared holds nothing back any more (DESIGN, rule 15).
  package func retireDevice(_ name: String) throws(ServerError) -> DeviceRecord {
    let device = try update { (registry) throws(ServerError) in
      registry.devices[try Self.index(of: name, in: registry)]
    }
    try waitNoLonger(for: device)
    return device
  }

  private func waitNoLonger(for device: DeviceRecord) throws(ServerError) {
    let replica = try replica(of: device.account)
    try onReplica { () throws(ReplicaError) in
      for id in device.replicas { try replica.retire(id) }
    }
  }

  /// The place of the device of an id, a beginning of one, or a name.
  private static func index(
    of name: String, in registry: Registry
  ) throws(ServerError) -> Int {
    // A name may be the id of another one.
    if let exact = registry.devices.firstIndex(where: { $0.id.description == name }) {
      return exact
    }
    let matching = registry.devices.indices.filter { index in
      let device = registry.devices[index]
      return device.name == name || name.utf8.count >= 4 && device.id.description.hasPrefix(name)
    }
    guard let index = matching.first else { throw .notFound("no device \(name)") }
    guard matching.count == 1 else {
      throw .refused(
        "\(name) is ambiguous: "
          + matching.map { registry.devices[$0].id.description }.joined(separator: ", "))
    }
    return index
  }

  /// Notes that a revoked device has given what it had not sent. Durable on return.
  func noteSurrender(by device: UniqueID) throws(ServerError) {
    let now = setup.world.clock.now()
    try update { (registry) throws(ServerError) in
      guard let index = registry.devices.firstIndex(where: { $0.id == device }) else { return }
      registry.devices[index].surrenderedAt = now
    }
  }

  /// Refuses a device from its next request on, but for one surrender of what it has not sent. Nothing waits for it
  /// any more either (DESIGN, rule 15). Durable on return; if that throws, the device may be revoked already.
  /// - Parameter wipe: how it is to drop everything; nil if it keeps it, or as it was told before.
  package func revokeDevice(
    _ name: String, wipe: WipeOrder? = nil
  ) throws(ServerError) -> DeviceRecord {
    let now = setup.world.clock.now()
    let device = try update { (registry) throws(ServerError) in
      let index = try Self.index(of: name, in: registry)
      registry.devices[index].revokedAt = registry.devices[index].revokedAt ?? now
      if let wipe, registry.devices[index].wipedAt == nil {
        registry.devices[index].wipe = wipe
        // What was written there since its last words is heard as well.
        registry.devices[index].surrenderedAt = nil
      }
      return registry.devices[index]
    }
    try waitNoLonger(for: device)
    return device
  }

  /// Notes that a device has dropped everything. Durable on return.
  func noteWiped(_ device: UniqueID) throws(ServerError) {
    let now = setup.world.clock.now()
    try update { (registry) throws(ServerError) in
      guard let index = registry.devices.firstIndex(where: { $0.id == device }) else { return }
      registry.devices[index].wipedAt = registry.devices[index].wipedAt ?? now
    }
  }
}
