import Foundation
import Glibc
import JSON
import Platform
import Testing

/// Laptops that drop everything by order.
@Suite struct WipeTests {
  let fixture: ProgramFixture
  let server: ClinicServer
  let a: TestLaptop

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
    a = try server.laptop("a")
    _ = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try a.sync()
  }

  private func names(_ laptop: TestLaptop) throws -> [String] {
    try POSIXFileSystem().contents(ofDirectory: laptop.store)
  }

  private func deviceState() throws -> String {
    let line = try server.administer(["device", "list", "--json"])
    let object = try JSONValue(parsing: Array(line.utf8)).objectValue
    return object?["state"]?.stringValue ?? line
  }

  /// What the server keeps aside, as text.
  private func parked() throws -> String {
    let directory = "\(server.data)/accounts/\(server.account)/parked"
    let names = (try? POSIXFileSystem().contents(ofDirectory: directory)) ?? []
    return try names.map { String(decoding: try readWhole("\(directory)/\($0)"), as: UTF8.self) }
      .joined()
  }

  @Test func `a laptop gives what it had not sent, drops everything and says so`() throws {
    _ = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    let told = try server.administer(["device", "revoke", "a", "--wipe"])
    #expect(told.contains("gives what it has not sent"))
    #expect(try deviceState() == "wiping")
    let sync = try a.run("sync")
    #expect(sync.status == 1 && sync.errors.contains("by order of an administrator"))
    #expect(try names(a) == ["LOCK", "wiped.json"])
    #expect(try deviceState() == "wiped")
    #expect(try parked().contains("Unsent"))
    let list = try a.run("list", "patient")
    #expect(list.status == 1 && list.errors.contains("was wiped by order"))
    let status = try a.status()
    #expect(status["state"]?.stringValue == "wiped" && status["acknowledged"]?.boolValue == true)
    #expect(
      !String(decoding: try readWhole("\(a.store)/wiped.json"), as: UTF8.self).contains("token"))
    // The machine may be used again, by somebody with a code.
    try a.succeed("init")
    try a.succeed("enroll", "--server", server.url, "--code", try server.code())
    // What was kept aside waits for a person.
    #expect(try a.run("sync").status == 3)
    #expect(try a.succeed("list", "patient", "--json").contains("Okafor"))
  }

  @Test func `at once means that unsent work is lost`() throws {
    _ = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    let told = try server.administer(["device", "revoke", "a", "--wipe=now"])
    #expect(told.contains("what it has not sent is lost"))
    #expect(try a.run("sync").status == 1)
    #expect(try names(a) == ["LOCK", "wiped.json"])
    #expect(try deviceState() == "wiped")
    #expect(try !parked().contains("Unsent"))
    #expect(
      try server.fixture.run(
        "satchel-server",
        [
          "--data", server.data, "device", "revoke", "a", "--wipe=later",
        ]
      ).status == 2)
  }

  @Test func `an order that the server does not prove is not carried out`() throws {
    let file = "\(a.store)/store.json"
    let text = String(decoding: try readWhole(file), as: UTF8.self)
    let secret = try #require(text.firstRange(of: #/"device_secret": "[0-9a-f]{64}"/#))
    let other = text.replacingCharacters(
      in: secret, with: "\"device_secret\": \"\(String(repeating: "0", count: 64))\"")
    try POSIXFileSystem().writeFileDurably(file, Array(other.utf8))
    _ = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    try server.administer(["device", "revoke", "a", "--wipe=now"])
    let sync = try a.run("sync")
    #expect(sync.status == 1 && sync.errors.contains("nothing was dropped or sent"))
    #expect(try a.succeed("list", "patient", "--json").contains("Unsent"))
    #expect(try deviceState() == "wiping" && !parked().contains("Unsent"))
    // With what the server gave, it is.
    try POSIXFileSystem().writeFileDurably(file, Array(text.utf8))
    #expect(try a.run("sync").status == 1)
    #expect(try names(a) == ["LOCK", "wiped.json"])
  }

  @Test func `a daemon carries the order out and ends`() throws {
    try a.startDaemon()
    _ = try a.create("patient", #"{"first_name":"Bo","last_name":"Unsent"}"#)
    try server.administer(["device", "revoke", "a", "--wipe"])
    _ = try? a.run("create", "patient", input: #"{"first_name":"Cy","last_name":"Unsent"}"#)
    let state = try eventually(deviceState) { $0 == "wiped" }
    #expect(state == "wiped")
    #expect(try names(a) == ["LOCK", "wiped.json"])
    try a.stopDaemon()
  }

  @Test func `a server that cannot be told is told later`() throws {
    let order = """
      {"device":"00000000-0000-4000-8000-000000000001","ordered_at":"2026-11-23T08:00:00.000Z",
      "url":"http://127.0.0.1:1","refresh_token":"secret"}
      """
    try POSIXFileSystem().writeFileDurably("\(a.store)/wiped.json", Array(order.utf8))
    #expect(try a.run("list", "patient").status == 1)
    #expect(try names(a) == ["LOCK", "wiped.json"])
    #expect(try a.status()["acknowledged"]?.boolValue == false)
    let again = try a.run("init")
    #expect(again.status == 1 && again.errors.contains("has not been told yet"))
    let text = String(decoding: try readWhole("\(a.store)/wiped.json"), as: UTF8.self)
    let known = text.replacingOccurrences(of: "http://127.0.0.1:1", with: server.url)
    try POSIXFileSystem().writeFileDurably("\(a.store)/wiped.json", Array(known.utf8))
    // The server does not know the token: nobody there waits for the word.
    #expect(try a.status()["acknowledged"]?.boolValue == true)
  }
}
