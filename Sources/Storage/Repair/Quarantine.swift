import Documents
import Platform

/// The directory of what was damaged: nothing there is ever deleted or replaced.
struct Quarantine {
  let layout: StoreLayout
  let fileSystem: any FileSystem

  /// Keeps a copy of a file. Its name is the file's place in the store, `/` written as `+`, and a
  /// number. Durable on return.
  ///
  /// - Returns: the copy, which may have been there before; nil if the file is not there.
  func keep(_ path: String) throws(StorageError) -> String? {
    try translated { () throws(SystemError) in
      guard try fileSystem.status(path)?.kind == .file else { return nil }
      let bytes = try fileSystem.readFile(path, maximumByteCount: .max)
      if try fileSystem.status(layout.quarantine) == nil {
        try fileSystem.createDirectory(layout.quarantine)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      var number = 1
      while true {
        let copy = "\(layout.quarantine)/\(name(of: path)).\(number)"
        if try fileSystem.status(copy) == nil {
          try fileSystem.writeFileDurably(copy, bytes)
          return copy
        }
        if try fileSystem.readFile(copy, maximumByteCount: .max) == bytes { return copy }
        number += 1
      }
    }
  }

  private func name(of path: String) -> String {
    String(layout.name(of: path).map { $0 == "/" ? "+" : $0 })
  }
}
