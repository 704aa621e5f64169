internal import CSystem
import Glibc

/// What a descriptor is ready for, or what a caller wants to hear about it.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Reading will not block: there are bytes, the end, or a new connection.
  package static let readable = Readiness(rawValue: SATCHEL_READABLE.rawValue)
  /// Writing will not block.
  package static let writable = Readiness(rawValue: SATCHEL_WRITABLE.rawValue)
  /// The peer will send nothing more, though bytes may still wait to be read.
  package static let peerFinished = Readiness(rawValue: SATCHEL_PEER_FINISHED.rawValue)
  /// The connection is broken or closed on both sides. Always reported, asked for or not.
  package static let broken = Readiness(rawValue: SATCHEL_BROKEN.rawValue)
}

/// One descriptor that became ready, named by the token it was added with.
package struct ReadyEvent: Sendable {
  package var token: UInt64
  package var readiness: Readiness
}

/// Waits for many descriptors at once (epoll, level-triggered).
///
/// Waiting belongs to one thread; adding and removing may happen on any.
package final class Poller: Sendable {
  /// The most events that one wait returns.
  package static let maximumEventCount = 256

  private let descriptor: Int32

  /// - Throws: when the process or the system has no descriptor left.
  package init() throws(SystemError) {
    let result = satchel_epoll_create()
    guard result >= 0 else { throw SystemError("epoll_create", "", code: -result) }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// Starts to watch `descriptor`; its events carry `token`.
  package func add(
    _ descriptor: Int32, token: UInt64, for interest: Readiness
  ) throws(SystemError) {
    try control(SATCHEL_EPOLL_ADD, descriptor, token, interest)
  }

  /// Replaces what is wanted of a watched descriptor.
  package func modify(
    _ descriptor: Int32, token: UInt64, for interest: Readiness
  ) throws(SystemError) {
    try control(SATCHEL_EPOLL_MODIFY, descriptor, token, interest)
  }

  /// Stops watching. A closed descriptor need not be removed.
  package func remove(_ descriptor: Int32) throws(SystemError) {
    try control(SATCHEL_EPOLL_REMOVE, descriptor, 0, [])
  }

  /// Waits until something is ready, at most `milliseconds` (-1: for ever), and replaces `events`
  /// by what is. A signal ends the wait early with no event.
  package func wait(
    into events: inout [ReadyEvent], milliseconds: Int32
  ) throws(SystemError) {
    events.removeAll(keepingCapacity: true)
    let result = withUnsafeTemporaryAllocation(
      of: satchel_ready.self, capacity: Self.maximumEventCount
    ) { ready -> Int32 in
      let count = satchel_epoll_wait(
        descriptor, ready.baseAddress, Int32(Self.maximumEventCount), milliseconds)
      for index in 0..<max(0, Int(count)) {
        let readiness = Readiness(rawValue: ready[index].events)
        events.append(ReadyEvent(token: ready[index].token, readiness: readiness))
      }
      return count
    }
    guard result >= 0 else { throw SystemError("epoll_wait", "", code: -result) }
  }

  private func control(
    _ operation: satchel_epoll_operation, _ descriptor: Int32, _ token: UInt64,
    _ interest: Readiness
  ) throws(SystemError) {
    let result = satchel_epoll_control(
      self.descriptor, Int32(operation.rawValue), descriptor, interest.rawValue, token)
    guard result >= 0 else { throw SystemError("epoll_ctl", "", code: -result) }
  }
}
