import Foundation
import Glibc
import JSON
import Platform
import Testing

/// A server that is told to stop while many wait for it.
@Suite struct ServerStopTests {
  private static let count = 500
  private let fixture: ProgramFixture
  private let server: ClinicServer

  init() throws {
    Host.allowOpenFiles()
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private func connect() throws -> StreamSocket {
    let parts = server.address.split(separator: ":")
    let port = try #require(parts.last.flatMap { UInt16($0) })
    return try .connect(toHost: String(parts[0]), port: port, milliseconds: 10_000)
  }

  private func watch(_ token: String, after: Int) -> [UInt8] {
    let body = #"{"after":\#(after)}"#
    return Array(
      """
      POST /sync/v1/watch HTTP/1.1\r
      Host: \(server.address)\r
      Satchel-Refresh-Token: \(token)\r
      Content-Length: \(body.utf8.count)\r
      \r
      \(body)
      """.utf8)
  }

  /// Everything that comes until the server closes.
  private func rest(_ socket: StreamSocket) throws -> String {
    var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while true {
      guard !(try socket.wait(for: .readable, milliseconds: 20_000).isEmpty) else {
        throw TestFailure("nothing came for 20 seconds")
      }
      switch try socket.read(into: &buffer) {
      case .bytes(let count): all += buffer[..<count]
      case .end: return String(decoding: all, as: UTF8.self)
      case .wouldBlock: continue
      }
    }
  }

  @Test func `five hundred that wait are answered before a server ends, and nobody is cut off`()
    throws
  {
    let laptop = try server.laptop("a")
    _ = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.sync()
    let identity = try JSONValue(parsing: try readWhole("\(laptop.store)/store.json")).objectValue
    let token = try #require(identity?["enrolment"]?.objectValue?["refresh_token"]?.stringValue)
    let request = watch(token, after: 1_000_000)
    let sockets = try (0..<Self.count).map { _ in try connect() }
    for socket in sockets { #expect(try socket.write(request, from: 0) == request.count) }
    let metricsToken = try server.administer(["metrics-token"])
    let waiting = try eventually(
      { try waitingCount(metricsToken) }, is: { $0 == Self.count })
    #expect(waiting == Self.count)
    // Exchanges that are under way: their bodies are coming in.
    let begun = try (0..<50).map { _ in try connect() }
    let head = Array(
      """
      POST /sync/v1/exchange HTTP/1.1\r
      Host: \(server.address)\r
      Satchel-Protocol: 1\r
      Satchel-Refresh-Token: \(token)\r
      Content-Length: 10\r
      Expect: 100-continue\r
      \r

      """.utf8)
    for socket in begun { _ = try socket.write(head, from: 0) }
    var buffer = [UInt8](repeating: 0, count: 256)
    for socket in begun {
      _ = try socket.wait(for: .readable, milliseconds: 10_000)
      guard case .bytes = try socket.read(into: &buffer) else { throw TestFailure("no 100") }
    }
    let start = ContinuousClock.now
    try server.beginStop()
    for socket in begun { _ = try socket.write(Array("0123456789".utf8), from: 0) }
    for socket in sockets {
      let answer = try rest(socket)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains(#"{"head":"#), "\(answer)")
    }
    for socket in begun {
      let answer = try rest(socket)
      #expect(answer.hasPrefix("HTTP/1.1 4") && answer.contains("error"), "\(answer)")
    }
    #expect(try server.stop()?.status == 0)
    print(
      "500 that waited and 50 that were sending: the server ended in \(ContinuousClock.now - start)"
    )
  }

  private func waitingCount(_ token: String) throws -> Int {
    let agent = try UserAgent(server.address)
    agent.token = token
    let text = try agent.text("GET", "/metrics")
    let line = text.split(separator: "\n").first { $0.hasPrefix("satchel_waiting_devices{") }
    return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
  }
}
