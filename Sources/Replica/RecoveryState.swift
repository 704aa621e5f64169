package import Causality
package import JSON
import Storage
import SyncProtocol
import Synchronization

/// Whether laptops may give a server back what it has lost (DESIGN, rule 18), and what they gave. A
/// register of the store.
package struct RecoveryState: Sendable {
  static let register = "recovery"
  private static let maximumEntryCount = 100

  /// What one laptop sent, or would have sent.
  package struct Entry: Sendable {
    package var replica: ReplicaID
    /// Milliseconds since 1970 UTC.
    package var at: UInt64
    /// How many transactions of others.
    package var count: Int
  }

  package var isOpen = false
  package var accepted: [Entry] = []
  /// While it was closed; of each laptop the last.
  package var refused: [Entry] = []

  init(_ registers: [String: JSONValue]) { self.init(registers[Self.register]) }

  private init(_ value: JSONValue?) {
    guard let object = value?.objectValue else { return }
    isOpen = object["open"]?.boolValue ?? false
    accepted = Self.entries(object["accepted"])
    refused = Self.entries(object["refused"])
  }

  private static func entries(_ value: JSONValue?) -> [Entry] {
    (value?.arrayValue ?? []).compactMap { value in
      guard let object = value.objectValue,
        let replica = object["replica"]?.stringValue.flatMap({ UniqueID($0) }),
        let at = object["at"]?.stringValue.flatMap(Timestamp.milliseconds),
        let count = object["transactions"]?.intValue
      else { return nil }
      return Entry(replica: replica, at: at, count: count)
    }
  }

  mutating func noteAccepted(_ entry: Entry) {
    refused.removeAll { $0.replica == entry.replica }
    accepted.append(entry)
    accepted = accepted.suffix(Self.maximumEntryCount)
  }

  mutating func noteRefused(_ entry: Entry) {
    refused.removeAll { $0.replica == entry.replica }
    refused.append(entry)
    refused = refused.suffix(Self.maximumEntryCount)
  }

  package var value: JSONValue {
    ["open": .bool(isOpen), "accepted": Self.value(accepted), "refused": Self.value(refused)]
  }

  private static func value(_ entries: [Entry]) -> JSONValue {
    .array(
      entries.map { entry in
        [
          "replica": .string(entry.replica.description),
          "at": .string(Timestamp.text(milliseconds: entry.at)),
          "transactions": .int(entry.count),
        ]
      })
  }
}

extension Replica {
  package var recovery: RecoveryState { RecoveryState(store.read { $0.registers }) }

  /// Lets laptops give back what this server has lost, or ends that. Durable on return.
  package func setRecovery(isOpen: Bool) throws(ReplicaError) {
    try changeRecovery { $0.isOpen = isOpen }
  }

  /// Notes that a laptop knows what this server has lost while recovery is closed. Durable on return.
  func noteRefusedRecovery(by replica: ReplicaID, count: Int) throws(ReplicaError) {
    let known = recovery.refused.first { $0.replica == replica }
    if known?.count == count { return }
    let at = now()
    try changeRecovery {
      $0.noteRefused(RecoveryState.Entry(replica: replica, at: at, count: count))
    }
  }

  private func changeRecovery(
    _ change: (inout RecoveryState) -> Void
  ) throws(ReplicaError) {
    try changeRegisters { registers in
      var state = RecoveryState(registers)
      change(&state)
      return [(RecoveryState.register, state.value)]
    }
  }
}
