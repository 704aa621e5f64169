package import Platform

/// `keys.json`, and a copy of it that is read where the file is damaged.
package struct KeyFile {
  private let layout: StoreLayout
  private let fileSystem: any FileSystem

  package init(layout: StoreLayout, fileSystem: any FileSystem) {
    (self.layout, self.fileSystem) = (layout, fileSystem)
  }

  private var paths: [String] { [layout.keys, layout.keysCopy] }

  /// The keys of the store; nil if it is not sealed.
  ///
  /// - Throws: `corrupt` if both files are damaged; `newerFormat`; `system`.
  package func read() throws(StorageError) -> KeyRing? {
    var failure: StorageError?
    for path in paths {
      do throws(StorageError) {
        if let ring = try read(path) { return ring }
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return nil
  }

  private func read(_ path: String) throws(StorageError) -> KeyRing? {
    let bytes = try translated { () throws(SystemError) -> [UInt8]? in
      guard try fileSystem.status(path) != nil else { return nil }
      return try fileSystem.readFile(path)
    }
    guard let bytes else { return nil }
    return try KeyRing(parsing: bytes, path: path)
  }

  /// Durable on return. The copy first: where only one of them is new, both open the store.
  package func write(_ ring: KeyRing) throws(StorageError) {
    let bytes = ring.bytes
    try translated { () throws(SystemError) in
      for path in paths.reversed() { try fileSystem.writeFileDurably(path, bytes) }
    }
  }

  /// Destroys the keys of a store and of all that lies in its directory, such as backups. Durable on return.
  static func destroyAll(
    below root: String, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    try KeyFile(layout: StoreLayout(root: root), fileSystem: fileSystem).destroy()
    let names = try translated { () throws(SystemError) in
      try fileSystem.contents(ofDirectory: root)
    }
    for name in names {
      let path = "\(root)/\(name)"
      let isDirectory = try translated { () throws(SystemError) in
        try fileSystem.status(path)?.kind == .directory
      }
      if isDirectory { try destroyAll(below: path, fileSystem) }
    }
  }

  /// Overwrites the files, then removes them: from then on nobody can open the store, whatever else is left of
  /// it. Durable on return. Doing it again goes on.
  package func destroy() throws(StorageError) {
    try translated { () throws(SystemError) in
      for path in paths where try fileSystem.status(path) != nil {
        let file = try fileSystem.open(path, .readWrite)
        defer { file.close() }
        try file.write([UInt8](repeating: 0, count: try file.size()), at: 0)
        try file.synchronize()
        try fileSystem.removeFile(path)
      }
      try fileSystem.synchronizeDirectory(layout.root)
    }
  }
}
