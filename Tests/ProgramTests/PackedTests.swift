import Glibc
import HTTP
import JSON
import Platform
import Testing

/// Bodies are packed on their way, with limits on what comes out.
@Suite struct PackedTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private func post(
    _ path: String, _ body: [UInt8], coding: String
  ) throws -> HTTPResponse {
    let endpoint = try #require(Endpoint(server.address))
    let client = try HTTPClient(connectingTo: endpoint, timeoutSeconds: 20)
    return try client.send(
      method: "POST", target: path,
      headers: ["Content-Type": "application/json", "Content-Encoding": coding], body: body)
  }

  @Test func `a sync moves far fewer bytes than the documents have`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let input = SyncTests.patients(1000)
    try a.succeed("create", "patient", "--json", input: input)
    for (laptop, key) in [(a, "bytes_sent"), (b, "bytes_received")] {
      let report = try JSONValue(parsing: Array(laptop.succeed("sync", "--json").utf8)).objectValue
      let count = try #require(report?[key]?.intValue)
      #expect(count < input.utf8.count)
    }
  }

  @Test func `what the server cannot unpack it refuses, and goes on`() throws {
    let gzip = try Gzip.load()
    let enrolment = Array(#"{"code":"x","device":"1","replica":"2","name":"n"}"#.utf8)
    let packed = try #require(gzip.packed(enrolment))
    let bomb = try #require(gzip.packed([UInt8](repeating: 32, count: 80 << 20)))
    let path = "/sync/v1/enroll"
    #expect(try post(path, enrolment, coding: "br").status == 415)
    #expect(try post(path, Array(packed.dropLast(3)), coding: "gzip").status == 400)
    #expect(try post(path, bomb, coding: "gzip").status == 413)
    // Unpacked, the ids are found to be malformed.
    let response = try post(path, packed, coding: "gzip")
    #expect(response.status == 400)
    #expect(String(decoding: response.body, as: UTF8.self).contains("replica"))
    #expect(try server.laptop("a").run("sync").status == 0)
  }
}
