import Glibc
package import Platform
import Synchronization

/// A way to a server on this machine that breaks: when so many bytes have passed in a direction, the
/// connections are closed, and every later one at once, until the proxy is mended. It ends with this
/// object.
package final class CuttingProxy: Sendable {
  package let address: String
  private let line: Line
  private let thread: SystemThread

  package var url: String { "http://\(address)" }

  /// Gets bytes that passed, the number of their connection, and whether they are the server's.
  package typealias Record =
    @Sendable (_ bytes: [UInt8], _ connection: Int, _ isAnswer: Bool) -> Void

  /// - Parameters:
  ///   - server: host and port.
  ///   - record: is told of all that passes, in order for each direction of a connection.
  /// - Throws: `EINVAL` if there is no port, or what the system says.
  package init(to server: String, record: Record? = nil) throws(SystemError) {
    guard let port = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw SystemError("connect", server, code: EINVAL)
    }
    let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    let line = Line(serverPort: port, record: record)
    address = "127.0.0.1:\(listener.port)"
    self.line = line
    thread = try SystemThread { line.serve(listener) }
  }

  deinit {
    line.state.withLock { $0.isStopped = true }
    thread.join()
    line.join()
  }

  /// Breaks after so many bytes from now on.
  /// - Parameters:
  ///   - sent: bytes from the laptop to the server; nil for any number.
  ///   - received: bytes from the server to the laptop.
  package func cut(sent: Int? = nil, received: Int? = nil) {
    line.state.withLock { $0 = Line.State(sentLimit: sent, receivedLimit: received) }
  }

  /// From now on answers arrive drop by drop.
  package func drip() { line.state.withLock { $0 = Line.State(isDripping: true) } }

  package func mend() { cut() }

  package var isCut: Bool { line.state.withLock { $0.isCut } }
}

/// Each connection is carried by a thread of its own.
private final class Line: Sendable {
  struct State: Sendable {
    var sentLimit: Int?
    var receivedLimit: Int?
    var isDripping = false
    var isCut = false
    var isStopped = false

    /// How many of these bytes may pass.
    mutating func allow(_ count: Int, isAnswer: Bool) -> Int {
      guard let left = isAnswer ? receivedLimit : sentLimit else { return count }
      let passing = min(left, count)
      if isAnswer { receivedLimit = left - passing } else { sentLimit = left - passing }
      if left <= count { isCut = true }
      return passing
    }
  }

  private static let pollMilliseconds: Int32 = 10
  /// A drop, in bytes, and the time until the next.
  private static let dropByteCount = 16
  private static let dropMicroseconds: UInt32 = 5000
  let state = Mutex(State())
  private let threads = Mutex<[SystemThread]>([])
  private let serverPort: UInt16
  private let record: CuttingProxy.Record?

  init(serverPort: UInt16, record: CuttingProxy.Record?) {
    (self.serverPort, self.record) = (serverPort, record)
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  func serve(_ listener: ListeningSocket) {
    var count = 0
    while !isStopped {
      var ready = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, Self.pollMilliseconds) > 0 else { continue }
      guard let laptop = try? listener.accept() else { continue }
      if state.withLock({ $0.isCut }) { continue }
      count += 1
      let number = count
      guard let thread = try? SystemThread({ self.carry(laptop, number) }) else { continue }
      threads.withLock { $0.append(thread) }
    }
  }

  /// Waits for the connections to end.
  func join() { for thread in threads.withLock({ $0 }) { thread.join() } }

  /// - Parameter number: of the connection, from 1.
  private func carry(_ laptop: StreamSocket, _ number: Int) {
    guard
      let server = try? StreamSocket.connect(
        toHost: "127.0.0.1", port: serverPort, milliseconds: 1000)
    else { return }
    while !isStopped, !state.withLock({ $0.isCut }) {
      var ready = [laptop, server].map {
        pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&ready, 2, Self.pollMilliseconds) > 0 else { continue }
      if ready[0].revents != 0, !pass(laptop, server, number, isAnswer: false) { return }
      if ready[1].revents != 0, !pass(server, laptop, number, isAnswer: true) { return }
    }
  }

  /// Carries what has arrived.
  /// - Returns: false when the connection is over.
  private func pass(
    _ from: StreamSocket, _ to: StreamSocket, _ number: Int, isAnswer: Bool
  ) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    guard let outcome = try? from.read(into: &buffer) else { return false }
    guard case .bytes(let count) = outcome else { return outcome == .wouldBlock }
    let allowed = state.withLock { $0.allow(count, isAnswer: isAnswer) }
    let bytes = Array(buffer[..<allowed])
    record?(bytes, number, isAnswer)
    let isDripping = state.withLock { isAnswer && $0.isDripping }
    return (isDripping ? drip(bytes, to: to) : write(bytes, to: to)) && allowed == count
  }

  private func drip(_ bytes: [UInt8], to socket: StreamSocket) -> Bool {
    for start in stride(from: 0, to: bytes.count, by: Self.dropByteCount) {
      let drop = bytes[start..<min(start + Self.dropByteCount, bytes.count)]
      guard write(Array(drop), to: socket) else { return false }
      usleep(Self.dropMicroseconds)
    }
    return true
  }

  private func write(_ bytes: [UInt8], to socket: StreamSocket) -> Bool {
    socket.writeAll(bytes) { isStopped }
  }
}
