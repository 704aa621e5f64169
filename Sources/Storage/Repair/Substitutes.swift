import Documents
import Platform

/// What else holds the content of a file that is damaged.
extension RecoveryReader {
  /// The manifest as the newest index that can be read has it; else one with which reading begins at
  /// the oldest segment.
  func substituteManifest() throws(StorageError) -> Manifest {
    for index in try indexes() {
      let text = index.directory.manifest
      if let manifest = try? Manifest(parsing: text, path: index.file.path) { return manifest }
    }
    guard let first = try segments(from: 0).first(where: { $0.header != nil }),
      let header = first.header
    else { return Manifest(position: Manifest.empty.position) }
    return Manifest(
      position: WriteAheadLog.Position(
        segment: first.number, sequence: header.firstSequence, chain: header.chain))
  }

  /// The indexes that can be opened, newest first.
  private func indexes() throws(StorageError) -> [IndexSnapshot] {
    let names = try translated { () throws(SystemError) in
      try fileSystem.status(layout.index) == nil
        ? [] : try fileSystem.contents(ofDirectory: layout.index)
    }
    return names.sorted(by: >).compactMap {
      try? IndexSnapshot("\(layout.index)/\($0)", environment)
    }
  }

  /// The history that the index keeps beside the documents; else none.
  func substituteHistory(_ manifest: Manifest, _ damage: inout Damage) -> History {
    let index = try? index(manifest)
    if let bytes = try? index?.history() {
      let history = try? HistoryFile.history(
        bytes, path: layout.index, digest: environment.digest)
      if let history { return history }
    }
    damage.hasLostTransactions = true
    return History(digest: environment.digest)
  }
}
