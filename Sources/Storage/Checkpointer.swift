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

  /// Writes the file of every document whose file is older. On return all of them are durable.
  mutating func writeFiles(
    _ tables: Tables, _ files: inout [DocumentKey: UInt32?]
  ) throws(StorageError) -> Int {
    let codec = RecordCodec(rules: environment.rules)
    let keys = files.filter { $0.value == nil }.keys.sorted()
    guard !keys.isEmpty else { return 0 }
    var written: [(key: DocumentKey, checksum: UInt32)] = []
    var directories: Set<String> = []
    for key in keys {
      guard let document = tables.document(key) else { continue }
      let bytes = codec.encode(document)
      if directories.insert(layout.directory(of: key)).inserted { try makeDirectory(of: key) }
      try write(bytes, to: temporaryFile(of: key))
      written.append((key, crc32c(bytes, seed: 0)))
    }
    try translated { () throws(SystemError) in
      try fileSystem.synchronizeFileSystem(layout.documents)
      for (key, _) in written {
        try fileSystem.rename(temporaryFile(of: key), to: layout.file(of: key))
      }
      for directory in directories.sorted() { try fileSystem.synchronizeDirectory(directory) }
    }
    for (key, checksum) in written { files[key] = checksum }
    return written.count
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

  /// Writes the manifest by temporary file and rename: from here on recovery starts at a segment.
  func writeManifest(
    _ tables: Tables, _ files: [DocumentKey: UInt32?], segment: UInt64, sequence: UInt64
  ) throws(StorageError) {
    var manifest = Manifest(segment: segment, sequence: sequence)
    manifest.registers = tables.registers.sorted { utf8Less($0.key, $1.key) }
      .map { (name: $0.key, value: $0.value) }
    manifest.runs = tables.history.runs(since: .init())
    manifest.marks = tables.allMarks
    for (arrival, document) in tables.allEntries {
      guard let checksum = files[document.key] ?? nil else { continue }
      manifest.files.append(
        .init(key: document.key, arrival: arrival, checksum: checksum))
    }
    let bytes = manifest.bytes
    try translated { () throws(SystemError) in
      try fileSystem.writeFileDurably(layout.manifest, bytes)
    }
  }

  /// Removes the segments that the manifest covers, also those that an earlier checkpoint left.
  func removeSegments(before end: UInt64) throws(StorageError) {
    try translated { () throws(SystemError) in
      let names = try fileSystem.contents(ofDirectory: layout.log)
      for number in names.compactMap(StoreLayout.segmentNumber).sorted() where number < end {
        try fileSystem.removeFile(layout.segment(number))
      }
      try fileSystem.synchronizeDirectory(layout.log)
    }
  }
}
