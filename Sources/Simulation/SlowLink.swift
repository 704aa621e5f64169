import Dispatch
import Glibc
package import Platform
import Synchronization

/// A way to a server on this machine that is long and narrow: every byte arrives after half a round trip,
/// and behind those that were sent before it. It ends with this object.
package final class SlowLink: Sendable {
  package let address: String
  private let isStopped: Flag
  private let thread: SystemThread

  /// - Parameters:
  ///   - server: host and port.
  ///   - roundTrip: of an empty message and its answer, in milliseconds.
  ///   - bitsPerSecond: in each direction.
  package init(
    to server: String, roundTrip: Int, bitsPerSecond: Int
  ) throws(SystemError) {
    guard let port = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw SystemError("connect", server, code: EINVAL)
    }
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    address = "127.0.0.1:\(listener.port)"
    let isStopped = Flag()
    self.isStopped = isStopped
    thread = try SystemThread {
      var directions: [Direction] = []
      while !isStopped.isSet {
        guard isReadable(listener.descriptor), let laptop = try? listener.accept(),
          let server = try? StreamSocket.connect(
            toHost: "127.0.0.1", port: port, milliseconds: 1000)
        else { continue }
        for (from, to) in [(laptop, server), (server, laptop)] {
          let direction = try? Direction(
            from, to, delay: roundTrip / 2, bitsPerSecond: bitsPerSecond, isStopped)
          if let direction { directions.append(direction) }
        }
      }
      for direction in directions { direction.join() }
    }
  }

  deinit {
    isStopped.set()
    thread.join()
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

/// Whether something can be read within a moment.
private func isReadable(_ descriptor: Int32) -> Bool {
  var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  return poll(&ready, 1, 10) > 0
}

/// What goes one way on one connection: one thread takes it in, one gives it out when it is due.
private final class Direction: Sendable {
  /// No bytes are the end.
  private struct Parcel: Sendable {
    let bytes: [UInt8]
    /// On the clock that never goes back, in milliseconds.
    let due: UInt64
  }

  private let parcels = Mutex<[Parcel]>([])
  private let added = DispatchSemaphore(value: 0)
  private let threads = Mutex<[SystemThread]>([])

  init(
    _ from: StreamSocket, _ to: StreamSocket, delay: Int, bitsPerSecond: Int, _ isStopped: Flag
  ) throws(SystemError) {
    let taking = try SystemThread {
      self.take(from, delay: delay, bitsPerSecond: bitsPerSecond, isStopped)
    }
    let giving = try SystemThread { self.give(to, isStopped) }
    threads.withLock { $0 = [taking, giving] }
  }

  func join() { for thread in threads.withLock({ $0 }) { thread.join() } }

  private func take(
    _ from: StreamSocket, delay: Int, bitsPerSecond: Int, _ isStopped: Flag
  ) {
    var free = 0.0
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    defer { add(Parcel(bytes: [], due: UInt64(free) + UInt64(delay))) }
    while !isStopped.isSet {
      guard isReadable(from.descriptor) else { continue }
      let now = Double(monotonicMilliseconds())
      guard let outcome = try? from.read(into: &buffer) else { return }
      switch outcome {
      case .bytes(let count):
        free = max(now, free) + Double(count) * 8000 / Double(bitsPerSecond)
        add(Parcel(bytes: Array(buffer[..<count]), due: UInt64(free) + UInt64(delay)))
      case .wouldBlock: continue
      case .end: return
      }
    }
  }

  private func add(_ parcel: Parcel) {
    parcels.withLock { $0.append(parcel) }
    added.signal()
  }

  private func give(_ to: StreamSocket, _ isStopped: Flag) {
    while true {
      added.wait()
      let parcel = parcels.withLock { $0.removeFirst() }
      let now = monotonicMilliseconds()
      if parcel.due > now { pause(microseconds: UInt32(parcel.due - now) * 1000) }
      guard !parcel.bytes.isEmpty else { return to.shutdownWrite() }
      guard to.writeAll(parcel.bytes, unless: { isStopped.isSet }) else { return }
    }
  }
}
