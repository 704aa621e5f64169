import Documents
import JSON
import Storage

/// What an account has decided for all of its laptops.
extension Replica {
  /// Whether laptops that keep their stores unencrypted get no data. Asked at every exchange: O(documents of settings)
  /// where none wants that; an account has one.
  package func requiresEncryption() throws(ReplicaError) -> Bool {
    let (type, field) = ("account_settings", "require_encryption")
    let settings = try read { (tables) throws(ReplicaError) in
      try stored { () throws(StorageError) in try tables.documents(ofType: type) }
    }
    let rules = rules.type(type)
    guard settings.contains(where: { $0.visibleFields(rules)[field]?.boolValue == true }) else {
      return false
    }
    // Those in the trash count for nothing.
    return try list(ListQuery(type: type)).contains { $0[field]?.boolValue == true }
  }
}

extension ServerSync {
  /// As `Replica.requiresEncryption`.
  package func requiresEncryption() throws(ReplicaError) -> Bool {
    try replica.requiresEncryption()
  }
}
