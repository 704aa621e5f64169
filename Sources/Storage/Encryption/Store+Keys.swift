package import Documents
package import Platform

extension Store {
  /// What opens a store; nil if it needs nothing. A change of the seal that was cut off is finished first.
  ///
  /// - Throws: `locked` if somebody owns the store and it is sealed; `corrupt`; `newerFormat`; `system`.
  package static func keys(
    at root: String, fileSystem: any FileSystem
  ) throws(StorageError) -> KeyRing? {
    let layout = StoreLayout(root: root)
    let signs = [layout.keys, layout.keysCopy, layout.resealed]
    let isSealed = try translated { () throws(SystemError) in
      for sign in signs where try fileSystem.status(sign) != nil { return true }
      return false
    }
    guard isSealed else { return nil }
    return try withLock(at: root, fileSystem: fileSystem) { (layout) throws(StorageError) in
      try ResealedStore(layout: layout, fileSystem: fileSystem).takePlace()
      return try KeyFile(layout: layout, fileSystem: fileSystem).read()
    }
  }

  /// Lays the keys of a sealed store where it is about to be made. Durable on return.
  /// - Throws: `exists` if a store is there.
  package static func prepareSealed(
    at root: String, _ ring: KeyRing, fileSystem: any FileSystem
  ) throws(StorageError) {
    let layout = StoreLayout(root: root)
    try requireNone(layout, fileSystem)
    try translated { () throws(SystemError) in try fileSystem.createDirectory(layout.root) }
    try KeyFile(layout: layout, fileSystem: fileSystem).write(ring)
  }

  /// Removes keys that lie where a store is about to be made that needs none: somebody began to make a sealed
  /// one.
  /// - Throws: `exists` if a store is there.
  package static func preparePlain(
    at root: String, fileSystem: any FileSystem
  ) throws(StorageError) {
    let layout = StoreLayout(root: root)
    try requireNone(layout, fileSystem)
    guard try translated({ () throws(SystemError) in try fileSystem.status(layout.root) }) != nil
    else { return }
    try KeyFile(layout: layout, fileSystem: fileSystem).destroy()
  }

  private static func requireNone(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    let status = try translated { () throws(SystemError) in
      try fileSystem.status(layout.identity)
    }
    guard status == nil else {
      throw StorageError(.exists, path: layout.root, problem: "holds a store already")
    }
  }

  /// Whether nobody reads the store without its key.
  package var isSealed: Bool { environment.seal.isSecret }

  /// Overwrites the key in memory. From then on nothing can be read or written; to be called after `close`.
  package func forgetKeys() { (environment.seal as? StoreSeal)?.forget() }

  /// Changes who opens the sealed store. Durable on return. Does nothing to a store that is not sealed.
  /// - Parameter change: gets the keys and the store's own seal.
  package func changeKeys(
    _ change: (inout KeyRing, StoreSeal) throws(StorageError) -> Void
  ) throws(StorageError) {
    guard let seal = environment.seal as? StoreSeal else { return }
    let file = KeyFile(layout: layout, fileSystem: environment.fileSystem)
    guard var ring = try file.read() else {
      throw StorageError(.corrupt, path: layout.keys, problem: "is missing")
    }
    try change(&ring, seal)
    try file.write(ring)
  }

  /// What a document's file holds, or would hold after a checkpoint, if the store were not sealed; nil if there
  /// is no such document.
  package func content(of key: DocumentKey) throws(StorageError) -> [UInt8]? {
    try read { (tables) throws(StorageError) in
      try tables.entry(key).map { (entry) throws(StorageError) in
        try tables.reader.bytes(key, entry.place)
      }
    }
  }
}
