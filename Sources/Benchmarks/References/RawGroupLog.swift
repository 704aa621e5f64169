import Dispatch
import Platform
import Synchronization

/// What the disk can do for many threads: all that has gathered is appended with one write and one
/// fdatasync by the thread that leads, which then hands the lead to one of those that gathered
/// meanwhile.
final class RawGroupLog: Sendable {
  /// A thread that appends.
  final class Writer: Sendable {
    fileprivate let wake = DispatchSemaphore(value: 0)
    /// Whether it was woken to lead, not because its bytes are durable.
    fileprivate let leads = Atomic(false)
  }

  private struct State: Sendable {
    var bytes: [UInt8] = []
    var waiting: [Writer] = []
    var hasLeader = false
    var end = 0
  }

  private let log: RawLog
  private let state = Mutex(State())

  init(_ log: RawLog) { self.log = log }

  /// Appends bytes; they are durable on return.
  func commit(_ bytes: [UInt8], by writer: Writer) throws(SystemError) {
    let leads = state.withLock { state in
      defer { state.hasLeader = true }
      state.bytes += bytes
      state.waiting.append(writer)
      return !state.hasLeader
    }
    if !leads {
      writer.wake.wait()
      guard writer.leads.exchange(false, ordering: .acquiring) else { return }
    }
    try lead(as: writer)
  }

  private func lead(as writer: Writer) throws(SystemError) {
    let (bytes, done, offset) = state.withLock { state in
      defer {
        state.end += state.bytes.count
        (state.bytes, state.waiting) = ([], [])
      }
      return (state.bytes, state.waiting, state.end)
    }
    defer { finish(done, by: writer) }
    try log.commit(bytes, at: offset)
  }

  private func finish(_ done: [Writer], by writer: Writer) {
    let next = state.withLock { state in
      state.hasLeader = !state.waiting.isEmpty
      return state.waiting.first
    }
    next?.leads.store(true, ordering: .releasing)
    next?.wake.signal()
    for other in done where other !== writer { other.wake.signal() }
  }
}
