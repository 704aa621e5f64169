import Platform
import Synchronization

/// A file system that hands everything on to another, logs each call, and fails or blocks some.
final class RecordingFileSystem: FileSystem {
  /// A call, such as `write 00000001.wal`: the method, and the last part of the path.
  typealias Call = String

  /// What fails: the k-th call (from 1) of those whose text begins so, and all after it if wanted.
  struct Failure: Sendable {
    var prefix: String
    var number: Int
    var code: Int32
    var lasts = false
    /// Whether a failing write has written a part, as a full disk does.
    var writesPart = true
  }

  private struct State: Sendable {
    var calls: [Call] = []
    var failure: Failure?
    var matches = 0
    var blocked: String?

    /// The code with which a call is to fail; counts the calls that could.
    mutating func failingCode(_ call: String) -> Int32? {
      guard let failure, call.hasPrefix(failure.prefix) else { return nil }
      matches += 1
      return matches == failure.number || failure.lasts && matches > failure.number
        ? failure.code : nil
    }
  }

  private let base: any FileSystem
  private let state = Mutex(State())
  /// Signalled when a call blocks, and to release it.
  private let arrived = Gate()
  private let released = Gate()

  private let synchronizesMachine: Bool

  /// - Parameter synchronizesMachine: whether `synchronizeFileSystem` reaches the system: everything
  ///   else on the machine then has to wait for the disk too.
  init(_ base: any FileSystem = POSIXFileSystem(), synchronizesMachine: Bool = false) {
    self.base = base
    self.synchronizesMachine = synchronizesMachine
  }

  var calls: [Call] { state.withLock { $0.calls } }

  func forgetCalls() { state.withLock { $0.calls = [] } }

  /// Begins to count from now on; nil stops failing.
  func fail(_ failure: Failure?) {
    state.withLock { ($0.failure, $0.matches) = (failure, 0) }
  }

  /// Whether the failure came about.
  var hasFailed: Bool {
    state.withLock { state in state.failure.map { state.matches >= $0.number } ?? false }
  }

  /// Makes the next call of this text wait for `release`.
  func block(_ call: Call) { state.withLock { $0.blocked = call } }

  /// Waits until a call is blocked; false if none comes.
  func waitUntilBlocked() -> Bool { arrived.pass() }

  func release() { released.open() }

  /// Logs a call that is about to happen; throws if it is to fail.
  fileprivate func enter(_ method: String, _ path: String) throws(SystemError) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let call = "\(method) \(name)"
    let (code, isBlocked) = state.withLock { state -> (Int32?, Bool) in
      state.calls.append(call)
      let isBlocked = state.blocked == call
      if isBlocked { state.blocked = nil }
      return (state.failingCode(call), isBlocked)
    }
    if isBlocked {
      arrived.open()
      released.pass()
    }
    if let code { throw SystemError(method, path, code: code) }
  }

  fileprivate var writesPart: Bool { state.withLock { $0.failure?.writesPart ?? false } }

  func open(_ path: String, _ mode: OpenMode, permissions: UInt16) throws(SystemError) -> any File {
    try enter("\(mode)", path)
    return RecordingFile(try base.open(path, mode, permissions: permissions), self)
  }

  func createDirectory(_ path: String, permissions: UInt16) throws(SystemError) {
    try enter("createDirectory", path)
    try base.createDirectory(path, permissions: permissions)
  }

  func contents(ofDirectory path: String) throws(SystemError) -> [String] {
    try enter("contents", path)
    return try base.contents(ofDirectory: path)
  }

  func rename(_ from: String, to: String) throws(SystemError) {
    try enter("rename", to)
    try base.rename(from, to: to)
  }

  func link(_ path: String, to other: String) throws(SystemError) {
    try enter("link", other)
    try base.link(path, to: other)
  }

  func removeFile(_ path: String) throws(SystemError) {
    try enter("removeFile", path)
    try base.removeFile(path)
  }

  func removeDirectory(_ path: String) throws(SystemError) {
    try enter("removeDirectory", path)
    try base.removeDirectory(path)
  }

  func synchronizeDirectory(_ path: String) throws(SystemError) {
    try enter("synchronizeDirectory", path)
    try base.synchronizeDirectory(path)
  }

  func synchronizeFileSystem(_ path: String) throws(SystemError) {
    try enter("synchronizeFileSystem", path)
    if synchronizesMachine { try base.synchronizeFileSystem(path) }
  }

  func status(_ path: String) throws(SystemError) -> FileStatus? {
    try enter("status", path)
    return try base.status(path)
  }
}

/// A file of it.
private final class RecordingFile: File {
  private let base: any File
  private let system: RecordingFileSystem

  init(_ base: any File, _ system: RecordingFileSystem) {
    self.base = base
    self.system = system
  }

  var path: String { base.path }

  func size() throws(SystemError) -> Int {
    try system.enter("size", path)
    return try base.size()
  }

  func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
    try system.enter("read", path)
    return try base.read(at: offset, count: count)
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    do {
      try system.enter("write", path)
    } catch {
      if system.writesPart { try base.write(Array(bytes.prefix(bytes.count / 2)), at: offset) }
      throw error
    }
    try base.write(bytes, at: offset)
  }

  func synchronize() throws(SystemError) {
    try system.enter("synchronize", path)
    try base.synchronize()
  }

  func truncate(to byteCount: Int) throws(SystemError) {
    try system.enter("truncate", path)
    try base.truncate(to: byteCount)
  }

  func tryLock() throws(SystemError) -> Bool {
    try system.enter("tryLock", path)
    return try base.tryLock()
  }

  func close() { base.close() }
}
