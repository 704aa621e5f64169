import Foundation
import Glibc
import HTTP
import JSON
import Platform
import Testing

/// The server as its operator and strangers see it.
@Suite struct FrontTests {
  private static let password = "correct horse battery"
  private let fixture: ProgramFixture
  private let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    try server.administer(
      [
        "user", "create", "--account", server.account, "--email", "ana@example.org", "--role",
        "admin", "--name", "Ana Field", "--password-stdin",
      ], input: Self.password)
  }

  private func client() throws -> HTTPClient {
    let endpoint = try #require(Endpoint(server.address))
    return try HTTPClient(connectingTo: endpoint, timeoutSeconds: 20)
  }

  private func restart(_ arguments: String...) throws {
    try server.stop()
    try server.start(arguments)
  }

  @Test func `too many wrong passwords for one person from one place close that door for a while`()
    throws
  {
    let ana = try UserAgent(server.address)
    for _ in 0..<10 { #expect(try ana.logIn("ana@example.org", "wrong horse") == 401) }
    #expect(try ana.logIn("ana@example.org", Self.password) == 429)
    #expect(try ana.logIn("ANA@example.org ", Self.password) == 429)
    #expect(try ana.logIn("bo@example.org", "wrong horse") == 401)
    let log = try server.administer(["audit"])
    #expect(log.split(separator: "\n").count { $0.contains(#""login_failed""#) } == 11)
  }

  @Test func `behind a proxy each client has its own allowance`() throws {
    try restart("--behind-proxy", "--address-rate", "1")
    let client = try client()
    func status(_ address: String) throws -> HTTPResponse {
      try client.send(method: "GET", target: "/health", headers: ["X-Forwarded-For": address])
    }
    for _ in 0..<10 { #expect(try status("203.0.113.7").status == 200) }
    let refused = try status("203.0.113.7")
    #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
    #expect(try status("1.1.1.1, 203.0.113.7").status == 429)
    #expect(try status("203.0.113.8").status == 200)
  }

  /// What comes for a head that announces a body, before the body is sent.
  private func announce(_ target: String, _ byteCount: Int, token: String?) throws -> String {
    let endpoint = try #require(Endpoint(server.address))
    guard case .tcp(let host, let port) = endpoint else { throw TestFailure("no address") }
    let socket = try StreamSocket.connect(toHost: host, port: port, milliseconds: 10_000)
    let login = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    let head =
      "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(login)"
      + "Content-Length: \(byteCount)\r\nExpect: 100-continue\r\n\r\n"
    _ = try socket.write(Array(head.utf8), from: 0)
    var answer = [UInt8](repeating: 0, count: 4096)
    _ = try socket.wait(for: .readable, milliseconds: 10_000)
    guard case .bytes(let count) = try socket.read(into: &answer) else { return "" }
    return String(decoding: answer[..<count].prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
  }

  @Test(arguments: [-1, 0, 1])
  func `a body is asked for after its sender and its size are known, route by route`(
    excess: Int
  ) throws {
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let token = try #require(ana.token)
    for (target, limit) in [
      ("/api/generate_invite", 1 << 20), ("/api/patients", 8 << 20),
      ("/api/patients/bulk", 16 << 20), ("/api/patients/import-csv", 64 << 20),
    ] {
      #expect(
        try announce(target, limit + excess, token: token)
          == (excess > 0 ? "HTTP/1.1 413 Content Too Large" : "HTTP/1.1 100 Continue"), "\(target)")
      #expect(
        try announce(target, limit + excess, token: nil) == "HTTP/1.1 401 Unauthorized", "\(target)"
      )
    }
    for (target, limit) in [("/api/auth/login", 16 << 10), ("/sync/v1/enroll", 4 << 10)] {
      #expect(
        try announce(target, limit + excess, token: nil)
          == (excess > 0 ? "HTTP/1.1 413 Content Too Large" : "HTTP/1.1 100 Continue"), "\(target)")
    }
    #expect(try announce("/sync/v1/exchange", 10, token: nil) == "HTTP/1.1 401 Unauthorized")
    #expect(try announce("/nowhere", 10, token: token) == "HTTP/1.1 404 Not Found")
  }

  @Test func `settings are read again on SIGHUP, and bad ones change nothing`() throws {
    let file = fixture.path("settings.json")
    func write(_ text: String) throws {
      try POSIXFileSystem().writeFileDurably(file, Array(text.utf8))
    }
    try write(#"{"signup":"off"}"#)
    try restart("--config", file)
    let form: JSONValue = [
      "email": "new@example.org", "password": "correct horse", "name": "New",
      "clinic_name": "New Clinic",
    ]
    func signUp() throws -> Int {
      try client().send(
        method: "POST", target: "/api/auth/signup",
        headers: ["Content-Type": "application/json"], body: form.bytes
      ).status
    }
    #expect(try signUp() == 403)
    try write(#"{"signup":"maybe"}"#)
    try server.hangUp()
    try write(#"{"signup":"on"}"#)
    try server.hangUp()
    #expect(try eventually(signUp) { $0 == 201 } == 201)
  }

  @Test func `logins go on under a new key, and end with a secret of another's`() throws {
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let before = try #require(ana.token)
    try server.administer(["login-key", "rotate"])
    #expect(try ana("GET", "/api/patients").status == 200)
    try ana.logIn("ana@example.org", Self.password)
    #expect(ana.token?.split(separator: ".").first != before.split(separator: ".").first)
    for _ in 0..<4 { try server.administer(["login-key", "rotate"]) }
    try restart()
    let again = try UserAgent(server.address)
    again.token = before
    #expect(try again("GET", "/api/patients").status == 401)
  }

  @Test func `metrics are told to whoever has their token`() throws {
    let client = try client()
    #expect(try client.send(method: "GET", target: "/metrics").status == 401)
    let token = try server.administer(["metrics-token"])
    let laptop = try server.laptop("a")
    _ = try laptop.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try laptop.sync()
    _ = try client.send(method: "GET", target: "/nowhere/Okafor")
    let answer = try client.send(
      method: "GET", target: "/metrics", headers: ["Authorization": "Bearer \(token)"])
    #expect(answer.status == 200)
    #expect(answer.headers["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
    let text = String(decoding: answer.body, as: UTF8.self)
    for line in [
      #"satchel_http_requests_total{method="GET",route="none",status="404"} 1"#,
      #"satchel_exchanges_total{outcome="done"} 1"#,
      #"satchel_rejected_total{reason="unauthenticated"} 1"#,
      "satchel_merged_documents_total{account=\"\(server.account)\"} 1",
      "satchel_review_items{account=\"\(server.account)\"} 0", "satchel_fsync_seconds_count ",
      "satchel_connections ", "satchel_log_bytes{",
    ] {
      #expect(text.contains("\n\(line)"), "\(line)\n\(text)")
    }
    #expect(!text.contains("Okafor"))
  }

  @Test func `administrators see how their account is`() throws {
    let ana = try UserAgent(server.address)
    #expect(try ana("GET", "/health/details").status == 401)
    try ana.logIn("ana@example.org", Self.password)
    let details = try ana("GET", "/health/details")
    #expect(details.status == 200 && details["status"]?.stringValue == "ok")
    #expect(details["documents"]?.objectValue?["user"]?.intValue == 2)
  }

  @Test func `the audit tells who did what and names nobody`() throws {
    let ana = try UserAgent(server.address)
    try ana.logIn("ana@example.org", Self.password)
    let patient: JSONValue = ["first_name": "Ada", "last_name": "Okafor"]
    let made = try ana("POST", "/api/patients", patient)
    let id = try #require(made["id"]?.stringValue)
    _ = try ana("GET", "/api/patients/\(id)")
    _ = try ana("GET", "/api/patients?q=Okafor")
    let text = try server.administer(["audit"])
    for part in [
      #""event":"login""#, #""event":"write""#, #""event":"read""#, #""event":"search""#,
      #""event":"command""#, #""command":"user create""#, id, server.account,
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    for secret in ["Okafor", "Ana", "example.org", Self.password] {
      #expect(!text.contains(secret), "\(secret)\n\(text)")
    }
    #expect(try server.administer(["audit", "--verify"]).contains("entries follow one another"))
    try server.kill()
    let file = "\(server.data)/server/audit/00000001.jsonl"
    let changed = String(decoding: try readWhole(file), as: UTF8.self)
      .replacingOccurrences(of: #""event":"search""#, with: #""event":"list""#)
    try POSIXFileSystem().writeFileDurably(file, Array(changed.utf8))
    let check = try fixture.run("satchel-server", ["--data", server.data, "audit", "--verify"])
    #expect(check.status == 1 && check.errors.contains("the audit was changed"))
  }

  @Test func `a page that is no client's own reaches no daemon`() throws {
    let laptop = try server.laptop("a")
    let address = try laptop.startDaemon(listening: "127.0.0.1:0")
    let port = try #require(address.split(separator: ":").last)
    let token = String(decoding: try readWhole("\(laptop.store)/api.token"), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    func status(_ host: String, _ origin: String?) throws -> Int {
      let peer = try HTTPClient(
        connectingTo: try #require(Endpoint(address)), timeoutSeconds: 10)
      var headers: HTTPHeaders = ["Host": host, "Authorization": "Bearer \(token)"]
      if let origin { headers.append("Origin", origin) }
      return try peer.send(method: "GET", target: "/api/patients", headers: headers).status
    }
    for host in ["localhost:\(port)", "127.0.0.1:\(port)", "LOCALHOST", "[::1]:\(port)"] {
      #expect(try status(host, nil) == 200, "\(host)")
    }
    for host in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example", "10.0.0.1"] {
      #expect(try status(host, nil) == 403, "\(host)")
    }
    #expect(try status("localhost:\(port)", "http://localhost:\(port)") == 200)
    for origin in ["http://evil.example", "null", "http://localhost.evil.example", "file://"] {
      #expect(try status("localhost:\(port)", origin) == 403, "\(origin)")
    }
    try laptop.stopDaemon()
  }
}
