import Documents
import JSON
import Platform

extension Store {
  /// Keeps something aside, for people: a file in `parked/`. Durable on return.
  /// - Parameter name: of the file; one that is there is replaced.
  package func park(_ name: String, _ bytes: [UInt8]) throws(StorageError) {
    let path = "\(layout.parked)/\(name)"
    let sealed = try environment.seal.sealed(bytes, as: .file(layout.name(of: path)))
    try translated { () throws(SystemError) in
      try environment.fileSystem.createDirectory(layout.parked)
      try environment.fileSystem.synchronizeDirectory(layout.root)
      try environment.fileSystem.writeFileDurably(path, sealed)
    }
  }

  /// What is kept aside, by name; nothing is changed.
  package func parked() throws(StorageError) -> [(name: String, content: [UInt8])] {
    let fileSystem = environment.fileSystem
    let names = try translated { () throws(SystemError) in
      try fileSystem.status(layout.parked) == nil
        ? [] : try fileSystem.contents(ofDirectory: layout.parked)
    }
    var files: [(name: String, content: [UInt8])] = []
    for name in names.sorted(by: utf8Less) {
      let path = "\(layout.parked)/\(name)"
      let bytes = try translated { () throws(SystemError) in try fileSystem.readFile(path) }
      files.append(
        (
          name,
          try environment.seal.content(of: bytes, as: .file(layout.name(of: path)), path: path)
        ))
    }
    return files
  }
}
