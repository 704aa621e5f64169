import Glibc

/// One TCP or Unix connection: non-blocking, closed on exec, closed when the last reference goes.
///
/// Reading and writing may happen on different threads, each on one at a time.
package final class StreamSocket: Sendable {
  /// What a read brought.
  package enum ReadOutcome: Sendable, Equatable {
    /// So many bytes, at least one, stand at the start of the buffer.
    case bytes(Int)
    /// Nothing has arrived yet.
    case wouldBlock
    /// The peer sends nothing more.
    case end
  }

  /// How much the system takes to be sent before the peer has room for it, in bytes. Left to
  /// itself it takes megabytes, at once, for each peer that reads slowly or not at all.
  private static let unsentByteCount: Int32 = 128 * 1_024

  /// To be watched by a `Poller`.
  package let descriptor: Int32
  /// The other side's host without its port: `127.0.0.1`, `::1`, `unix`.
  package let peer: String

  /// Takes over an open, non-blocking descriptor.
  init(owning descriptor: Int32, peer: String) {
    self.descriptor = descriptor
    self.peer = peer
    // Both fail on a Unix socket, which needs neither.
    set(TCP_NODELAY, 1)
    set(TCP_NOTSENT_LOWAT, Self.unsentByteCount)
  }

  private func set(_ option: Int32, _ value: Int32) {
    var value = value
    let size = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(descriptor, Int32(IPPROTO_TCP), option, &value, size)
  }

  deinit { close(descriptor) }

  /// Reads what has arrived, at most `buffer.count` bytes, into the start of `buffer`.
  /// - Throws: when the connection is broken; it can only be dropped then.
  package func read(into buffer: inout [UInt8]) throws(SystemError) -> ReadOutcome {
    while true {
      let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      let code = errno
      if count > 0 { return .bytes(count) }
      if count == 0 { return .end }
      if code == EAGAIN { return .wouldBlock }
      if code != EINTR { throw SystemError("recv", peer, code: code) }
    }
  }

  /// Writes `bytes` from `offset` on, as far as the system takes them without waiting. No signal is
  /// raised when the peer is gone.
  /// - Returns: how many were taken, or nil when none can be now.
  /// - Throws: when the connection is broken; bytes that came in before may still be readable.
  package func write(_ bytes: [UInt8], from offset: Int) throws(SystemError) -> Int? {
    precondition(offset <= bytes.count, "offset is beyond the bytes")
    while true {
      let count = bytes.withUnsafeBytes { all in
        let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
        return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      let code = errno
      if count >= 0 { return count }
      if code == EAGAIN { return nil }
      if code != EINTR { throw SystemError("send", peer, code: code) }
    }
  }

  /// Tells the peer that nothing more comes; reading goes on.
  package func shutdownWrite() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Waits until the socket is ready for one of `interest` or broken, at most `milliseconds`.
  /// A signal begins the wait anew.
  /// - Returns: what it is ready for; empty when the time is over.
  package func wait(
    for interest: Readiness, milliseconds: Int32
  ) throws(SystemError) -> Readiness {
    var wanted = pollfd(fd: descriptor, events: 0, revents: 0)
    if interest.contains(.readable) { wanted.events |= Int16(POLLIN) }
    if interest.contains(.writable) { wanted.events |= Int16(POLLOUT) }
    while true {
      let count = poll(&wanted, 1, milliseconds)
      let code = errno
      if count == 0 { return [] }
      if count > 0 { return Self.readiness(of: wanted.revents) }
      if code != EINTR { throw SystemError("poll", peer, code: code) }
    }
  }

  private static func readiness(of events: Int16) -> Readiness {
    var ready: Readiness = []
    if events & Int16(POLLIN) != 0 { ready.insert(.readable) }
    if events & Int16(POLLOUT) != 0 { ready.insert(.writable) }
    if events & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { ready.insert(.broken) }
    return ready
  }
}
