import Causality
import Documents
import Platform

/// What a store's directory adds up to, read from its manifest, its files and its log.
struct Recovery {
  var tables: Tables
  /// Whether the index could be used; else it was made anew, in memory only.
  let hasIndex: Bool
  var log: WriteAheadLog
  /// The segment that ends the log; nil if there is none.
  let lastSegment: SegmentReading?
  /// Whether the store's last owner closed it, having made everything durable.
  let wasClosed: Bool
  /// What is damaged; empty unless that is tolerated.
  let damage: Damage

  /// Makes durable whatever was read, and lets the log go on behind it.
  mutating func resume(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    if let lastSegment { try log.resume(lastSegment, isDurable: wasClosed) }
    if wasClosed { return }
    try translated { () throws(SystemError) in
      // Whoever made the store may have been killed before its names, and those of the directories
      // above, were durable.
      if log.nextSegment == 1 { try fileSystem.synchronizeFileSystem(layout.root) }
      try fileSystem.synchronizeDirectory(layout.root)
    }
  }
}

/// Reads a store's directory; changes nothing.
struct RecoveryReader {
  let layout: StoreLayout
  let environment: StoreEnvironment

  var fileSystem: any FileSystem { environment.fileSystem }
  private var codec: RecordCodec { RecordCodec(rules: environment.rules) }

  /// - Parameters:
  ///   - isTolerant: whether damage is noted in the result instead of thrown.
  ///   - usesIndex: whether the index is trusted; else everything is read.
  /// - Throws: `corrupt` with the file and place if something durable is damaged.
  ///   O(what the log holds since the last checkpoint + transactions); O(store) without an index.
  func read(
    isTolerant: Bool = false, usesIndex: Bool = true
  ) throws(StorageError) -> Recovery {
    var damage = Damage(isTolerated: isTolerant)
    let manifest = try wholeManifest(&damage)
    let reader = DocumentReader(layout: layout, environment: environment)
    var tables = Tables(environment, reader: reader)
    for register in manifest.registers { tables.setRegister(register.name, register.value) }
    tables.setJournal(manifest.journal)
    tables.setHistory(try wholeHistory(manifest, &damage))
    let seal = try CleanClose.read(layout, fileSystem)
    var segments = try segments(from: manifest.position.segment, seal)
    let position = try check(&segments, from: manifest.position, seal, &damage)
    let hasIndex = usesIndex ? try readIndex(manifest, into: &tables) : false
    if hasIndex { tables.setNotes(manifest.notes) }
    if !hasIndex, manifest.isCheckpoint {
      let rebuilder = IndexRebuilder(layout: layout, environment: environment)
      try rebuilder.rebuild(&tables, manifest, logged: documentKeys(in: segments), &damage)
    }
    for segment in segments { try replay(segment, into: &tables, &damage) }
    let log = WriteAheadLog(
      layout: layout, environment: environment, position: position,
      byteCount: segments.reduce(0) { $0 + $1.validEnd })
    return Recovery(
      tables: tables, hasIndex: hasIndex || !manifest.isCheckpoint, log: log,
      lastSegment: segments.last, wasClosed: seal?.sequence == position.sequence - 1,
      damage: damage)
  }

  private func wholeManifest(_ damage: inout Damage) throws(StorageError) -> Manifest {
    let manifest = try damage.whole { () throws(StorageError) in try readManifest() }
    if let manifest { return manifest }
    return try substituteManifest()
  }

  private func wholeHistory(
    _ manifest: Manifest, _ damage: inout Damage
  ) throws(StorageError) -> History {
    let history = try damage.whole { () throws(StorageError) in try readHistory(manifest) }
    if let history { return history }
    return substituteHistory(manifest, &damage)
  }

