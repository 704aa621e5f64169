import Platform
import Synchronization

/// Laptops that wait for news, and wait again when there is some: one thread for all of them.
final class Watchers {
  private final class Watcher {
    let socket: StreamSocket
    let token: String

    init(_ socket: StreamSocket, _ token: String) { (self.socket, self.token) = (socket, token) }
  }

  private final class Shared: Sendable {
    let isStopped = Atomic(false)
    let wakes = Atomic(0)
    let failure = Mutex<String?>(nil)
  }

  private let shared = Shared()
  private let thread: SystemThread

  /// How often one of them was told that there is news.
  var wakeCount: Int { shared.wakes.load(ordering: .relaxed) }

  /// - Parameter tokens: refresh tokens, one for each.
  init(_ tokens: [String], port: UInt16) throws {
    let poller = try Poller()
    var sockets: [StreamSocket] = []
    for (number, token) in tokens.enumerated() {
      let socket = try StreamSocket.connect(toHost: "127.0.0.1", port: port, milliseconds: 10_000)
      try poller.add(socket.descriptor, token: UInt64(number), for: .readable)
      _ = try socket.write(Self.request(token, after: 0), from: 0)
      sockets.append(socket)
    }
    let (shared, all) = (shared, sockets)
    thread = try SystemThread {
      let watchers = zip(all, tokens).map { Watcher($0, $1) }
      do { try Self.run(watchers, poller, shared) } catch {
        shared.failure.withLock { $0 = "\(error)" }
      }
    }
  }

  /// - Throws: what went wrong with one of them.
  func stop() throws {
    shared.isStopped.store(true, ordering: .releasing)
    thread.join()
    if let failure = shared.failure.withLock({ $0 }) { throw BenchmarkError(failure) }
  }

  private static func run(_ watchers: [Watcher], _ poller: Poller, _ shared: Shared) throws {
    var events: [ReadyEvent] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !shared.isStopped.load(ordering: .acquiring) {
      try poller.wait(into: &events, milliseconds: 100)
      for event in events {
        let watcher = watchers[Int(event.token)]
        guard case .bytes(let count) = try watcher.socket.read(into: &buffer) else {
          throw BenchmarkError("a watch was closed")
        }
        let answer = String(decoding: buffer[..<count], as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 200 "), let head = head(of: answer) else {
          throw BenchmarkError("a watch was answered \(answer)")
        }
        shared.wakes.add(1, ordering: .relaxed)
        _ = try watcher.socket.write(request(watcher.token, after: head), from: 0)
      }
    }
  }

  private static func head(of answer: String) -> Int? {
    guard let body = answer.split(separator: "\r\n").last else { return nil }
    return Int(body.filter { $0.isNumber })
  }

  private static func request(_ token: String, after head: Int) -> [UInt8] {
    let body = "{\"after\":\(head)}"
    return Array(
      """
      POST /sync/v1/watch HTTP/1.1\r
      Host: localhost\r
      Satchel-Protocol: 1\r
      Satchel-Refresh-Token: \(token)\r
      Content-Length: \(body.utf8.count)\r
      \r
      \(body)
      """.utf8)
  }
}
