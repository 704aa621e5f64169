import Platform

/// The pages of a transfer that is under way, kept until all of them are there.
package struct Stage: Sendable {
  private let layout: StoreLayout
  private let directory: String
  private let environment: StoreEnvironment
  private var fileSystem: any FileSystem { environment.fileSystem }

  /// - Parameter name: of the transfer; letters, digits and `-`.
  package init(_ name: String, in store: Store) {
    layout = store.layout
    directory = layout.stage(name)
    environment = store.environment
  }

  /// Keeps a page. Durable on return. Pages count from 0.
  package func put(_ page: [UInt8], number: Int) throws(StorageError) {
    let path = path(number)
    let bytes = try environment.seal.sealed(page, as: .file(layout.name(of: path)))
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(directory)
      try fileSystem.synchronizeDirectory(parentDirectory(of: directory))
      try fileSystem.writeFileDurably(path, bytes)
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
    let bytes = try translated { () throws(SystemError) in try fileSystem.readFile(path) }
    return try environment.seal.content(of: bytes, as: .file(layout.name(of: path)), path: path)
  }

  /// The size of all pages, in bytes.
  package func byteCount() throws(StorageError) -> Int {
    try translated { () throws(SystemError) in
      var sum = 0
      var number = 0
      while let status = try fileSystem.status(path(number)) {
        sum += status.byteCount
        number += 1
      }
      return sum
    }
  }

  /// Drops transfers to which nothing was added for long.
  /// - Parameter limit: nanoseconds since 1970 UTC.
  package static func dropAbandoned(
    in store: Store, unchangedSince limit: UInt64
  ) throws(StorageError) {
    let (layout, fileSystem) = (store.layout, store.environment.fileSystem)
    try translated { () throws(SystemError) in
      for name in try fileSystem.contents(ofDirectory: layout.staged) {
        let directory = layout.stage(name)
        let pages = try fileSystem.contents(ofDirectory: directory)
        var last: UInt64 = 0
        for page in pages {
          last = max(last, try fileSystem.status("\(directory)/\(page)")?.modified ?? 0)
        }
        if last < limit { try fileSystem.removeTree(directory) }
      }
    }
  }

  /// Drops all pages. Durable on return: they may hold what somebody erases.
  package func clear() throws(StorageError) {
    try translated { () throws(SystemError) in
      guard try fileSystem.status(directory) != nil else { return }
      try fileSystem.removeTree(directory)
      try fileSystem.synchronizeDirectory(parentDirectory(of: directory))
    }
  }

  private func path(_ number: Int) -> String { "\(directory)/\(number).jsonl" }
}
