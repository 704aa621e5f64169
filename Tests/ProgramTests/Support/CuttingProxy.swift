import Glibc
import Platform
import Synchronization

/// A way to a server that breaks: when so many bytes have passed in a direction, the connection is
/// closed, and every later one at once, until the proxy is mended.
final class CuttingProxy: Sendable {
  let address: String
  private let line: Line
  private let thread: SystemThread

  var url: String { "http://\(address)" }

  /// - Parameters:
  ///   - server: host and port.
  ///   - record: where all that passes is noted.
  init(to server: String, record: SyncRecord? = nil) throws {
    guard let port = server.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      throw TestFailure("\(server) has no port")
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
  }

  /// Breaks after so many bytes from now on.
  /// - Parameters:
  ///   - sent: bytes from the laptop to the server; nil for any number.
  ///   - received: bytes from the server to the laptop.
  func cut(sent: Int? = nil, received: Int? = nil) {
    line.state.withLock { $0 = Line.State(sentLimit: sent, receivedLimit: received) }
  }

  func mend() { cut() }

  var isCut: Bool { line.state.withLock { $0.isCut } }
}

/// One connection after the other, carried by one thread.
private final class Line: Sendable {
  struct State: Sendable {
    var sentLimit: Int?
    var receivedLimit: Int?
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
  let state = Mutex(State())
  private let serverPort: UInt16
  private let record: SyncRecord?

  init(serverPort: UInt16, record: SyncRecord?) {
    (self.serverPort, self.record) = (serverPort, record)
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  func serve(_ listener: ListeningSocket) {
    while !isStopped {
      var ready = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, Self.pollMilliseconds) > 0 else { continue }
      guard let laptop = try? listener.accept() else { continue }
      if state.withLock({ $0.isCut }) { continue }
      carry(laptop)
    }
  }

  private func carry(_ laptop: StreamSocket) {
    guard
      let server = try? StreamSocket.connect(
        toHost: "127.0.0.1", port: serverPort, milliseconds: 1000)
    else { return }
    record?.beginConnection()
    while !isStopped, !state.withLock({ $0.isCut }) {
      var ready = [laptop, server].map {
        pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&ready, 2, Self.pollMilliseconds) > 0 else { continue }
      if ready[0].revents != 0, !pass(laptop, server, isAnswer: false) { return }
      if ready[1].revents != 0, !pass(server, laptop, isAnswer: true) { return }
    }
  }

  /// Carries what has arrived.
  /// - Returns: false when the connection is over.
  private func pass(
    _ from: StreamSocket, _ to: StreamSocket, isAnswer: Bool
  ) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    guard let outcome = try? from.read(into: &buffer) else { return false }
    guard case .bytes(let count) = outcome else { return outcome == .wouldBlock }
    let allowed = state.withLock { $0.allow(count, isAnswer: isAnswer) }
    record?.add(buffer[..<allowed], isAnswer: isAnswer)
    return write(Array(buffer[..<allowed]), to: to) && allowed == count
  }

  private func write(_ bytes: [UInt8], to socket: StreamSocket) -> Bool {
    var offset = 0
    while offset < bytes.count, !isStopped {
      guard let written = try? socket.write(bytes, from: offset) else {
        // Nil is a full buffer; a broken connection throws, and `try?` flattens both.
        guard (try? socket.wait(for: .writable, milliseconds: 1000))?.contains(.broken) == false
        else { return false }
        continue
      }
      offset += written
    }
    return offset == bytes.count
  }
}
