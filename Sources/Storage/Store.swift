import Causality
package import Documents
import JSON
package import Platform
import Synchronization

/// What a store needs of the world.
package struct StoreEnvironment: Sendable {
  package var fileSystem: any FileSystem
  package var random: any RandomSource
  package var digest: Digest
  package var rules: MergeRules
  package var indexes: [StoreIndex]

  package init(
    fileSystem: any FileSystem, random: any RandomSource, digest: @escaping Digest,
    rules: MergeRules, indexes: [StoreIndex] = []
  ) {
    self.fileSystem = fileSystem
    self.random = random
    self.digest = digest
    self.rules = rules
    self.indexes = indexes
  }
}

/// A directory of documents behind a write-ahead log, owned by one process.
///
/// All methods may be called from any thread. What `commit` has accepted is durable and survives a
/// power cut; `checkpoint` brings it into one readable file a document.
package final class Store: Sendable {
  package let layout: StoreLayout
  private let environment: StoreEnvironment
  private let lock: any File
  /// Apart from the tables, so that it can be asked for while they are read.
  private let currentIdentity: Mutex<StoreIdentity>
  private let state: Mutex<State>

  private struct State: Sendable {
    var tables: Tables
    var log: WriteAheadLog
    /// The checksum of each document's file; nil while the file is older than the document.
    var files: [DocumentKey: UInt32?]
  }

  private init(
    layout: StoreLayout, environment: StoreEnvironment, lock: any File,
    identity: StoreIdentity, state: State
  ) {
    self.layout = layout
    self.environment = environment
    self.lock = lock
    currentIdentity = Mutex(identity)
    self.state = Mutex(state)
  }

  /// Makes an empty store in a directory that is new or empty, and opens it. Durable on return.
  ///
  /// - Throws: `exists` if a store is there.
  package static func create(
    at root: String, identity: StoreIdentity, environment: StoreEnvironment
  ) throws(StorageError) -> Store {
    let layout = StoreLayout(root: root)
    let fileSystem = environment.fileSystem
    try translated { () throws(SystemError) in
      try fileSystem.createDirectory(layout.root)
    }
    let lock = try takeLock(layout, fileSystem)
    let status = try translated { () throws(SystemError) in
      try fileSystem.status(layout.identity)
    }
    guard status == nil else {
      lock.close()
      throw StorageError(.exists, path: layout.root, problem: "holds a store already")
    }
    try translated { () throws(SystemError) in
      for directory in [layout.log, layout.documents, layout.staged] {
        try fileSystem.createDirectory(directory)
      }
      try fileSystem.writeFileDurably(layout.identity, identity.bytes)
      // Also the names of the directories above, which may be new.
      try fileSystem.synchronizeFileSystem(layout.root)
    }
    return try open(layout, environment, lock)
  }

  /// Opens a store and replays its log.
  ///
  /// - Throws: `noStore`; `locked` if another process owns it; `newerFormat`; `corrupt` with the file
  ///   and the place: run the verifier. O(store).
  package static func open(
    at root: String, environment: StoreEnvironment
  ) throws(StorageError) -> Store {
    let layout = StoreLayout(root: root)
    let status = try translated { () throws(SystemError) in
      try environment.fileSystem.status(layout.identity)
    }
    guard status != nil else { throw noStore(layout) }
    return try open(layout, environment, try takeLock(layout, environment.fileSystem))
  }

  /// Makes sure that nobody owns a store while the closure looks at its directory.
  package static func withLock<Result>(
    at root: String, fileSystem: any FileSystem,
    _ body: (StoreLayout) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let layout = StoreLayout(root: root)
    let isThere = try translated { () throws(SystemError) in
      if try fileSystem.status(layout.identity) != nil { return true }
      return try fileSystem.status(layout.log) != nil
    }
    guard isThere else { throw noStore(layout) }
    let lock = try takeLock(layout, fileSystem)
    defer { lock.close() }
    return try body(layout)
  }

  private static func noStore(_ layout: StoreLayout) -> StorageError {
    StorageError(.noStore, path: layout.root, problem: "holds no store; satchel init makes one")
  }

  private static func takeLock(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> any File {
    try translated { () throws(SystemError) in
      try fileSystem.open(layout.lock, .openOrCreate)
    }.locked(layout)
  }

  private static func open(
    _ layout: StoreLayout, _ environment: StoreEnvironment, _ lock: any File
  ) throws(StorageError) -> Store {
    do {
      let bytes = try translated { () throws(SystemError) in
        try environment.fileSystem.readFile(layout.identity)
      }
      let identity = try StoreIdentity(parsing: bytes, path: layout.identity)
      let reader = RecoveryReader(layout: layout, environment: environment)
      let recovery = try reader.read()
      let state = State(
        tables: recovery.tables, log: recovery.log, files: recovery.files)
      removeTemporaryFiles(layout, environment.fileSystem)
      return Store(
        layout: layout, environment: environment, lock: lock, identity: identity,
        state: state)
    } catch {
      lock.close()
      throw error
    }
  }

  /// Removes what a crash left of files that were being replaced. Those of documents are used again
  /// by the next checkpoint.
  private static func removeTemporaryFiles(_ layout: StoreLayout, _ fileSystem: any FileSystem) {
    let names = (try? fileSystem.contents(ofDirectory: layout.root)) ?? []
    for name in names where name.hasSuffix(temporaryFileSuffix) {
      try? fileSystem.removeFile("\(layout.root)/\(name)")
    }
  }

  /// Gives up the store. Calls after this that write fail with `poisoned`.
  package func close() {
    state.withLock { $0.log.close() }
    lock.close()
  }

  package var identity: StoreIdentity { currentIdentity.withLock { $0 } }

  /// Changes `store.json`. Durable on return; on an error nothing has changed.
  package func updateIdentity(_ change: (inout StoreIdentity) -> Void) throws(StorageError) {
    if let poison = state.withLock({ $0.log.poison }) { throw poison }
    try currentIdentity.withLock { (current) throws(StorageError) in
      var identity = current
      change(&identity)
      try translated { () throws(SystemError) in
        try environment.fileSystem.writeFileDurably(layout.identity, identity.bytes)
      }
      current = identity
    }
  }

  /// The tables as they are now: a value that later commits do not change. O(1), but a commit while
  /// it is held copies the tables.
  package func snapshot() -> Tables { state.withLock { $0.tables } }

  /// Looks at the tables without copying them; writers wait meanwhile.
  package func read<Result: Sendable, Failure: Error>(
    _ body: (borrowing Tables) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try state.withLock { (state) throws(Failure) in try body(state.tables) }
  }

  /// Makes a batch durable with one fdatasync, then visible.
  ///
  /// - Throws: `system` if it was refused: nothing has changed. `poisoned` if nobody knows what is
  ///   durable: nothing more is accepted until the store is opened again.
  package func commit(_ batch: Batch) throws(StorageError) {
    guard !batch.isEmpty else { return }
    let codec = RecordCodec(rules: environment.rules)
    var records: [(Frame.Kind, [UInt8])] = []
    records += batch.documents.map { (.document, codec.encode($0)) }
    records += batch.runs.map { (.transactions, codec.encode($0)) }
    records += batch.registers.map { (.register, codec.encode(register: $0.name, $0.value)) }
    if let record = records.first(where: { $0.1.count > Frame.maximumPayloadByteCount }) {
      throw StorageError(
        .system, path: layout.root,
        problem: "a record of \(record.1.count) bytes is longer than "
          + "\(Frame.maximumPayloadByteCount)")
    }
    let mark = environment.random.uint64()
    try state.withLock { (state) throws(StorageError) in
      Self.checkRuns(of: batch, state.tables)
      try state.log.append(records, mark: mark)
      Self.apply(batch, mark: mark, to: &state)
    }
  }

  /// A batch with a gap must not reach the log: no opening could read it.
  private static func checkRuns(of batch: Batch, _ tables: borrowing Tables) {
    var known = tables.knowledge
    for run in batch.runs {
      precondition(
        run.first >= 1 && run.first <= known[run.replica] + 1,
        "a batch leaves out transactions of \(run.replica)")
      known.include(Dot(run.replica, run.last))
    }
  }

  private static func apply(_ batch: Batch, mark: UInt64, to state: inout State) {
    for document in batch.documents {
      state.tables.put(document)
      state.files[document.key] = .some(nil)
    }
    for run in batch.runs { _ = state.tables.append(run) }
    for register in batch.registers { state.tables.setRegister(register.name, register.value) }
    state.tables.addMark(mark)
  }

  /// Checks every file and log record. Writers wait meanwhile. O(store).
  package func verify() -> VerificationReport {
    state.withLock { _ in Verifier(layout: layout, environment: environment).verify() }
  }

  /// Bytes of log that the next opening would have to replay.
  package var logByteCount: Int { state.withLock { $0.log.byteCount } }

  /// Writes every changed document into its file, makes all durable together, then drops the log
  /// that they cover. Writers wait meanwhile.
  ///
  /// - Returns: the number of files written.
  /// - Throws: `system`: log and files together still hold everything.
  package func checkpoint() throws(StorageError) -> Int {
    try state.withLock { (state) throws(StorageError) in
      if let poison = state.log.poison { throw poison }
      var checkpointer = Checkpointer(layout: layout, environment: environment)
      let firstSegment = state.log.beginSegment()
      let written = try checkpointer.writeFiles(state.tables, &state.files)
      try checkpointer.writeManifest(
        state.tables, state.files, segment: firstSegment, sequence: state.log.nextSequence)
      state.log.noteCheckpoint()
      try checkpointer.removeSegments(before: firstSegment)
      return written
    }
  }
}

extension File {
  fileprivate func locked(_ layout: StoreLayout) throws(StorageError) -> any File {
    let isMine = try translated { () throws(SystemError) in try tryLock() }
    guard isMine else {
      close()
      throw StorageError(
        .locked, path: layout.root, problem: "is in use by another program; try again")
    }
    return self
  }
}
