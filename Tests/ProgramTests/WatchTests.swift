import Glibc
import HTTP
import JSON
import Platform
import Testing

/// A remote write wakes laptops that wait for it.
@Suite struct WatchTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private func token(_ laptop: TestLaptop) throws -> String {
    let identity = try JSONValue(parsing: readWhole("\(laptop.store)/store.json")).objectValue
    return try #require(identity?["enrolment"]?.objectValue?["refresh_token"]?.stringValue)
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

  private func connect() throws -> StreamSocket {
    let endpoint = try #require(Endpoint(server.address))
    guard case .tcp(let host, let port) = endpoint else { throw TestFailure("no address") }
    return try .connect(toHost: host, port: port, milliseconds: 10_000)
  }

  private func answer(_ socket: StreamSocket) throws -> String {
    var scratch = [UInt8](repeating: 0, count: 4096)
    while true {
      _ = try socket.wait(for: .readable, milliseconds: 30_000)
      switch try socket.read(into: &scratch) {
      case .bytes(let count): return String(decoding: scratch[..<count], as: UTF8.self)
      case .end: return ""
      case .wouldBlock: continue
      }
    }
  }

  @Test
  func `a daemon that is idle gets what another laptop wrote, without asking again and again`()
    throws
  {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    try a.startDaemon()
    _ = try b.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try b.sync()
    let listed = try eventually {
      try a.succeed("list", "patient", "--json")
    } is: {
      $0.contains("Okafor")
    }
    #expect(listed.contains("Okafor"))
    try a.stopDaemon()
  }

  @Test func `hundreds that wait cost no threads, and all are told at once`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let token = try token(a)
    let before = try server.threadCount()
    let sockets = try (0..<300).map { _ in try connect() }
    for socket in sockets { _ = try socket.write(watch(token, after: 1_000_000), from: 0) }
    // One that has seen nothing is told at once; by then all have been taken in.
    let eager = try connect()
    _ = try eager.write(watch(token, after: 0), from: 0)
    #expect(try answer(eager).contains(#"{"head":"#))
    #expect(try server.threadCount() <= before + 17, "the pool of workers, and no more")
    let late = try (0..<50).map { _ in try connect() }
    let head = try head(token)
    for socket in late { _ = try socket.write(watch(token, after: head), from: 0) }
    _ = try b.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try b.sync()
    for socket in late { #expect(try answer(socket).contains(#"{"head":"#)) }
    // Stopping does not wait for those who wait.
    try server.stop()
  }

  private func head(_ token: String) throws -> Int {
    let socket = try connect()
    _ = try socket.write(watch(token, after: 0), from: 0)
    let text = try answer(socket)
    let body = try #require(text.split(separator: "\r\n\r\n").last)
    let object = try JSONValue(parsing: Array(body.utf8)).objectValue
    return try #require(object?["head"]?.intValue)
  }
}
