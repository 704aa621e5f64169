import Causality
import HTTP
import JSON
import Platform
import Replica
import SyncProtocol
import Synchronization
import Testing

@testable import Server

/// How much a body may be once it is unpacked.
@Suite struct PackedBodyTests {
  let server: TestServer
  private let handler: SyncHandler
  private let token: String

  init() throws {
    server = try TestServer()
    let settings = ServerSettings(listen: "127.0.0.1:0")
    handler = SyncHandler(
      data: server.data, access: Access(data: server.data),
      logins: try Logins(data: server.data, settings: settings), settings: settings)
    token = try server.enrol(try server.code()).refreshToken
  }

  /// - Parameter text: what is sent as it is, or packed.
  private func status(_ path: String, _ text: [UInt8], isPacked: Bool) throws -> Int {
    let gzip = try #require(Gzip.system)
    var request = HTTPRequest(
      method: "POST", target: path, path: path,
      segments: path.split(separator: "/").map(String.init))
    request.headers.set(SyncProtocolVersion.headerName, "\(SyncProtocolVersion.current)")
    request.headers.set(SyncProtocolVersion.refreshHeaderName, token)
    if isPacked { request.headers.set("Content-Encoding", "gzip") }
    request.body = isPacked ? try #require(gzip.packed(text, level: 1)) : text
    request.peer = "127.0.0.1"
    let answer = Mutex<HTTPResponse?>(nil)
    handler.handle(request, HTTPReply { response in answer.withLock { $0 = response } })
    return try #require(answer.withLock { $0?.status })
  }

  private func spaces(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x20, count: count) }

  @Test(arguments: [
    (SyncProtocolVersion.enrolPath, 4 << 10), (SyncProtocolVersion.watchPath, 1 << 10),
    (SyncProtocolVersion.wipedPath, 1 << 10), (SyncProtocolVersion.exchangePath, 64 << 20),
  ])
  func `a packed body is no larger than its path allows`(path: String, most: Int) throws {
    for (count, isAllowed) in [(most - 1, true), (most, true), (most + 1, false)] {
      let status = try status(path, spaces(count), isPacked: true)
      #expect((status == 413) == !isAllowed, "\(count) bytes: \(status)")
    }
  }

  @Test(arguments: [true, false])
  func `a large exchange waits while the account has another, and small ones do not`(
    isPacked: Bool
  ) throws {
    let path = SyncProtocolVersion.exchangePath
    let small = LargeWork.smallByteCount
    let slot = handler.largeWork
    #expect(slot.begin(server.account))
    #expect(try status(path, spaces(small), isPacked: isPacked) == 400)
    #expect(try status(path, spaces(small + 1), isPacked: isPacked) == 503)
    slot.end(server.account)
    // Each gives its turn back.
    for _ in 0..<3 { #expect(try status(path, spaces(small + 1), isPacked: isPacked) == 400) }
  }

  @Test func `a large body of nobody takes nobody's turn`() throws {
    let path = SyncProtocolVersion.exchangePath
    let slot = handler.largeWork
    _ = try server.data.revokeDevice("Laptop", wipe: nil)
    #expect(try status(path, spaces(LargeWork.smallByteCount + 1), isPacked: true) == 503)
    #expect(slot.begin(server.account))
  }
}