  func readHistory(_ manifest: Manifest) throws(StorageError) -> History {
    guard manifest.isCheckpoint else { return History(digest: environment.digest) }
    let path = layout.history(manifest.position.segment)
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try fileSystem.readFile(path, maximumByteCount: .max)
    } catch {
      guard error.isNotFound else { throw StorageError(error) }
      throw StorageError(.corrupt, path: path, problem: "is missing", underlying: error)
    }
    guard crc32c(bytes, seed: 0) == manifest.historyChecksum else {
      throw StorageError(.corrupt, path: path, problem: "differs from what was written")
    }
    let content = try environment.seal.content(
      of: bytes, as: .file(layout.name(of: path)), path: path)
    return try HistoryFile.history(content, path: path, digest: environment.digest)
  }

  /// - Returns: false if there is no index that can be used.
  private func readIndex(
    _ manifest: Manifest, into tables: inout Tables
  ) throws(StorageError) -> Bool {
    guard manifest.isCheckpoint else { return false }
    do throws(StorageError) {
      let index = try self.index(manifest)
      guard environment.indexes.allSatisfy(index.hasIndex) else { return false }
      try tables.adopt(index)
      return true
    } catch {
      if error.code == .corrupt || error.underlying?.isNotFound == true { return false }
      throw error
    }
  }

  /// The index that a manifest names.
  func index(_ manifest: Manifest) throws(StorageError) -> IndexSnapshot {
    let path = layout.index(manifest.position.segment)
    let index = try IndexSnapshot(path, environment)
    guard index.directory.sequence == manifest.position.sequence else {
      throw StorageError(.corrupt, path: path, problem: "belongs to another checkpoint")
    }
    return index
  }

  func readManifest() throws(StorageError) -> Manifest {
    let status = try translated { () throws(SystemError) in
      try fileSystem.status(layout.manifest)
    }
    guard status != nil else {
      try requireNoCheckpoint()
      return .empty
    }
    let bytes = try translated { () throws(SystemError) in
      try fileSystem.readFile(layout.manifest, maximumByteCount: .max)
    }
    let content = try environment.seal.content(
      of: bytes, as: .file(layout.name(of: layout.manifest)), path: layout.manifest)
    return try Manifest(parsing: content, path: layout.manifest)
  }

  /// Where a checkpoint has left anything, there must be a manifest.
  private func requireNoCheckpoint() throws(StorageError) {
    let names = try translated { () throws(SystemError) in
      try fileSystem.status(layout.history) == nil
        ? [] : try fileSystem.contents(ofDirectory: layout.history)
    }
    // A checkpoint that was cut off has left no log behind, nor dropped any.
    let isCutOff = try translated { () throws(SystemError) in
      try fileSystem.status(layout.segment(1)) != nil
    }
    if names.contains(where: { $0.hasSuffix(".history") }), !isCutOff {
      throw StorageError(.corrupt, path: layout.manifest, problem: "is missing")
    }
  }

  /// The segments that a checkpoint does not cover, in order.
  /// - Parameter seal: how the store was closed; nil to read everything whatever it says.
  func segments(
    from first: UInt64, _ seal: CleanClose? = nil
  ) throws(StorageError) -> [SegmentReading] {
    let names = try translated { () throws(SystemError) in
      try fileSystem.contents(ofDirectory: layout.log)
    }
    var readings: [SegmentReading] = []
    for number in names.compactMap(StoreLayout.segmentNumber).sorted() where number >= first {
      readings.append(try segment(number, seal))
    }
    return readings
  }

  private func segment(
    _ number: UInt64, _ seal: CleanClose?
  ) throws(StorageError) -> SegmentReading {
    let path = layout.segment(number)
    return try translated { () throws(SystemError) in
      let file = try fileSystem.open(path, .read)
      defer { file.close() }
      return try SegmentReading(
        path: path, number: number, file: file, closedAfter: knownEnd(seal), seal: environment.seal,
        digest: environment.digest)
    }
  }

  /// The last record that was saved, where the store was closed and no power cut has come in between.
  private func knownEnd(_ seal: CleanClose?) -> UInt64? {
    guard let seal, !seal.boot.isEmpty, seal.boot == environment.boot else { return nil }
    return seal.sequence
  }

  /// The documents that these segments hold: their files need not be what the manifest says.
  func documentKeys(in segments: [SegmentReading]) -> Set<DocumentKey> {
    let log = LogReader(layout: layout, environment: environment)
    var keys: Set<DocumentKey> = []
    for frame in segments.lazy.flatMap({ $0.batches.flatMap(\.frames) + $0.salvaged })
    where frame.kind == .document {
      if let key = try? codec.document(log.read(frame.record)).key { keys.insert(key) }
    }
    return keys
  }

  /// Each segment must go on where the one before it ends, and nothing in them may be damaged.
  ///
  /// - Returns: where the log goes on behind all of them.
  func check(
    _ segments: inout [SegmentReading], from start: WriteAheadLog.Position, _ seal: CleanClose?,
    _ damage: inout Damage
  ) throws(StorageError) -> WriteAheadLog.Position {
    var position = start
    for index in segments.indices {
      let segment = segments[index]
      if case .damaged(let offset, let what) = segment.end {
        try damage.note(
          StorageError(
            .corrupt, path: segment.path, offset: offset,
            problem: what + "; satchel verify lists all that is damaged"))
        damage.hasLostTransactions = true
      }
      position.segment = segment.number + 1
      guard let header = segment.header else { continue }
      let isNext = header.firstSequence == position.sequence && header.chain == position.chain
      let follows =
        isNext
        || index > 0 && segments[index - 1].cutLastWrite(at: header.firstSequence, header.chain)
      if header.number != segment.number || !follows {
        try damage.note(
          StorageError(
            .corrupt, path: segment.path, offset: 0,
            problem:
              "begins with record \(header.firstSequence) where \(position.sequence) belongs: a "
              + "part of the log is gone"))
        damage.hasLostTransactions = true
      }
      position.sequence = segment.nextSequence ?? position.sequence
      position.chain = segment.chain
    }
    if let seal, seal.sequence >= position.sequence {
      try damage.note(
        StorageError(
          .corrupt, path: segments.last?.path ?? layout.log, offset: segments.last?.validEnd,
          problem: "the records up to \(seal.sequence) had been saved, those from "
            + "\(position.sequence) on are gone or damaged"))
      damage.hasLostTransactions = true
      position.sequence = seal.sequence + 1
    }
    return position
  }

  private func replay(
    _ segment: SegmentReading, into tables: inout Tables, _ damage: inout Damage
  ) throws(StorageError) {
    for batch in segment.batches {
      for frame in batch.frames { try apply(frame, from: segment, to: &tables, &damage) }
      tables.addMark(batch.mark)
    }
    for frame in segment.salvaged { try apply(frame, from: segment, to: &tables, &damage) }
  }

  private func apply(
    _ frame: LoggedFrame, from segment: SegmentReading, to tables: inout Tables,
    _ damage: inout Damage
  ) throws(StorageError) {
    if frame.kind == .commit { return }
    let payload = try tables.reader.logged(frame.record)
    do {
      switch frame.kind {
      case .document: tables.put(try codec.document(payload), at: .log(frame.record))
      case .replaced: tables.addReplaced(try codec.document(payload).key, at: frame.record)
      case .cut: tables.cut(try codec.cut(payload))
      case .transactions:
        let run = try codec.run(payload)
        if !tables.append(run), !damage.hasLostTransactions {
          throw DocumentCodecError("transactions are missing")
        }
      case .register:
        let (name, value) = try codec.register(payload)
        tables.setRegister(name, value)
      case .commit: break
      }
    } catch {
      damage.hasLostTransactions = true
      try damage.note(
        StorageError(
          .corrupt, path: segment.path,
          problem: "record \(frame.sequence) cannot be read: \(error)"))
    }
  }
}
