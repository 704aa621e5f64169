import Causality
import Dispatch
import Documents
import JSON
import Platform
import Replica
import SyncProtocol
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
    let found = try Self.resume(files, setup.world.digest, &state)
    self.state = Mutex(state)
    for entry in found { note(entry) }
    // Before the mark is moved on, after which nobody could tell any more.
    if !found.isEmpty { synchronize() }
  }

  /// - Returns: what is to be noted of how the last file ended.
  private static func resume(
    _ files: AuditFiles, _ digest: ([UInt8]) -> [UInt8], _ state: inout State
  ) throws(SystemError) -> [AuditEntry] {
    let (paths, mark) = (try files.paths(), try files.mark())
    state.fileNumber = max(1, paths.count)
    guard let path = paths.last else {
      state.last = mark ?? state.last
      try open(files, &state)
      return mark.map { [cutOff(from: $0, to: nil)] } ?? []
    }
    let tail = try AuditTail(path, files.fileSystem)
    // Without a last line, as in a new file: the mark was written when the file before was full.
    state.last = tail.last ?? mark ?? state.last
    var found: [AuditEntry] = []
    if let mark, try !isMet(mark, tail, paths, files, digest) {
      found.append(cutOff(from: mark, to: tail.last))
    }
    if !tail.torn.isEmpty {
      try files.fileSystem.writeFileDurably("\(path).torn", tail.torn)
      found.append(AuditEntry(.tornTail, details: ["bytes": .int(tail.torn.count)]))
    }
    try open(files, &state)
    try state.file?.truncate(to: tail.byteCount)
    state.byteCount = tail.byteCount
    return found
  }

  /// Whether an entry that was noted as durable is still there. O(1) after a stop in order.
  private static func isMet(
    _ mark: AuditFiles.Mark, _ tail: AuditTail, _ paths: [String], _ files: AuditFiles,
    _ digest: ([UInt8]) -> [UInt8]
  ) throws(SystemError) -> Bool {
    guard let last = tail.last else {
      // The file was begun, and nothing written yet: the entry ends the one before.
      guard let before = paths.dropLast().last else { return mark.number == 0 }
      return try AuditTail(before, files.fileSystem).last == mark
    }
    guard last != mark else { return true }
    guard last.number > mark.number else { return false }
    let bytes = try files.fileSystem.readFile(paths[paths.count - 1], maximumByteCount: .max)
    return AuditTail.goesOn(from: mark, in: bytes, digest)
  }

  private static func cutOff(from mark: AuditFiles.Mark, to last: AuditFiles.Mark?) -> AuditEntry {
    AuditEntry(
      .cutOff,
      details: [
        "noted": .number(JSONNumber(mark.number)), "noted_link": .string(mark.link),
        "found": .number(JSONNumber(last?.number ?? 0)),
      ])
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

  /// Makes entries durable, unless that fails.
  func synchronizeNow() { synchronize() }

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
