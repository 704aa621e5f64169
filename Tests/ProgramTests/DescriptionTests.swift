import Glibc
import HTTP
import JSON
import Platform
import Testing

/// What the programs say about their own APIs, over real sockets.
@Suite struct DescriptionTests {
  private let fixture: ProgramFixture

  init() throws { fixture = try ProgramFixture() }

  /// The described operations: `get /health`.
  private func operations(_ agent: UserAgent) throws -> [String] {
    let answer = try agent("GET", "/openapi.json")
    #expect(answer.status == 200 && answer["openapi"]?.stringValue == "3.1.0")
    let paths = answer["paths"]?.objectValue?.members ?? []
    return paths.flatMap { path in
      (path.value.objectValue?.members ?? []).map { operation in
        let given = operation.value.objectValue?["responses"]?.objectValue?.keys ?? []
        #expect(given.contains { $0.hasPrefix("2") }, "\(path.key) does not say what it gives")
        return "\(operation.key) \(path.key)"
      }
    }
  }

  private static let everywhere = [
    "get /health", "get /openapi.json", "get /docs", "get /api/patients",
    "patch /api/patients/{id}",
  ]
  private static let onServers = [
    "post /api/auth/login", "get /api/auth/me", "post /api/auth/logout", "post /api/auth/password",
    "post /api/invites/verify", "post /api/invites/accept",
  ]
  private static let onLaptops = ["get /api/sync/status", "post /api/sync/now"]

  @Test func `a server describes what it offers, to anybody`() throws {
    let server = try ClinicServer(fixture)
    let agent = try UserAgent(server.address)
    let operations = try operations(agent)
    for operation in Self.everywhere + Self.onServers { #expect(operations.contains(operation)) }
    for operation in Self.onLaptops { #expect(!operations.contains(operation)) }
    try expectPage(server.address)
    try expectFound(operations, agent)
    try server.stop()
  }

  @Test func `a daemon describes what it offers, without the token`() throws {
    let laptop = try TestLaptop(fixture, "a")
    let address = try laptop.startDaemon(listening: "127.0.0.1:0")
    let agent = try UserAgent(address)
    let operations = try operations(agent)
    for operation in Self.everywhere + Self.onLaptops { #expect(operations.contains(operation)) }
    for operation in Self.onServers { #expect(!operations.contains(operation)) }
    try expectPage(address)
    try expectFound(operations, agent)
    try laptop.stopDaemon()
  }

  private func expectPage(_ address: String) throws {
    let client = try HTTPClient(
      connectingTo: try #require(Endpoint(address)), timeoutSeconds: 30)
    let page = try client.send(
      method: "GET", target: "/docs", headers: ["Accept": "text/html,*/*;q=0.8"], body: [])
    let text = String(decoding: page.body, as: UTF8.self)
    #expect(page.status == 200 && text.hasPrefix("<!DOCTYPE html>") && text.hasSuffix("</html>\n"))
    #expect(page.headers["Content-Type"] == "text/html; charset=utf-8")
    let refused = try client.send(
      method: "GET", target: "/docs", headers: ["Accept": "application/pdf"], body: [])
    #expect(refused.status == 406)
  }

  /// Without a login each path asks for one, or answers; a method that it does not have is named.
  private func expectFound(_ operations: [String], _ agent: UserAgent) throws {
    for operation in operations {
      let parts = operation.split(separator: " ").map(String.init)
      let path = parts[1].replacing("{id}", with: "11111111-1111-4111-8111-111111111111")
      guard path != "/docs" else { continue }
      let status = try agent(parts[0].uppercased(), path).status
      #expect([200, 400, 401].contains(status), "\(operation): \(status)")
      let other = try agent("OPTIONS", path)
      let allowed = (other.headers["Allow"] ?? "").split(separator: ", ").map(String.init)
      #expect(other.status == 405 && allowed.contains(parts[0].uppercased()), "\(operation)")
    }
    #expect(try agent("GET", "/api/nothing").status == 404)
  }

  @Test func `what asks for a login says how`() throws {
    let server = try ClinicServer(fixture)
    let agent = try UserAgent(server.address)
    let refused = try agent("GET", "/api/patients")
    #expect(refused.status == 401 && refused.headers["WWW-Authenticate"] == "Bearer")
    try server.stop()
  }

  /// With few examples of some paths; all of them take minutes.
  @Test func `schemathesis finds nothing`() throws {
    let package = parentDirectory(of: parentDirectory(of: parentDirectory(of: #filePath)))
    let process = try ChildProcess(
      "\(package)/Conformance/openapi/check",
      [
        "--max-examples", "2", "--phases", "coverage,fuzzing", "--generation-deterministic",
        "--include-path-regex", "^/(health|docs|openapi.json|api/(auth|review|schedule|clinics)).*",
      ],
      environment: [
        "SATCHEL_BIN=\(fixture.programs)", "PATH=/usr/local/bin:/usr/bin:/bin",
        "TMPDIR=\(fixture.path("tmp"))", "HOME=\(Host.environment("HOME") ?? "/")",
      ]
        + ["PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "HTTPS_PROXY", "SSL_CERT_FILE"].compactMap
      { name in
        Host.environment(name).map { "\(name)=\($0)" }
      },
      directory: fixture.path("tmp"))
    let result = try process.wait(withinSeconds: 500)
    if result.status == 4 {
      print(result.text)
      try Test.cancel("Python packages cannot be installed here")
    }
    #expect(result.status == 0, "\(result.text.suffix(6000)) \(result.errors)")
    #expect(result.text.contains("Test cases:"))
  }
}
