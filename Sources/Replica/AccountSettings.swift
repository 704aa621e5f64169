import JSON

/// What an account has decided for all of its laptops.
extension Replica {
  /// Whether laptops that keep their stores unencrypted get no data.
  package func requiresEncryption() throws(ReplicaError) -> Bool {
    let settings = try list(ListQuery(type: "account_settings"))
    return settings.contains { $0["require_encryption"]?.boolValue == true }
  }
}

extension ServerSync {
  /// As `Replica.requiresEncryption`.
  package func requiresEncryption() throws(ReplicaError) -> Bool {
    try replica.requiresEncryption()
  }
}
