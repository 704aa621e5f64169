package import Platform
internal import Synchronization

/// A file system in memory that behaves like the real one, can be cut off at any call, and knows
/// what a power cut would leave of it.
///
/// Everything depends on the seed and the calls only: the same calls give the same results, inode
/// numbers and times. Paths without a leading `/` begin at the root. Permissions are kept but not
/// enforced, and no umask applies; there are no symbolic links. Space is given out in blocks of
/// 4,096 bytes when bytes are written or reserved, never for holes, and never anew where a file has
/// room already; a write to a full disk writes the blocks that fit, and then fails.
///
/// A crash test runs a workload once and reads `callCount`; then, for each *k* up to it, runs it
/// again on a new file system with `crash(at: k)`, and looks at what `afterCrash(fate:)` leaves.
/// What that may be is said at `Fate`.
package final class SimulatedFileSystem: FileSystem {
  /// The code with which every call fails once the process is dead. It is no `errno`.
  package static let crashCode: Int32 = 9_999

  fileprivate struct State: Sendable {
    var disk: Disk
    var log = CallLog()
  }

  private let state: Mutex<State>

  /// An empty file system: a root and nothing in it. Another seed is another device.
  package convenience init(seed: UInt64 = 0) { self.init(Disk(seed: seed)) }

  private init(_ disk: Disk) { state = Mutex(State(disk: disk)) }

  /// How often the power was cut before this machine was started.
  package var powerCutCount: Int { state.withLock { $0.disk.powerCutCount } }

  // MARK: - Calls, failures and the end

  /// How many calls were made that can change something or make it durable; with `countReads`, how
  /// many calls of any kind. Closing is no call.
  package var callCount: Int { state.withLock { $0.log.count } }

  /// The calls so far, of every kind, without those that came after the crash.
  package var calls: [Call] { state.withLock { $0.log.calls } }

  /// Forgets the calls so far and counts from 0 on.
  package func forgetCalls() {
    state.withLock { ($0.log.calls, $0.log.count) = ([], 0) }
  }

  /// Counts reading calls too from now on, so that the process can die at them.
  package func countReads() { state.withLock { $0.log.countsReads = true } }

  /// Lets the process die at a call: that call and all after it do nothing and fail with
  /// `crashCode`.
  ///
  /// - Parameter number: as `callCount` counts them: 1 is the first since it was 0.
  package func crash(at number: Int) { state.withLock { $0.log.crashNumber = number } }

  /// Whether the process is dead.
  package var isDead: Bool { state.withLock { $0.log.isDead } }

  /// Begins to count from now on, and lets calls fail; nil ends that. A failing call does nothing,
  /// except that a sync that fails forgets what it had to make durable (see `Fate`), and a write
  /// has written the first half of its bytes.
  package func fail(_ failure: InjectedFailure?) {
    state.withLock { ($0.log.failure, $0.log.failureMatches) = (failure, 0) }
  }

  /// Whether the failure came about.
  package var hasFailed: Bool {
    state.withLock { state in
      state.log.failure.map { state.log.failureMatches >= $0.number } ?? false
    }
  }

  /// The faults that came about since the last call, in their order.
  package func takeStrikes() -> [Strike] {
    state.withLock { state in
      defer { state.log.strikes = [] }
      return state.log.strikes
    }
  }

  /// The room for the content of files, in bytes; may be below what is used.
  package func limit(bytes: Int) { state.withLock { $0.disk.byteLimit = bytes } }

  /// How many files and directories there may be, the root included.
  package func limit(inodes: Int) { state.withLock { $0.disk.inodeLimit = inodes } }

  /// Makes every change fail with `EROFS`, also those through files that are open.
  package func setReadOnly(_ isReadOnly: Bool) {
    state.withLock { $0.disk.isReadOnly = isReadOnly }
  }

  /// Bytes of blocks in use.
  package var usedByteCount: Int {
    state.withLock { $0.disk.usedBlockCount * Disk.blockByteCount }
  }

  /// Files and directories in use, the root included.
  package var usedInodeCount: Int { state.withLock { $0.disk.usedInodeCount } }

  // MARK: - What is found afterwards

  /// The file system as it is found after a power cut at this moment. It is another object: files
  /// that are open here stay as they are, and this one can be asked again with another fate. Limits
  /// stay; failures and counters do not.
  ///
  /// - Complexity: O(files + uncertain bytes).
  package func afterCrash(fate: Fate) -> SimulatedFileSystem {
    var disk = state.withLock { $0.disk }
    disk.cutPower(fate)
    return SimulatedFileSystem(disk)
  }

  /// The file system as the next process finds it after this one has ended, or was killed: all is
  /// as it was written, no lock is held, and what was not durable still is not.
  package func afterKill() -> SimulatedFileSystem {
    var disk = state.withLock { $0.disk }
    disk.endProcess()
    return SimulatedFileSystem(disk)
  }

  /// The same for two file systems on which a program finds the same, now and after any power cut, except
  /// for the times of last changes, which no store looks at. O(bytes).
  package var fingerprint: Int { state.withLock { $0.disk.fingerprint } }

  // MARK: - For tests

  /// Changes one bit of a file, in memory and on the disk: bit 0 is the lowest of the first byte.
  ///
  /// - Throws: `EINVAL` if the file ends before it.
  package func flipBit(_ path: String, _ bit: Int) throws(SystemError) {
    try translated("flip", path) { (state) throws(ErrorCode) in
      try state.disk.flip(path, bit: bit)
    }
  }

  /// All files and directories with their sizes, sorted by their paths: `/a/`, `/a/b 17`.
  package func listing() -> [String] {
    state.withLock { $0.disk.listing(Disk.root, path: "/") }
  }

  /// Everything that is not durable: files with uncertain content and the changes of names, one
  /// line each.
  package func uncertainties() -> [String] { state.withLock { $0.disk.uncertainties() } }

  // MARK: - FileSystem

  package func open(
    _ path: String, _ mode: OpenMode, permissions: UInt16
  ) throws(SystemError) -> any File {
    let handle = try translated("open", path) { (state) throws(ErrorCode) in
      let kind = state.disk.wouldCreate(path, mode) ? CallKind.create : .open
      try state.enter(kind, path)
      return try state.disk.open(path, mode, permissions: permissions)
    }
    return SimulatedFile(path: path, handle: handle, system: self)
  }

  package func createDirectory(_ path: String, permissions: UInt16) throws(SystemError) {
    do throws(SystemError) {
      try call(.makeDirectory, "mkdir", path) { (disk) throws(ErrorCode) in
        try disk.makeDirectory(path, permissions: permissions)
      }
    } catch  where error.isNotFound {
      let parent = parentDirectory(of: path)
      guard !path.isEmpty, parent != path else { throw error }
      try createDirectory(parent, permissions: permissions)
      try createDirectory(path, permissions: permissions)
    } catch {
      guard error.isAlreadyThere, isDirectory(path) else { throw error }
    }
  }

  private func isDirectory(_ path: String) -> Bool {
    state.withLock { state in
      (try? state.disk.inode(path)).map(state.disk.isDirectory) ?? false
    }
  }

  package func contents(ofDirectory path: String) throws(SystemError) -> [String] {
    try call(.contents, "opendir", path) { (disk) throws(ErrorCode) in
      try disk.contents(ofDirectory: path)
    }
  }

  package func rename(_ from: String, to: String) throws(SystemError) {
    if to.utf8.contains(0) {
      throw SystemError("rename", to, code: ErrorCode.invalid.number)
    }
    try call(.rename, "rename", from) { (disk) throws(ErrorCode) in
      try disk.rename(from, to: to)
    }
  }

  package func removeFile(_ path: String) throws(SystemError) {
    try call(.removeFile, "unlink", path) { (disk) throws(ErrorCode) in
      try disk.removeFile(path)
    }
  }

  package func removeDirectory(_ path: String) throws(SystemError) {
    try call(.removeDirectory, "rmdir", path) { (disk) throws(ErrorCode) in
      try disk.removeDirectory(path)
    }
  }

  /// - Throws: what opening the directory throws, with the operation "open", as the real one does.
  package func synchronizeDirectory(_ path: String) throws(SystemError) {
    try call(.synchronizeDirectory, "open", path) { (disk) throws(ErrorCode) in
      try disk.synchronizeDirectory(path)
    }
  }

  package func synchronizeFileSystem(_ path: String) throws(SystemError) {
    try call(
      .synchronizeFileSystem, "open", path, onFailure: { $0.forgetAll() },
      { (disk) throws(ErrorCode) in try disk.synchronizeAll(path) })
  }

  package func status(_ path: String) throws(SystemError) -> FileStatus? {
    try call(.status, "statx", path) { (disk) throws(ErrorCode) in try disk.status(path) }
  }

  // MARK: - Steps

  /// One call: counted, and then done unless it is to fail.
  func call<Result: Sendable>(
    _ kind: CallKind, _ operation: String, _ path: String,
    _ body: (inout Disk) throws(ErrorCode) -> Result
  ) throws(SystemError) -> Result {
    try translated(operation, path) { (state) throws(ErrorCode) in
      try state.enter(kind, path)
      return try state.carryOut(kind, path, body)
    }
  }

  /// One call whose failure leaves something behind.
  func call(
    _ kind: CallKind, _ operation: String, _ path: String,
    onFailure: (inout Disk) -> Void, _ body: (inout Disk) throws(ErrorCode) -> Void
  ) throws(SystemError) {
    try translated(operation, path) { (state) throws(ErrorCode) in
      do throws(ErrorCode) { try state.enter(kind, path) } catch {
        if !state.log.isDead { onFailure(&state.disk) }
        throw error
      }
      try state.carryOut(kind, path, body)
    }
  }

  func close(_ handle: UInt64) { state.withLock { $0.disk.closeHandle(handle) } }

  private func translated<Result: Sendable>(
    _ operation: String, _ path: String, _ body: (inout State) throws(ErrorCode) -> Result
  ) throws(SystemError) -> Result {
    do throws(ErrorCode) {
      return try state.withLock { (state) throws(ErrorCode) in try body(&state) }
    } catch {
      throw SystemError(operation, path, code: error.number)
    }
  }
}

extension SimulatedFileSystem.State {
  fileprivate mutating func enter(_ kind: CallKind, _ path: String) throws(ErrorCode) {
    if let code = log.enter(Call(kind: kind, path: path)) { throw ErrorCode(number: code) }
  }

  fileprivate mutating func carryOut<Result>(
    _ kind: CallKind, _ path: String, _ body: (inout Disk) throws(ErrorCode) -> Result
  ) throws(ErrorCode) -> Result {
    do throws(ErrorCode) { return try body(&disk) } catch {
      if error == .noSpace {
        log.strikes.append(Strike(fault: .noSpace, call: Call(kind: kind, path: path)))
      }
      throw error
    }
  }
}
