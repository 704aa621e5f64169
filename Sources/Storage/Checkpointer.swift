import Causality
import Documents
import JSON
import Platform

/// Brings documents into their files.
struct Checkpointer {
  let layout: StoreLayout
  let environment: StoreEnvironment

  private var fileSystem: any FileSystem { environment.fileSystem }

  init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
  }

  /// So many files are made durable together: bounds what is in memory and in the disk's queue.
  private static let filesPerSync = 500

  /// Writes the files of documents. On return all of them are durable.
  /// - Parameter entry: a document as it is now.
  func writeFiles(
    _ keys: [DocumentKey], entry: (DocumentKey) -> Tables.Entry?
  ) throws(StorageError) -> [WrittenFile] {
    var written: [WrittenFile] = []
    var directories: Set<String> = []
    var next = keys[...]
    while !next.isEmpty {
      let chunk = next.prefix(Self.filesPerSync)
      next = next.dropFirst(chunk.count)
      let files = try writeTemporaryFiles(chunk, entry, &directories)
      try rename(files.map(\.key))
      written += files
    }
    return written
  }

  private func writeTemporaryFiles(
    _ keys: ArraySlice<DocumentKey>, _ entry: (DocumentKey) -> Tables.Entry?,
    _ directories: inout Set<String>
  ) throws(StorageError) -> [WrittenFile] {
    let codec = RecordCodec(rules: environment.rules)
    var files: [WrittenFile] = []
    for key in keys {
      guard let entry = entry(key) else { continue }
      if directories.insert(layout.directory(of: key)).inserted { try makeDirectory(of: key) }
      let bytes = codec.encode(entry.document)
      try write(bytes, to: temporaryFile(of: key))
      files.append(
        WrittenFile(key: key, checksum: crc32c(bytes, seed: 0), arrival: entry.arrival))
    }
    return files
  }

  private func rename(_ keys: [DocumentKey]) throws(StorageError) {
    guard !keys.isEmpty else { return }
    try translated { () throws(SystemError) in
      try fileSystem.synchronizeFileSystem(layout.documents)
      for key in keys { try fileSystem.rename(temporaryFile(of: key), to: layout.file(of: key)) }
      for directory in Set(keys.map(layout.directory(of:))).sorted() {
        try fileSystem.synchronizeDirectory(directory)
      }
    }
  }

  private func temporaryFile(of key: DocumentKey) -> String { layout.file(of: key) + ".tmp" }

  private func makeDirectory(of key: DocumentKey) throws(StorageError) {
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(layout.directory(of: key))
      try fileSystem.synchronizeDirectory(layout.directory(ofType: key.type))
      try fileSystem.synchronizeDirectory(layout.documents)
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
    try translated { () throws(SystemError) in
      let file = try fileSystem.open(path, .openOrCreate)
      defer { file.close() }
      try file.truncate(to: 0)
      try file.write(bytes, at: 0)
    }
  }

  /// Writes the manifest by temporary file and rename: from here on recovery starts at its position.
  func writeManifest(_ plan: CheckpointPlan) throws(StorageError) {
    var manifest = Manifest(position: plan.position)
    manifest.registers = plan.tables.registers
    manifest.runs = plan.tables.runs
    manifest.marks = plan.tables.marks
    for (arrival, key) in plan.tables.arrivals {
      guard let checksum = plan.files[key] ?? nil else { continue }
      manifest.files.append(.init(key: key, arrival: arrival, checksum: checksum))
    }
    let bytes = manifest.bytes
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(layout.manifest, bytes)
    }
  }
}
