import Causality
package import Documents
import JSON
import Platform

/// What a repair did.
package struct RepairReport: Sendable {
  /// What was found, and is healed or put aside.
  package var found: [VerificationProblem] = []
  /// Copies of what was damaged.
  package var quarantined: [String] = []
  /// Documents of which nothing whole is left here.
  package var lost: [DocumentKey] = []
  /// Whether transactions or documents are lost: the store has a new replica id.
  package var isRenewed = false
}

/// Heals a damaged store from what is whole: the log first, then the documents' files; what neither
/// holds is listed for the server. Nothing is deleted: every damaged file is kept in `quarantine/`.
///
/// The caller has the store's lock. A repair that was cut off can be run again.
package struct Repairer {
  /// The register that lists the documents of which nothing whole is left: `[[TYPE, ID], …]`. A laptop
  /// fetches all from its server then.
  package static let lostRegister = "wanted"

  private let layout: StoreLayout
  private let environment: StoreEnvironment
  private let quarantine: Quarantine

  private var reader: RecoveryReader {
    RecoveryReader(layout: layout, environment: environment)
  }

  package init(layout: StoreLayout, environment: StoreEnvironment) {
    self.layout = layout
    self.environment = environment
    quarantine = Quarantine(layout: layout, environment: environment)
  }

  /// Durable on return. O(store).
  ///
  /// - Throws: `corrupt` if neither `store.json` nor its copy can be read; `system`: run it again.
  package func repair() throws(StorageError) -> RepairReport {
    var report = RepairReport()
    report.found = Verifier(layout: layout, environment: environment).verify().problems
    if report.found.isEmpty { return report }
    let identity = try readIdentity()
    var salvage = try self.salvage()
    report.lost = try lostDocuments(salvage)
    // Where the index is damaged, only reading everything has looked at every document.
    let damaged = Set(report.found.map(\.file) + salvage.recovery.damage.files.map(\.path))
      .sorted(by: utf8Less)
    report.quarantined = try putAside(damaged)
    let isDamaged = report.found.contains {
      $0.file == layout.identity || $0.file == layout.identityCopy
    }
    if isDamaged { try identityFile.write(identity) }
    if salvage.recovery.damage.hasLostTransactions || !report.lost.isEmpty {
      try renew(identity)
      report.isRenewed = true
    }
    if !report.lost.isEmpty {
      // A key that an earlier repair has listed may stand there twice.
      let known = salvage.recovery.tables.registers[Self.lostRegister]?.arrayValue ?? []
      salvage.recovery.tables.setRegister(
        Self.lostRegister, .array(known + report.lost.map(Self.value)))
    }
    try write(salvage, damaged: damaged)
    return report
  }

  private static func value(_ key: DocumentKey) -> JSONValue {
    .array([.string(key.type), .string(key.id.description)])
  }

  private func readIdentity() throws(StorageError) -> StoreIdentity {
    do { return try identityFile.read() } catch {
      // A newer program would have written its format into the copy first.
      let isDamage = error.code == .corrupt || error.code == .newerFormat
      guard isDamage || error.underlying?.isNotFound == true,
        let copy = try? identityFile.copy()
      else { throw error }
      return copy
    }
  }

  private var identityFile: IdentityFile {
    IdentityFile(layout: layout, environment: environment)
  }

  // MARK: - What is whole

  private struct Salvage {
    var recovery: Recovery
    /// What the index says that there should be, as far as it can be read.
    let known: Set<DocumentKey>
    /// Where the log goes on.
    let position: WriteAheadLog.Position
  }

  /// Everything whole, read without the index.
  private func salvage() throws(StorageError) -> Salvage {
    let recovery = try reader.read(isTolerant: true, usesIndex: false)
    let position = WriteAheadLog.Position(
      segment: recovery.log.nextSegment, sequence: recovery.log.nextSequence,
      chain: recovery.log.chain)
    return Salvage(recovery: recovery, known: knownDocuments(), position: position)
  }

  private func knownDocuments() -> Set<DocumentKey> {
    guard let manifest = try? reader.readManifest(), let index = try? reader.index(manifest) else {
      return []
    }
    var keys: Set<DocumentKey> = []
    for type in index.typeNames {
      var place = 0
      while let entry = try? index.entries(ofType: type, from: place, limit: 1).first {
        keys.insert(DocumentKey(type: type, id: entry.id))
        place += 1
      }
    }
    return keys
  }

  private func lostDocuments(_ salvage: Salvage) throws(StorageError) -> [DocumentKey] {
    let damaged = salvage.recovery.damage.files.compactMap(\.key)
    var lost: [DocumentKey] = []
    for key in salvage.known.union(damaged).sorted() {
      if try salvage.recovery.tables.entry(key) == nil { lost.append(key) }
    }
    return lost
  }

  // MARK: - Putting it in place

  private func putAside(_ damaged: [String]) throws(StorageError) -> [String] {
    var copies: [String] = []
    for file in damaged {
      if let copy = try quarantine.keep(file) { copies.append(copy) }
    }
    return copies
  }

  /// Transactions that are lost here may be known elsewhere: their numbers must not be given again
  /// (DESIGN, rule 17). What is written here to a lost document must not seem to have seen what was
  /// written here before.
  private func renew(_ identity: StoreIdentity) throws(StorageError) {
    var identity = identity
    identity.takeReplica(Store.newReplicaID(environment))
    try identityFile.write(identity)
  }

  private func write(_ salvage: Salvage, damaged: [String]) throws(StorageError) {
    let checkpointer = Checkpointer(layout: layout, environment: environment)
    let tables = salvage.recovery.tables
    let files = try checkpointer.writeFiles(tables)
    let manifest = try checkpointer.writeTables(
      tables, files: files, salvage.position, isHealing: true)
    let index = try IndexSnapshot(layout.index(salvage.position.segment), environment)
    try checkpointer.removeTables(
      exceptOf: salvage.position.segment, feed: index.directory.feedFiles, manifest.journal)
    try removeSegments(before: salvage.position.segment)
    try removeStrangers(damaged, tables)
    try translated { () throws(SystemError) in
      let lock = try environment.fileSystem.open(layout.lock, .readWrite)
      defer { lock.close() }
      try lock.truncate(to: 0)
    }
  }

  private func removeSegments(before number: UInt64) throws(StorageError) {
    try translated { () throws(SystemError) in
      for name in try environment.fileSystem.contents(ofDirectory: layout.log) {
        guard let segment = StoreLayout.segmentNumber(name), segment < number else { continue }
        try environment.fileSystem.removeFile(layout.segment(segment))
      }
      try environment.fileSystem.synchronizeDirectory(layout.log)
    }
  }

  /// Files beside the documents' that are in quarantine now and belong to none.
  private func removeStrangers(_ damaged: [String], _ tables: Tables) throws(StorageError) {
    for path in damaged where path.hasPrefix(layout.documents + "/") {
      if let key = layout.key(ofFile: path), try tables.entry(key) != nil { continue }
      try translated { () throws(SystemError) in
        guard try environment.fileSystem.status(path) != nil else { return }
        try environment.fileSystem.removeFile(path)
        try environment.fileSystem.synchronizeDirectory(parentDirectory(of: path))
      }
    }
  }
}
