package import Causality
import Documents
package import JSON
import Platform
import Storage
import SyncProtocol
import Synchronization

/// What a laptop remembers of who read, searched, exported and decided what, until its server has it: lines at the
/// end of a file, each linked to all before it, and each sealed if the store is.
///
/// An entry is with the system when `note` returns. On a full disk it waits in memory for the next one.
package final class LocalAudit: Sendable {
  /// Something that is remembered. It names people and documents by their ids.
  package struct Entry: Sendable {
    package var event: String
    package var user: UniqueID?
    package var ids: [UniqueID]
    /// What belongs to the event.
    package var details: JSONObject

    package init(
      _ event: String, user: UniqueID? = nil, ids: [UniqueID] = [],
      details: JSONObject = JSONObject()
    ) {
      (self.event, self.user, self.ids, self.details) = (event, user, ids, details)
    }
  }

  /// Somebody reads who could not log in, for a reason.
  package static let emergencyEvent = "break_glass"

  private struct State {
    /// What stands in the file, or waits for it.
    var lines: [[UInt8]] = []
    /// Of those, how many are in the file.
    var writtenCount = 0
    var byteCount = 0
    /// Of the last line, or of the last that the server has.
    var number: UInt64 = 0
    var link = AuditLine.root
    /// Lines of the file that do not follow on those before: a crash or a hand left them.
    var strangeCount = 0
  }

  private let store: Store
  private let world: ReplicaWorld
  private let state: Mutex<State?>

  /// Reads nothing yet.
  init(_ store: Store, _ world: ReplicaWorld) {
    (self.store, self.world) = (store, world)
    state = Mutex(nil)
  }

  // MARK: - Writing

  /// Appends an entry.
  /// - Parameter now: milliseconds since 1970 UTC.
  package func note(_ entry: Entry, at now: UInt64) {
    with { state in
      if state.strangeCount > 0 {
        append(Entry("cut_off", details: ["lines": .int(state.strangeCount)]), at: now, &state)
        state.strangeCount = 0
      }
      append(entry, at: now, &state)
      try? write(&state)
    }
  }

  private func append(_ entry: Entry, at now: UInt64, _ state: inout State) {
    let number = state.number + 1
    let line = AuditLine.make(
      Self.object(entry, number: number, at: now), after: state.link, digest: world.digest)
    state.lines.append(line.bytes)
    (state.number, state.link) = (number, line.link)
  }

  private static func object(_ entry: Entry, number: UInt64, at time: UInt64) -> JSONObject {
    var object: JSONObject = [
      "number": .number(JSONNumber(number)),
      "at": .string(Timestamp.text(milliseconds: time)), "event": .string(entry.event),
    ]
    if let user = entry.user { object.append("user", .string(user.description)) }
    if !entry.ids.isEmpty {
      object.append("ids", .array(entry.ids.map { .string($0.description) }))
    }
    for member in entry.details.members { object.append(member.key, member.value) }
    return object
  }

  /// Brings into the file what waits for it.
  private func write(_ state: inout State) throws(StorageError) {
    let new = state.lines[state.writtenCount...]
    guard !new.isEmpty else { return }
    var bytes: [UInt8] = []
    for (offset, line) in new.enumerated() {
      let number = state.number - UInt64(new.count - 1 - offset)
      bytes += try store.sealedLine(line, number: number) + [UInt8(ascii: "\n")]
    }
    try store.appendAudit(bytes, at: state.byteCount)
    state.byteCount += bytes.count
    state.writtenCount = state.lines.count
  }

  // MARK: - Giving it to the server

  /// The oldest lines that the server lacks, durable here.
  /// - Parameter byteCount: how much of them at least, if there is as much.
  func unsent(_ byteCount: Int) -> [[UInt8]] {
    with { state in
      guard (try? write(&state)) != nil, (try? store.synchronizeAudit()) != nil else { return [] }
      var (lines, sum): ([[UInt8]], Int) = ([], 0)
      for line in state.lines {
        if sum > byteCount { break }
        lines.append(line)
        sum += line.count
      }
      return lines
    }
  }

  /// Forgets what the server has; the file once it has all of it.
  /// - Parameter number: of the last entry that it has noted.
  func noteSent(upTo number: UInt64) {
    with { state in
      let first = state.number - UInt64(state.lines.count) + 1
      guard number >= first, number <= state.number else { return }
      let count = Int(number - first + 1)
      state.lines.removeFirst(count)
      state.writtenCount -= count
      guard state.lines.isEmpty else { return }
      // First it is noted where the next file goes on.
      let mark: JSONObject = [
        "number": .number(JSONNumber(number)), "link": .string(state.link),
      ]
      guard (try? store.remember(.audit, JSONValue.object(mark).bytes)) != nil,
        (try? store.removeAudit()) != nil
      else { return }
      state.byteCount = 0
    }
  }

  // MARK: - Reading

  private func with<Result>(_ body: (inout State) -> Result) -> Result {
    state.withLock { state in
      var current = state ?? read()
      defer { state = current }
      return body(&current)
    }
  }

  private func read() -> State {
    var state = State()
    if let object = store.recall(.audit).flatMap({ try? JSONValue(parsing: $0) })?.objectValue,
      let number = object["number"]?.intValue.flatMap({ UInt64(exactly: $0) }),
      let link = object["link"]?.stringValue
    {
      (state.number, state.link) = (number, link)
    }
    let lines = store.auditLines()
    for line in lines {
      guard let bytes = store.openedLine(line, number: state.number + 1),
        let entry = AuditLine.check(bytes, after: state.link, digest: world.digest),
        entry.number == state.number + 1
      else { break }
      state.lines.append(bytes)
      state.byteCount += line.count + 1
      (state.number, state.link) = (entry.number, entry.link)
    }
    state.writtenCount = state.lines.count
    state.strangeCount = lines.count - state.lines.count
    return state
  }
}
