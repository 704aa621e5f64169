import Platform

/// Empties a store whose server was reset: what the server has is fetched again, what it lacks is in
/// `parked/`. Whatever interrupts it, the next opening goes on.
struct StartOver {
  let layout: StoreLayout
  let environment: StoreEnvironment

  /// Durable on return: the store is as a new one, under a new id.
  func run(_ identity: inout StoreIdentity) throws(StorageError) {
    let fileSystem = environment.fileSystem
    try translated { () throws(SystemError) in
      if try fileSystem.status(layout.manifest) != nil {
        try fileSystem.removeFile(layout.manifest)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      let directories = [
        layout.log, layout.documents, layout.index, layout.history, layout.feed, layout.journal,
        layout.staged, layout.upgrade, layout.undone,
      ]
      for directory in directories where try fileSystem.status(directory) != nil {
        try fileSystem.removeTree(directory)
      }
      for directory in [layout.log, layout.documents, layout.staged] {
        try fileSystem.createDirectory(directory)
      }
      try fileSystem.synchronizeFileSystem(layout.root)
      // What the last owner left at its end says of a log that is gone.
      let lock = try fileSystem.open(layout.lock, .openOrCreate)
      defer { lock.close() }
      try lock.truncate(to: 0)
    }
    identity.noteStartedOver(as: Store.newReplicaID(environment))
    try IdentityFile(layout: layout, environment: environment).write(identity)
  }
}
