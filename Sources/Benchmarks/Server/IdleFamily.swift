import Platform
import Replica
import Server

/// Connections that have asked once and stay.
struct IdleFamily: MeasureFamily {
  let measures = [ServerMeasures.idle]

  private static let count = 5000
  private static let request = Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)

  func run(_ bench: Workbench) throws -> [Finding] {
    Host.allowOpenFiles()
    let directory = bench.directory.newPath("server")
    try ServerData.open(directory, setup: bench.setup).close()
    let server = try ServerChild(directory)
    defer { server.stop() }
    // The first one makes what all of them share.
    var sockets = [try ask(server.port)]
    let before = try ProcessUse.resident(server.process)
    for _ in 0..<Self.count { sockets.append(try ask(server.port)) }
    let growth = try ProcessUse.resident(server.process) - before
    return [Finding(ServerMeasures.idle, Samples([Double(max(0, growth)) / 1e6]))]
  }

  private func ask(_ port: UInt16) throws -> StreamSocket {
    let socket = try StreamSocket.connect(toHost: "127.0.0.1", port: port, milliseconds: 10_000)
    _ = try socket.write(Self.request, from: 0)
    var answer = [UInt8](repeating: 0, count: 4096)
    guard !(try socket.wait(for: .readable, milliseconds: 10_000).isEmpty),
      case .bytes = try socket.read(into: &answer)
    else { throw BenchmarkError("a connection got no answer") }
    return socket
  }
}
