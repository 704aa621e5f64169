import JSON
package import Platform

/// A store that was written anew under another seal, on its way into its place.
package struct ResealedStore {
  /// What is sealed file by file.
  static let looseParts =
    ["parked", "staged", "quarantine"] + [Memo.sync, .people, .audit].map(\.rawValue)

  private let layout: StoreLayout
  private let fileSystem: any FileSystem

  package init(layout: StoreLayout, fileSystem: any FileSystem) {
    (self.layout, self.fileSystem) = (layout, fileSystem)
  }

  /// There once everything is written: names what belongs in the store's directory.
  private var mark: String { "\(layout.resealed)/complete.json" }

  /// What another seal makes different; the keys come first, and go last.
  private var parts: [String] {
    let paths = [
      layout.keysCopy, layout.keys, layout.identityCopy, layout.identity, layout.manifest,
      layout.log, layout.documents, layout.index, layout.history, layout.feed, layout.journal,
      layout.memo(.scrub), layout.upgrade, layout.undone, layout.audit,
    ]
    return paths.map(layout.name(of:)) + Self.looseParts + ["before-import"]
  }

  /// Says that everything is there. Durable on return: from here on the store is the new one.
  func complete() throws(StorageError) {
    try translated { () throws(SystemError) in
      let names = try fileSystem.contents(ofDirectory: layout.resealed)
      let value: JSONValue = ["parts": .array(names.map(JSONValue.string))]
      try fileSystem.writeFileDurably(mark, value.bytes)
    }
  }

  /// Puts a store in place that is complete; removes one that is not. Whoever is interrupted goes on by calling
  /// it again; until it has returned, nobody opens the store. Durable on return. Does nothing where there is none.
  ///
  /// The caller has the store's lock.
  /// - Throws: `corrupt` if the mark cannot be read; `system`.
  package func takePlace() throws(StorageError) {
    guard try isThere(layout.resealed) else { return }
    if try isThere(mark) {
      let names = try readMark()
      try translated { () throws(SystemError) in
        for part in parts where names.contains(part) { try move(part) }
        // What the new store has none of.
        let gone = parts.filter { !names.contains($0) && !isKeys($0) }
        for part in gone { try fileSystem.removeTree("\(layout.root)/\(part)") }
        // What its last owner left there says of a log that is gone.
        let lock = try fileSystem.open(layout.lock, .openOrCreate)
        defer { lock.close() }
        try lock.truncate(to: 0)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      if !names.contains(layout.name(of: layout.keys)) {
        try KeyFile(layout: layout, fileSystem: fileSystem).destroy()
      }
    }
    try translated { () throws(SystemError) in
      // The mark first: without it nothing counts that is there.
      try fileSystem.removeTree(mark)
      try fileSystem.synchronizeDirectory(layout.resealed)
      try fileSystem.removeTree(layout.resealed)
      try fileSystem.synchronizeDirectory(layout.root)
    }
  }

  private func isKeys(_ part: String) -> Bool {
    part == layout.name(of: layout.keys) || part == layout.name(of: layout.keysCopy)
  }

  private func isThere(_ path: String) throws(StorageError) -> Bool {
    try translated { () throws(SystemError) in try fileSystem.status(path) != nil }
  }

  private func readMark() throws(StorageError) -> Set<String> {
    let bytes = try translated { () throws(SystemError) in try fileSystem.readFile(mark) }
    guard let parts = (try? JSONValue(parsing: bytes))?.objectValue?["parts"]?.arrayValue else {
      throw StorageError(.corrupt, path: mark, problem: "does not say what belongs to the store")
    }
    return Set(parts.compactMap(\.stringValue))
  }

  /// Moved already, it is not there any more.
  private func move(_ part: String) throws(SystemError) {
    let (from, to) = ("\(layout.resealed)/\(part)", "\(layout.root)/\(part)")
    guard let status = try fileSystem.status(from) else { return }
    if status.kind == .directory { try fileSystem.removeTree(to) }
    try fileSystem.rename(from, to: to)
    try fileSystem.synchronizeDirectory(layout.root)
  }
}
