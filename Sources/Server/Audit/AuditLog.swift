import Causality
import Dispatch
import Documents
import JSON
import Platform
import Replica
import Synchronization

/// The server's memory of who did what: lines at the end of files, each linked to all before it.
///
/// An entry is with the system when `note` returns, so it survives the end of the process; it survives a power cut
/// after a second, or when `noteDurably` returns.
final class AuditLog: Sendable {
  private struct State {
    var file: (any File)?
    var fileNumber = 0
    var byteCount = 0
    var last = AuditFiles.Mark()
    /// The last entry that is durable.
    var durable: UInt64 = 0
    /// Why nothing more is written; tried again at the next entry.
    var failure: SystemError?
  }

  private let files: AuditFiles
  /// A file is begun when the one before has this size.
  private let fileByteCount: Int
  private let world: ReplicaWorld
  private let state: Mutex<State>
  private let thread = Mutex<SystemThread?>(nil)
  private let isStopped = Atomic(false)
  private let wake = DispatchSemaphore(value: 0)
  private let stopping = DispatchSemaphore(value: 0)

  /// Opens the audit behind its last whole line. What a crash left behind that is kept in a file of its own.
  init(
    _ layout: ServerLayout, setup: ReplicaSetup, fileByteCount: Int = 64 << 20
  ) throws(SystemError) {
    self.fileByteCount = fileByteCount
    files = AuditFiles(layout: layout, fileSystem: setup.fileSystem)
    world = setup.world
    try setup.fileSystem.createDirectory(layout.audit)
    var state = State()
    let torn = try Self.resume(files, setup.world.digest, &state)
    self.state = Mutex(state)
    if torn > 0 { note(AuditEntry(.tornTail, details: ["bytes": .int(torn)])) }
  }

  /// - Returns: how many bytes stood behind the last line.
  private static func resume(
    _ files: AuditFiles, _ digest: ([UInt8]) -> [UInt8], _ state: inout State
  ) throws(SystemError) -> Int {
    let paths = try files.paths()
    state.fileNumber = max(1, paths.count)
    guard let path = paths.last else {
      try open(files, &state)
      return 0
    }
    let tail = try AuditTail(path, files.fileSystem)
    // Without a last line, as in a new file: the mark was written when the file before was full.
    let mark = try files.mark()
    state.last = tail.last ?? mark ?? state.last
    if !tail.torn.isEmpty { try files.fileSystem.writeFileDurably("\(path).torn", tail.torn) }
    try open(files, &state)
    try state.file?.truncate(to: tail.byteCount)
    state.byteCount = tail.byteCount
    return tail.torn.count
  }

  private static func open(_ files: AuditFiles, _ state: inout State) throws(SystemError) {
    state.file?.close()
    let file = try files.fileSystem.open(files.path(state.fileNumber), .openOrCreate)
    try files.fileSystem.synchronizeDirectory(files.layout.audit)
    (state.file, state.byteCount) = (file, try file.size())
  }

  // MARK: - Writing

  /// Why entries cannot be written; nil if they can. Nothing should be done then that must be remembered.
  func obstacle() -> SystemError? {
    guard state.withLock({ $0.failure }) != nil else { return nil }
    note(AuditEntry(.resumed))
    return state.withLock { $0.failure }
  }

  /// Appends an entry.
  func note(_ entry: AuditEntry) {
    let now = world.clock.now()
    state.withLock { state in
      do throws(SystemError) {
        try append(entry, at: now, &state)
        state.failure = nil
      } catch {
        state.failure = error
      }
    }
    wake.signal()
  }

  /// Appends an entry. Durable on return, unless that fails.
  func noteDurably(_ entry: AuditEntry) {
    note(entry)
    synchronize()
  }

  private func append(_ entry: AuditEntry, at now: UInt64, _ state: inout State) throws(SystemError)
  {
    if state.byteCount >= fileByteCount {
      try state.file?.synchronize()
      try files.write(state.last)
      state.fileNumber += 1
      try Self.open(files, &state)
    }
    guard let file = state.file else { return }
    let number = state.last.number + 1
    let line = AuditLine.make(
      entry.object(number: number, at: now), after: state.last.link, digest: world.digest)
    // What a failed write left is written over by the next.
    try file.write(line.bytes + [UInt8(ascii: "\n")], at: state.byteCount)
    state.byteCount += line.bytes.count + 1
    state.last = AuditFiles.Mark(number: number, link: line.link)
  }

  private func synchronize() {
    let (file, last) = state.withLock { ($0.file, $0.last) }
    do throws(SystemError) {
      try file?.synchronize()
      state.withLock { $0.durable = max($0.durable, last.number) }
    } catch {
      state.withLock { $0.failure = error }
    }
  }

  // MARK: - In the background

  /// How long entries may not be durable, in milliseconds.
  private static let milliseconds = 1000

  /// Makes entries durable from now on, until `stop`. Call once.
  func start() throws(SystemError) {
    let started = try SystemThread { [self] in
      while !isStopped.load(ordering: .acquiring) {
        wake.wait()
        _ = stopping.wait(timeout: .now() + .milliseconds(Self.milliseconds))
        while wake.wait(timeout: .now()) == .success {}
        noteMark()
      }
    }
    thread.withLock { $0 = started }
  }

  /// Makes all entries durable.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    stopping.signal()
    wake.signal()
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
    noteMark()
  }

  private func noteMark() {
    let last = state.withLock { $0.last }
    synchronize()
    guard state.withLock({ $0.durable >= last.number }) else { return }
    do throws(SystemError) { try files.write(last) } catch {
      state.withLock { $0.failure = error }
    }
  }

  // MARK: - Reading

  /// Checks everything that is written so far.
  func check(keep: (JSONObject) -> Bool) throws(SystemError) -> AuditCheck {
    try state.withLock { (_) throws(SystemError) in
      try AuditCheck(files, digest: world.digest, keep: keep)
    }
  }
}

/// The end of a file of the audit.
private struct AuditTail {
  /// Of the last whole line; nil if there is none.
  let last: AuditFiles.Mark?
  /// Up to the last line's end.
  let byteCount: Int
  let torn: [UInt8]
  /// No line is longer, in bytes.
  private static let mostBytes = 1 << 20

  init(_ path: String, _ fileSystem: any FileSystem) throws(SystemError) {
    let file = try fileSystem.open(path, .read)
    defer { file.close() }
    let size = try file.size()
    let begin = max(0, size - Self.mostBytes)
    let bytes = try file.read(at: begin, count: size - begin)
    let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
    byteCount = end.map { begin + $0 + 1 } ?? 0
    torn = Array(bytes[(end.map { $0 + 1 } ?? 0)...])
    guard let end else {
      last = nil
      return
    }
    let line = bytes[..<end]
    let start = line.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let object = (try? JSONValue(parsing: Array(line[start...])))?.objectValue
    guard let number = object?["number"]?.intValue, number > 0,
      let link = object?["link"]?.stringValue
    else {
      last = nil
      return
    }
    last = AuditFiles.Mark(number: UInt64(number), link: link)
  }
}
