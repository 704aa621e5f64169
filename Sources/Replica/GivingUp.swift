import Causality
import Documents
import JSON
import Planted
import Storage
import SyncProtocol

/// A document that lives again after its content has left every trash lacks that content for good: a device that was
/// retired or restored brought an edit, or something that needs it. Nobody would see it. So a server asks every active
/// replica, and gives up what none of them has (DESIGN, rule 11).
extension Replica {
  /// By document, which replicas have said since it was wanted that they do not have it whole either.
  private static let missingRegister = "missing"

  /// What the register says after a push: of no documents but those that were wanted, and still are.
  func missing(
    after push: ServerSession.Push, _ wanted: [DocumentKey]
  ) -> [(name: String, value: JSONValue)] {
    let before = store.read { $0.registers[Self.missingRegister]?.objectValue }
    if before == nil, push.missing.isEmpty { return [] }
    let new = Set(push.missing)
    var after = JSONObject()
    for key in wanted {
      var replicas = Set((before?[key.description]?.arrayValue ?? []).compactMap(\.stringValue))
      if new.contains(key) { replicas.insert(push.replica.description) }
      if replicas.isEmpty { continue }
      after.append(key.description, .array(replicas.sorted().map { .string($0) }))
    }
    return [(Self.missingRegister, after.members.isEmpty ? .null : .object(after))]
  }

  /// Gives up content that a living document lacks and no active replica has. While recovery is open nobody knows who
  /// is still to come. Durable on return. O(1) if nothing was said to be missing.
  func giveUpWhatNobodyHas() throws(ReplicaError) {
    let registers = store.read { $0.registers }
    guard let missing = registers[Self.missingRegister]?.objectValue,
      !RecoveryState(registers).isOpen
    else { return }
    let active = registers.keys.filter { $0.hasPrefix(Self.knownPrefix) }
      .map { String($0.dropFirst(Self.knownPrefix.count)) }
    let nobodyHas = try wanted().filter { key in
      let without = Set((missing[key.description]?.arrayValue ?? []).compactMap(\.stringValue))
      return planted(Fault.givenUpUnasked) ? !without.isEmpty : without.isSuperset(of: active)
    }
    guard !nobodyHas.isEmpty else { return }
    try transact { (transaction) throws(ReplicaError) in
      for key in nobodyHas { try transaction.giveUpDropped(key) }
    }
  }
}
