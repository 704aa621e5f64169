import Causality
import Documents
import Platform

/// What a store's directory adds up to, read from its manifest, its files and its log.
struct Recovery {
  var tables: Tables
  /// The checksum of each document's file; one that is missing or nil must be written.
  var files: [DocumentKey: UInt32?] = [:]
  var log: WriteAheadLog
  /// The segment that ends the log; nil if there is none.
  let lastSegment: SegmentReading?
  /// Whether the store's last owner closed it, having made everything durable.
  let wasClosed: Bool

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

  private var fileSystem: any FileSystem { environment.fileSystem }
  private var codec: RecordCodec { RecordCodec(rules: environment.rules) }

  /// - Throws: `corrupt` with the file and place if something durable is damaged. O(store).
  func read() throws(StorageError) -> Recovery {
    let manifest = try readManifest()
    var tables = Tables(
      digest: environment.digest, rules: environment.rules, indexes: environment.indexes)
    var files: [DocumentKey: UInt32?] = [:]
    for register in manifest.registers { tables.setRegister(register.name, register.value) }
    for run in manifest.runs where !tables.append(run) {
      throw gap(in: run, path: layout.manifest)
    }
    var damaged: [DocumentKey: StorageError] = [:]
    for file in manifest.files {
      do throws(StorageError) {
        tables.place(try document(file), arrival: file.arrival)
        files[file.key] = file.checksum
      } catch {
        tables.skip(arrival: file.arrival)
        damaged[file.key] = error
      }
    }
    for mark in manifest.marks { tables.addMark(mark) }
    var segments = try segments(from: manifest.position.segment)
    let position = try check(&segments, from: manifest.position)
    for segment in segments { try replay(segment, into: &tables, &files) }
    // A checkpoint that was cut off has replaced files of documents that the log still holds.
    for file in manifest.files where files[file.key] == nil {
      if let error = damaged[file.key] { throw error }
    }
    let seal = try CleanClose.read(layout, fileSystem)
    let log = WriteAheadLog(
      layout: layout, environment: environment, position: position,
      byteCount: segments.reduce(0) { $0 + $1.validEnd })
    return Recovery(
      tables: tables, files: files, log: log, lastSegment: segments.last,
      wasClosed: seal?.sequence == position.sequence - 1)
  }

  func readManifest() throws(StorageError) -> Manifest {
    let status = try translated { () throws(SystemError) in
      try fileSystem.status(layout.manifest)
    }
    guard status != nil else { return .empty }
    let bytes = try translated { () throws(SystemError) in
      try fileSystem.readFile(layout.manifest, maximumByteCount: .max)
    }
    return try Manifest(parsing: bytes, path: layout.manifest)
  }

  /// Reads a document's file and checks it against the manifest.
  func document(_ entry: Manifest.FileEntry) throws(StorageError) -> Document {
    let path = layout.file(of: entry.key)
    let bytes = try translated { () throws(SystemError) in try fileSystem.readFile(path) }
    guard crc32c(bytes, seed: 0) == entry.checksum else {
      throw StorageError(.corrupt, path: path, problem: "differs from what was written")
    }
    do { return try codec.document(bytes) } catch {
      throw StorageError(.corrupt, path: path, problem: "\(error)")
    }
  }

  /// The segments that a checkpoint does not cover, in order.
  func segments(from first: UInt64) throws(StorageError) -> [SegmentReading] {
    let names = try translated { () throws(SystemError) in
      try fileSystem.contents(ofDirectory: layout.log)
    }
    var readings: [SegmentReading] = []
    for number in names.compactMap(StoreLayout.segmentNumber).sorted() where number >= first {
      let path = layout.segment(number)
      let bytes = try translated { () throws(SystemError) in
        try fileSystem.readFile(path, maximumByteCount: .max)
      }
      readings.append(
        SegmentReading(
          path: path, number: number, bytes: bytes, digest: environment.digest))
    }
    return readings
  }

  /// The documents that these segments hold: their files need not be what the manifest says.
  func documentKeys(in segments: [SegmentReading]) -> Set<DocumentKey> {
    let frames = segments.flatMap(\.batches).flatMap(\.frames).filter { $0.kind == .document }
    return Set(frames.compactMap { try? codec.document($0.payload).key })
  }

  /// Each segment must go on where the one before it ends, and nothing in them may be damaged.
  ///
  /// - Returns: where the log goes on behind all of them.
  func check(
    _ segments: inout [SegmentReading], from start: WriteAheadLog.Position
  ) throws(StorageError) -> WriteAheadLog.Position {
    var position = start
    for index in segments.indices {
      let segment = segments[index]
      if case .damaged(let offset, let what) = segment.end {
        throw StorageError(
          .corrupt, path: segment.path, offset: offset,
          problem: what + "; satchel verify lists all that is damaged")
      }
      position.segment = segment.number + 1
      guard let header = segment.header else { continue }
      let isNext = header.firstSequence == position.sequence && header.chain == position.chain
      guard
        header.number == segment.number,
        isNext
          || index > 0
            && segments[index - 1].cutLastWrite(at: header.firstSequence, header.chain)
      else {
        throw StorageError(
          .corrupt, path: segment.path, offset: 0,
          problem:
            "begins with record \(header.firstSequence) where \(position.sequence) belongs: a "
            + "part of the log is gone")
      }
      position.sequence = header.firstSequence + UInt64(segment.frameCount)
      position.chain = segment.chain
    }
    let seal = try CleanClose.read(layout, fileSystem)
    if let seal, seal.sequence >= position.sequence {
      throw StorageError(
        .corrupt, path: segments.last?.path ?? layout.log, offset: segments.last?.validEnd,
        problem: "the records up to \(seal.sequence) had been saved, those from "
          + "\(position.sequence) on are gone or damaged")
    }
    return position
  }

  private func replay(
    _ segment: SegmentReading, into tables: inout Tables, _ files: inout [DocumentKey: UInt32?]
  ) throws(StorageError) {
    for batch in segment.batches {
      for frame in batch.frames { try apply(frame, from: segment.path, to: &tables, &files) }
      tables.addMark(batch.mark)
    }
  }

  private func apply(
    _ frame: Frame, from path: String, to tables: inout Tables,
    _ files: inout [DocumentKey: UInt32?]
  ) throws(StorageError) {
    do {
      switch frame.kind {
      case .document:
        let document = try codec.document(frame.payload)
        tables.put(document)
        files[document.key] = .some(nil)
      case .transactions:
        let run = try codec.run(frame.payload)
        if !tables.append(run) { throw DocumentCodecError("transactions are missing") }
      case .register:
        let (name, value) = try codec.register(frame.payload)
        tables.setRegister(name, value)
      case .commit:
        break
      }
    } catch {
      throw StorageError(
        .corrupt, path: path, problem: "record \(frame.sequence) cannot be read: \(error)")
    }
  }

  private func gap(in run: TransactionRun, path: String) -> StorageError {
    StorageError(
      .corrupt, path: path,
      problem: "transactions of \(run.replica) before \(run.first) are missing")
  }
}
