import Platform

/// `store.json`, and a copy of it from which a repair makes it anew where it is damaged.
struct IdentityFile {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// - Throws: `corrupt`: a repair heals it; `newerFormat`; `system`.
  func read() throws(StorageError) -> StoreIdentity { try read(layout.identity) }

  func copy() throws(StorageError) -> StoreIdentity { try read(layout.identityCopy) }

  private func read(_ path: String) throws(StorageError) -> StoreIdentity {
    let bytes = try translated { () throws(SystemError) in try fileSystem.readFile(path) }
    return try StoreIdentity(parsing: bytes, path: path, seal: environment.seal)
  }

  /// The copy first: it is never older than the file. Durable on return.
  func write(_ identity: StoreIdentity) throws(StorageError) {
    let bytes = try identity.bytes(environment.seal)
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(layout.identityCopy, bytes)
      try fileSystem.writeFileDurably(layout.identity, bytes)
    }
  }
}
