import Glibc
import JSON
import Laptop
import Platform
import Replica
import Storage

/// Two thousand laptops that wait for news.
struct WaitingFamily: MeasureFamily {
  let measures = [SyncMeasures.waitingMemory, SyncMeasures.waitingThreads]

  private static let count = 2000

  func run(_ bench: Workbench) throws -> [Finding] {
    let ground = try SyncGround(bench)
    defer { ground.close() }
    let laptop = try ground.newLaptop()
    try laptop.sync()
    guard let token = laptop.replica.store.identity.enrolment?.refreshToken,
      let port = ground.address.split(separator: ":").last.flatMap({ UInt16($0) })
    else { throw BenchmarkError("the laptop is not enrolled") }
    try allowOpenFiles(2 * Self.count + 200)
    let request = watch(token, after: 1_000_000)
    // The first ones make what all of them share.
    var sockets = try (0..<50).map { _ in try wait(request, port) }
    try settle(ground, sockets.count)
    let before = (try ProcessMemory.resident(), try ProcessMemory.threads())
    for _ in 0..<Self.count { sockets.append(try wait(request, port)) }
    try settle(ground, sockets.count)
    let after = (try ProcessMemory.resident(), try ProcessMemory.threads())
    let memory = Double(max(0, after.0 - before.0)) / Double(Self.count) / 1024
    return [
      Finding(SyncMeasures.waitingMemory, Samples([memory])),
      Finding(SyncMeasures.waitingThreads, Samples([Double(after.1 - before.1)])),
    ]
  }

  private func allowOpenFiles(_ count: Int) throws {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, rlim_t(count)))
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur >= rlim_t(count)
    else { throw BenchmarkError("the system allows no \(count) open files") }
  }

  private func watch(_ token: String, after: Int) -> [UInt8] {
    let body = "{\"after\":\(after)}"
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

  private func wait(_ request: [UInt8], _ port: UInt16) throws -> StreamSocket {
    let socket = try StreamSocket.connect(toHost: "127.0.0.1", port: port, milliseconds: 10_000)
    _ = try socket.write(request, from: 0)
    return socket
  }

  /// Waits until all of them are known to wait.
  private func settle(_ ground: SyncGround, _ count: Int) throws {
    for _ in 0..<2000 where ground.waitingCount < count { pause(microseconds: 5000) }
    guard ground.waitingCount >= count else {
      throw BenchmarkError("only \(ground.waitingCount) of \(count) wait")
    }
  }
}
