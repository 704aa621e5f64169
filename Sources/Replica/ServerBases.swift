package import Causality
import Documents
package import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

/// What a server remembers of its laptops, and under which identities they know it.
extension Replica {
  /// How many bases a server remembers besides those in its registers.
  static let maximumGivenBaseCount = 1024

  /// The knowledge that a laptop names by its digest; nil if it is not known here.
  func base(named name: String, _ codec: SyncCodec) -> VersionVector? {
    let (current, registers) = store.read { ($0.knowledge, $0.registers) }
    for knowledge in [VersionVector(), current] where codec.digest(of: knowledge) == name {
      return knowledge
    }
    if let base = givenBases.withLock({ $0[name] }) { return base }
    for (register, value) in registers where register.hasPrefix(Self.knownPrefix) {
      let given = SyncCodec.entries(value.objectValue?["given"]) ?? []
      let knowledge = VersionVector().applying(given)
      if codec.digest(of: knowledge) == name { return knowledge }
    }
    return nil
  }

  /// The register of what a laptop declared in its last complete push (DESIGN, rule 15), and of the
  /// server's knowledge that it was told then.
  static let knownPrefix = "known/"

  /// The register that says that a replica writes no more.
  static let retiredPrefix = "retired/"

  /// Ends a replica's part: what it declared holds nothing back any more, and it writes under a new id
  /// if it comes back. Durable on return.
  package func retire(_ replica: ReplicaID) throws(ReplicaError) {
    try changeRegisters { _ in Self.retirement(of: replica) }
  }

  static func retirement(of replica: ReplicaID) -> [(name: String, value: JSONValue)] {
    [(knownPrefix + replica.description, .null), (retiredPrefix + replica.description, true)]
  }

  /// The server is known by its device: the replica's id changes when it is restored from a backup.
  package var serverID: UniqueID { store.identity.device }

  /// The register of the identities under which laptops knew the server before it was reset.
  static let resetRegister = "reset"

  package static func formerServers(_ registers: [String: JSONValue]) -> [UniqueID] {
    (registers[resetRegister]?.arrayValue ?? []).compactMap {
      $0.stringValue.flatMap { UniqueID($0) }
    }
  }

  /// Makes laptops keep aside what they know beyond this server's state, and fetch that: an administrator
  /// went back in order to undo something (MERGE, rule X3). Durable on return.
  package func reset() throws(ReplicaError) {
    let (id, old) = (newID(), serverID)
    try changeRegisters { registers in
      let former = Self.formerServers(registers) + [old]
      let known = registers.keys.filter { $0.hasPrefix(Self.knownPrefix) }
      return known.map { ($0, .null) }
        + [(Self.resetRegister, .array(former.map { .string($0.description) }))]
    }
    try stored { () throws(StorageError) in try store.updateIdentity { $0.device = id } }
  }

  /// Whether a replica has come to the end of an exchange here.
  func knows(_ replica: ReplicaID) -> Bool {
    store.read { $0.registers[Self.knownPrefix + replica.description] != nil }
  }

  /// What a replica declared in its last complete push.
  static func declared(_ replica: ReplicaID, _ registers: [String: JSONValue]) -> VersionVector {
    let register = registers[knownPrefix + replica.description]?.objectValue
    return VersionVector().applying(SyncCodec.entries(register?["declared"]) ?? [])
  }
}
