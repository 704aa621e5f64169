import Causality
package import Documents
import JSON
import Planted
package import Platform
import Synchronization

/// What a store needs of the world.
package struct StoreEnvironment: Sendable {
  package var fileSystem: any FileSystem
  package var random: any RandomSource
  package var digest: Digest
  package var rules: MergeRules
  package var indexes: [StoreIndex]
  /// The machine's own id; empty if it has none.
  package var machine = ""
  /// Names the time since the machine was started; empty if it cannot be told.
  package var boot = ""
  /// Whether the store has a thread of its own make segments ready while writers go on.
  package var preparesSegments = false
  /// Whether documents are also kept in the order of their arrival, for others to fetch.
  package var keepsFeed = false
  /// How records and files are kept on the disk.
  package var seal: any Seal = NoSeal()
  /// The size of a segment of the log.
  package var segmentByteCount = 4 << 20

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
  let environment: StoreEnvironment
  private let lock: any File
  /// Apart from the tables, so that it can be asked for while they are read.
  private let currentIdentity: Mutex<StoreIdentity>
  let state: Mutex<State>
  /// Held while bytes are written and synced; never waited for while `state` is held.
  let log: Mutex<WriteAheadLog>
  /// What was found to be damaged when the store was opened; empty if it is whole.
  package let damage: [StorageError]
  private let hasRelocationNotice: Atomic<Bool>
  /// The format from which the store was brought up to date when it was opened; 0 if it was not.
  private let upgradedFrom: Atomic<Int>
  /// What scrubbing has found.
  let scrubbed = Mutex<[VerificationProblem]>([])
  /// One checkpoint at a time.
  let checkpointing = Mutex(())
  let reader: DocumentReader
  let segments: SegmentKeeper
  let indexes: IndexSet

  struct State: Sendable {
    /// What is durable.
    var tables: Tables
    /// What is on its way, in order: writers build on it, readers do not see it.
    var queue = CommitQueue()
  }

  /// What opening does with a store that is damaged, or on a file system that cannot be written.
  package enum IfNotWritable: Sendable {
    case refuse
    /// Shows what is whole; every write fails and says why.
    case openForReading
  }

  private init(
    layout: StoreLayout, environment: StoreEnvironment, lock: any File,
    identity: StoreIdentity, isRelocated: Bool, upgradedFrom: Int = 0, recovery: Recovery
  ) {
    self.layout = layout
    self.environment = environment
    self.lock = lock
    currentIdentity = Mutex(identity)
    state = Mutex(State(tables: recovery.tables))
    reader = recovery.tables.reader
    indexes = recovery.tables.indexes
    segments = SegmentKeeper(recovery.log.pool)
    log = Mutex(recovery.log)
    damage = recovery.damage.errors
    hasRelocationNotice = Atomic(isRelocated)
    self.upgradedFrom = Atomic(upgradedFrom)
  }

  /// Makes an empty store in a directory that is new or empty, and opens it. Durable on return.
  ///
  /// - Throws: `exists` if a store is there.
  package static func create(
    at root: String, identity: StoreIdentity, environment: StoreEnvironment
  ) throws(StorageError) -> Store {
    let layout = StoreLayout(root: root, seal: environment.seal)
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
    do throws(StorageError) { try beginAnew(layout, fileSystem) } catch {
      lock.close()
      throw error
    }
    try translated { () throws(SystemError) in
      for directory in [layout.log, layout.documents, layout.staged] {
        try fileSystem.createDirectory(directory)
      }
    }
    var identity = identity
    identity.place = try StorePlace(layout, environment)
    try IdentityFile(layout: layout, environment: environment).write(identity)
    return try open(layout, environment, lock)
  }

  /// Opens a store: reads the head of its index, and replays what its log holds since the last
  /// checkpoint. Documents are read when they are asked for.
  ///
  /// - Parameter ifNotWritable: what to do where something durable is damaged, or where nothing can be
  ///   written.
  /// - Throws: `noStore`; `locked` if another process owns it; `newerFormat`; `corrupt` with the file
  ///   and the place: run the verifier.
  package static func open(
    at root: String, environment: StoreEnvironment, ifNotWritable: IfNotWritable = .refuse
  ) throws(StorageError) -> Store {
    let layout = StoreLayout(root: root, seal: environment.seal)
    let status = try translated { () throws(SystemError) in
      try environment.fileSystem.status(layout.identity)
    }
    try requireNotWiped(layout, environment.fileSystem)
    guard status != nil else { throw noStore(layout) }
    do throws(StorageError) {
      return try open(
        layout, environment, try takeLock(layout, environment.fileSystem), ifNotWritable)
    } catch {
      guard ifNotWritable == .openForReading, error.isNotWritable else { throw error }
      return try openForReading(layout, environment)
    }
  }

  private static func requireNotWiped(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    guard try WipeRecord.read(layout, fileSystem) != nil else { return }
    throw StorageError(
      .wiped, path: layout.root,
      problem: "was wiped by order of an administrator; satchel init makes a new store here")
  }

  /// In a directory that was wiped a new store may begin once everything is gone and the server knows.
  private static func beginAnew(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    guard let record = try WipeRecord.read(layout, fileSystem) else { return }
    guard record.doneAt != nil, record.teller == nil else {
      throw StorageError(
        .wiped, path: layout.root,
        problem: "is being wiped, and the server has not been told yet: satchel sync tells it")
    }
    try translated { () throws(SystemError) in try fileSystem.removeTree(layout.wipe) }
  }

  /// Opens a store of which nothing can be written. Its lock is taken all the same: somebody else may
  /// be able to write.
  private static func openForReading(
    _ layout: StoreLayout, _ environment: StoreEnvironment
  ) throws(StorageError) -> Store {
    let lock = try takeLockForReading(layout, environment.fileSystem)
    do {
      let identity = try IdentityFile(layout: layout, environment: environment).read()
      let reader = RecoveryReader(layout: layout, environment: environment)
      var recovery = try reader.read(isTolerant: true)
      recovery.log.stop(
        because: StorageError(
          .readOnly, path: layout.root,
          problem: "cannot be written here; the store is open for reading only"))
      return Store(
        layout: layout, environment: environment, lock: lock, identity: identity,
        isRelocated: false, recovery: recovery)
    } catch {
      lock.close()
      throw error
    }
  }

  /// Makes sure that nobody owns a store while the closure looks at its directory.
  package static func withLock<Result>(
    at root: String, fileSystem: any FileSystem, seal: any Seal = NoSeal(),
    _ body: (StoreLayout) throws(StorageError) -> Result
  ) throws(StorageError) -> Result {
    let layout = StoreLayout(root: root, seal: seal)
    let isThere = try translated { () throws(SystemError) in
      if try fileSystem.status(layout.identity) != nil { return true }
      return try fileSystem.status(layout.log) != nil
    }
    guard isThere else { throw noStore(layout) }
    let lock = try takeLockForReading(layout, fileSystem)
    defer { lock.close() }
    return try body(layout)
  }

  private static func noStore(_ layout: StoreLayout) -> StorageError {
    StorageError(.noStore, path: layout.root, problem: "holds no store; satchel init makes one")
  }

  /// Takes the lock also where nothing can be written.
  private static func takeLockForReading(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> any File {
    do { return try takeLock(layout, fileSystem) } catch {
      guard error.isNotWritable else { throw error }
    }
    return try translated { () throws(SystemError) in
      try fileSystem.open(layout.lock, .read)
    }.locked(layout)
  }

  private static func takeLock(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) -> any File {
    try translated { () throws(SystemError) in
      try fileSystem.open(layout.lock, .openOrCreate)
    }.locked(layout)
  }

  private static func open(
    _ layout: StoreLayout, _ environment: StoreEnvironment, _ lock: any File,
    _ ifNotWritable: IfNotWritable = .refuse
  ) throws(StorageError) -> Store {
    do {
      var identity = try IdentityFile(layout: layout, environment: environment).read()
      if identity.startsOver {
        try StartOver(layout: layout, environment: environment).run(&identity)
      }
      let format = identity.format
      try requireNoDowngrade(layout, environment.fileSystem)
      let place = try StorePlace(layout, environment)
      let reader = RecoveryReader(layout: layout, environment: environment)
      var recovery = try reader.read(isTolerant: ifNotWritable == .openForReading)
      if let damage = recovery.damage.errors.first {
        recovery.log.stop(because: readOnly(damage))
      } else {
        if format < StoreIdentity.currentFormat {
          try Upgrade(layout: layout, environment: environment).run(&identity)
        }
        try recovery.resume(layout, environment.fileSystem)
        // Whoever ends without closing the store leaves nothing there.
        try translated { () throws(SystemError) in try lock.truncate(to: 0) }
        removeTemporaryFiles(layout, environment.fileSystem)
      }
      let isRelocated =
        recovery.damage.errors.isEmpty
        ? try settle(&identity, at: place, layout, environment) : false
      return Store(
        layout: layout, environment: environment, lock: lock, identity: identity,
        isRelocated: isRelocated,
        upgradedFrom: identity.format > format ? format : 0, recovery: recovery)
    } catch {
      lock.close()
      throw error
    }
  }

  private static func requireNoDowngrade(
    _ layout: StoreLayout, _ fileSystem: any FileSystem
  ) throws(StorageError) {
    let mark = try translated { () throws(SystemError) in
      try fileSystem.status(layout.downgradeMark)
    }
    guard mark != nil else { return }
    throw StorageError(
      .corrupt, path: layout.root,
      problem: "going back to an older format was cut off: satchel upgrade --undo finishes it")
  }

  /// Notes where the store is. In another place than before it may be a copy, beside which the
  /// original goes on: it takes a new replica id, so that no number is ever given to two transactions,
  /// and leaves the device's credentials to the original (DESIGN, rule 17). Durable on return.
  ///
  /// - Returns: whether it is in another place.
  private static func settle(
    _ identity: inout StoreIdentity, at place: StorePlace, _ layout: StoreLayout,
    _ environment: StoreEnvironment
  ) throws(StorageError) -> Bool {
    if identity.place == place { return false }
    let isRelocated = identity.place != nil
    identity.place = place
    if isRelocated {
      identity.takeReplica(newReplicaID(environment))
      identity.enrolment = nil
    }
    try IdentityFile(layout: layout, environment: environment).write(identity)
    return isRelocated
  }

  private static func readOnly(_ damage: StorageError) -> StorageError {
    StorageError(
      .corrupt, path: damage.path, offset: damage.offset,
      problem: damage.problem
        + "; the store is open for reading only: satchel verify --repair heals it")
  }

  /// Removes what a crash left of files that were being replaced. Those of documents are used again
  /// by the next checkpoint.
  private static func removeTemporaryFiles(_ layout: StoreLayout, _ fileSystem: any FileSystem) {
    for directory in [layout.root, layout.parked] {
      let names = (try? fileSystem.contents(ofDirectory: directory)) ?? []
      for name in names where name.hasSuffix(temporaryFileSuffix) {
        try? fileSystem.removeFile("\(directory)/\(name)")
      }
    }
  }

  /// Gives up the store. Calls after this that write fail with `poisoned`.
  package func close() {
    segments.stop()
    log.withLock { log in
      if log.poison == nil {
        // What is not left there is found out at the next opening.
        let last = planted(Fault.cleanCloseAhead) ? log.nextSequence : log.nextSequence - 1
        try? CleanClose(sequence: last, boot: environment.boot).write(to: lock)
      }
      log.close()
    }
    lock.close()
  }

  /// Whether the store was found in another place than before, and so took a new replica id; true only
  /// once, for whoever tells a person.
  package func takeRelocationNotice() -> Bool {
    hasRelocationNotice.exchange(false, ordering: .acquiringAndReleasing)
  }

  /// The format from which the store was brought up to date when it was opened; nil if it was not, and
  /// after the first call: for whoever tells a person.
  package func takeUpgradeNotice() -> Int? {
    let format = upgradedFrom.exchange(0, ordering: .acquiringAndReleasing)
    return format > 0 ? format : nil
  }

  /// Why nothing can be written any more; nil while all is well.
  package var refusal: StorageError? { log.withLock { $0.poison } }

  package var identity: StoreIdentity { currentIdentity.withLock { $0 } }

  /// Changes `store.json`. Durable on return; on an error nothing has changed.
  package func updateIdentity(_ change: (inout StoreIdentity) -> Void) throws(StorageError) {
    if let poison = log.withLock({ $0.poison }) { throw poison }
    try currentIdentity.withLock { (current) throws(StorageError) in
      var identity = current
      change(&identity)
      try IdentityFile(layout: layout, environment: environment).write(identity)
      current = identity
    }
  }

  /// Looks at the tables as they are now; writers wait meanwhile.
  package func read<Result: Sendable, Failure: Error>(
    _ body: (borrowing Tables) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try state.withLock { (state) throws(Failure) in try body(state.tables) }
  }

  /// Checks every file and log record. Writers wait meanwhile. O(store).
  package func verify() -> VerificationReport {
    checkpointing.withLock { _ in
      log.withLock { _ in Verifier(layout: layout, environment: environment).verify() }
    }
  }

  /// The size of the log at which a checkpoint is due: writing the index anew must stay a small part
  /// of all that is written.
  package var checkpointByteCount: Int {
    max(environment.segmentByteCount, state.withLock { $0.tables.base?.file.byteCount ?? 0 } / 4)
  }

  /// Bytes of log that the next opening would have to replay.
  package var logByteCount: Int { log.withLock { $0.byteCount } }
}

extension StorageError {
  fileprivate var isNotWritable: Bool {
    guard let underlying else { return false }
    return underlying.isReadOnly || underlying.isPermission
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
