package import Platform

/// The pages of a transfer that is under way, kept until all of them are there.
package struct Stage: Sendable {
  private let directory: String
  private let fileSystem: any FileSystem

  /// - Parameter name: of the transfer; letters, digits and `-`.
  package init(_ name: String, in store: Store, fileSystem: any FileSystem) {
    directory = store.layout.stage(name)
    self.fileSystem = fileSystem
  }

  /// Keeps a page. Durable on return. Pages count from 0.
  package func put(_ page: [UInt8], number: Int) throws(StorageError) {
    let path = path(number)
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(directory)
      try fileSystem.synchronizeDirectory(parentDirectory(of: directory))
      try fileSystem.writeFileDurably(path, page)
    }
  }

  /// The number of pages: those from 0 on without a gap.
  package func count() throws(StorageError) -> Int {
    try translated { () throws(SystemError) in
      var count = 0
      while try fileSystem.status(path(count)) != nil { count += 1 }
      return count
    }
  }

  package func page(_ number: Int) throws(StorageError) -> [UInt8] {
    let path = path(number)
    return try translated { () throws(SystemError) in try fileSystem.readFile(path) }
  }

  /// Drops all pages.
  package func clear() throws(StorageError) {
    try translated { () throws(SystemError) in
      guard try fileSystem.status(directory) != nil else { return }
      try fileSystem.removeTree(directory)
    }
  }

  private func path(_ number: Int) -> String { "\(directory)/\(number).jsonl" }
}
