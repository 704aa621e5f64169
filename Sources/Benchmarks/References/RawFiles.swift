import Platform

/// Files as bytes, and the plainest way to bring them to the disk.
struct RawFiles {
  struct File {
    /// The directory below the root.
    let directory: String
    let name: String
    let bytes: [UInt8]
  }

  let files: [File]

  /// So many are made durable together.
  private static let filesPerSync = 500

  /// Reads all files in the directories of directories that a store's documents are in.
  init(below root: String, fileSystem: any FileSystem) throws {
    var files: [File] = []
    for type in try fileSystem.contents(ofDirectory: root) {
      for part in try fileSystem.contents(ofDirectory: "\(root)/\(type)") {
        let directory = "\(type)/\(part)"
        for name in try fileSystem.contents(ofDirectory: "\(root)/\(directory)") {
          let bytes = try fileSystem.readFile("\(root)/\(directory)/\(name)")
          files.append(File(directory: directory, name: name, bytes: bytes))
        }
      }
    }
    self.files = files
  }

  /// Writes all files below another root: under temporary names, which become durable together and
  /// are then changed, chunk by chunk. All are durable on return.
  func write(to root: String, fileSystem: any FileSystem) throws {
    var known: Set<String> = []
    for start in stride(from: 0, to: files.count, by: Self.filesPerSync) {
      let chunk = files[start..<min(start + Self.filesPerSync, files.count)]
      for directory in Set(chunk.map(\.directory)) where known.insert(directory).inserted {
        try fileSystem.createDirectory("\(root)/\(directory)")
      }
      try write(chunk, to: root, fileSystem)
    }
    for directory in Set(known.map(parentDirectory(of:))) {
      try fileSystem.synchronizeDirectory("\(root)/\(directory)")
    }
  }

  private func write(
    _ chunk: ArraySlice<File>, to root: String, _ fileSystem: any FileSystem
  ) throws {
    for file in chunk {
      let new = try fileSystem.open("\(root)/\(file.directory)/\(file.name).tmp", .createNew)
      defer { new.close() }
      try new.write(file.bytes, at: 0)
    }
    try fileSystem.synchronizeFileSystem(root)
    for file in chunk {
      let path = "\(root)/\(file.directory)/\(file.name)"
      try fileSystem.rename(path + ".tmp", to: path)
    }
    for directory in Set(chunk.map(\.directory)) {
      try fileSystem.synchronizeDirectory("\(root)/\(directory)")
    }
  }
}
