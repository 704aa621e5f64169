import Documents
import Platform

/// The directory of what was damaged: nothing there is ever deleted or replaced.
struct Quarantine {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  /// Keeps a copy of a file, sealed as it stood there. Its name is the file's place in the store, `/` written as `+`, and a
  /// number. Durable on return.
  ///
  /// - Returns: the copy, which may have been there before; nil if the file is not there.
  func keep(_ path: String) throws(StorageError) -> String? {
    let bytes = try translated { () throws(SystemError) -> [UInt8]? in
      guard try fileSystem.status(path)?.kind == .file else { return nil }
      if try fileSystem.status(layout.quarantine) == nil {
        try fileSystem.createDirectory(layout.quarantine)
        try fileSystem.synchronizeDirectory(layout.root)
      }
      return try fileSystem.readFile(path, maximumByteCount: .max)
    }
    guard let bytes else { return nil }
    var number = 1
    while true {
      let copy = "\(layout.quarantine)/\(name(of: path)).\(number)"
      let piece = SealedPiece.file(layout.name(of: copy))
      let sealed = try environment.seal.sealed(bytes, as: piece)
      let old = try translated { () throws(SystemError) -> [UInt8]? in
        if try fileSystem.status(copy) != nil {
          return try fileSystem.readFile(copy, maximumByteCount: .max)
        }
        try fileSystem.writeFileDurably(copy, sealed)
        return nil
      }
      guard let old else { return copy }
      if environment.seal.opened(old, as: piece) == bytes { return copy }
      number += 1
    }
  }

  private func name(of path: String) -> String {
    String(layout.name(of: path).map { $0 == "/" ? "+" : $0 })
  }
}
