import Causality
import Documents
import Platform

/// Makes the tables anew from the documents' files, where the index is missing or damaged.
struct IndexRebuilder {
  let layout: StoreLayout
  let environment: StoreEnvironment

  /// Puts every document into the tables, as arriving now: cursors and numbers of before are not valid any more.
  ///
  /// - Parameter logged: documents that the log holds: their files need not be what the checkpoint
  ///   wrote.
  /// - Throws: `corrupt` if a file is damaged, or if documents are missing. O(store).
  func rebuild(
    _ tables: inout Tables, _ manifest: Manifest, logged: Set<DocumentKey>,
    _ damage: inout Damage
  ) throws(StorageError) {
    let codec = RecordCodec(rules: environment.rules)
    var images: [(key: DocumentKey, image: FileImage)] = []
    for path in try documentFiles() {
      let bytes = try translated { () throws(SystemError) in
        try environment.fileSystem.readFile(path)
      }
      let key = layout.key(ofFile: path)
      let document: Document
      do throws(DocumentCodecError) {
        document = try codec.checked(try opened(bytes, path))
      } catch {
        if let key, logged.contains(key) { continue }
        try damage.note(
          StorageError(.corrupt, path: path, problem: "\(error)"), file: path, of: key)
        continue
      }
      guard layout.file(of: document.key) == path else {
        try damage.note(
          StorageError(.corrupt, path: path, problem: "holds another document"), file: path,
          of: nil)
        continue
      }
      let image = FileImage(checksum: crc32c(bytes, seed: 0), byteCount: UInt32(bytes.count))
      images.append((document.key, image))
      if !logged.contains(document.key) { tables.put(document, at: .file(image)) }
    }
    tables.addMark(environment.random.uint64())
    tables.beginNumbering(environment.random.uint64())
    guard logged.isEmpty, damage.errors.isEmpty else { return }
    _ = try damage.whole { () throws(StorageError) in try checkRoot(images, manifest) }
  }

  private func opened(_ bytes: [UInt8], _ path: String) throws(DocumentCodecError) -> [UInt8] {
    if let content = environment.seal.opened(bytes, as: .file(layout.name(of: path))) {
      return content
    }
    throw DocumentCodecError("was sealed as something else")
  }

  /// Every file that may be a document's, sorted by path.
  private func documentFiles() throws(StorageError) -> [String] {
    func children(_ directory: String) throws(StorageError) -> [String] {
      try translated { () throws(SystemError) in
        guard try environment.fileSystem.status(directory)?.kind == .directory else { return [] }
        return try environment.fileSystem.contents(ofDirectory: directory)
      }.map { "\(directory)/\($0)" }
    }
    var files: [String] = []
    for type in try children(layout.documents) {
      for shard in try children(type) {
        files += try children(shard).filter(layout.isDocument)
      }
    }
    return files
  }

  private func checkRoot(
    _ images: [(key: DocumentKey, image: FileImage)], _ manifest: Manifest
  ) throws(StorageError) {
    guard images.count == manifest.documents.count else {
      throw StorageError(
        .corrupt, path: layout.documents,
        problem: "holds \(images.count) documents where \(manifest.documents.count) belong")
    }
    var root = RootHash(digest: environment.digest)
    for (key, image) in images.sorted(by: { $0.key < $1.key }) {
      root.add(
        type: key.type, FileEntry(id: key.id, arrival: 0, file: image, hasLife: false))
    }
    guard root.value == manifest.documents.root else {
      throw StorageError(
        .corrupt, path: layout.documents,
        problem: "holds other documents than the checkpoint left")
    }
  }
}
