import JSON
import Simulation
import Testing

/// Two laptops and a server, as people run them.
@Suite struct SyncTests {
  let fixture: ProgramFixture
  let server: ClinicServer

  init() throws {
    fixture = try ProgramFixture()
    server = try ClinicServer(fixture)
  }

  private func expectEqual(_ laptops: TestLaptop...) throws {
    let first = try laptops[0].everything()
    for other in laptops.dropFirst() { #expect(try other.everything() == first) }
  }

  @Test func `offline work of two laptops and the server's copy come out equal`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let clinic = try a.create("clinic", #"{"name":"North","timezone":"Europe/Berlin"}"#)
    let patient = try a.create(
      "patient", #"{"first_name":"Ada","last_name":"Okafor","clinic_id":"\#(clinic)"}"#)
    try a.sync()
    try b.sync()
    try server.stop()
    try a.succeed("update", "patient", patient, input: #"{"phone":"+49 30 1"}"#)
    try b.succeed("update", "patient", patient, input: #"{"email":"ada@example.org"}"#)
    _ = try b.create("doctor", #"{"clinic_id":"\#(clinic)","name":"Dr. Brandt"}"#)
    let offline = try a.run("sync")
    #expect(offline.status == 1)
    try server.start()
    try a.sync()
    try b.sync()
    try a.sync()
    try server.stop()
    try expectEqual(a, b, try server.storeCopy("copy"))
    let text = try a.succeed("get", "patient", patient, "--json")
    #expect(text.contains("+49 30 1") && text.contains("ada@example.org"))
  }

  @Test func `an equal write makes no transaction`() throws {
    let a = try server.laptop("a")
    let json =
      #"{"id":"11111111-1111-4111-8111-111111111111","first_name":"Ada","last_name":"Okafor"}"#
    let id = try a.create("patient", json)
    let before = try a.knowledge()
    try a.succeed("update", "patient", id, input: #"{"first_name":"Ada","phone":null}"#)
    #expect(try a.create("patient", json) == id)
    try a.sync()
    let afterSync = try a.knowledge()
    try a.sync()
    #expect(try a.knowledge() == afterSync)
    try a.succeed("update", "patient", id, input: #"{"first_name":"Ada"}"#)
    #expect(try a.knowledge() == afterSync)
    #expect(before != afterSync)
  }

  @Test func `a delete and an edit that it did not see bring the patient back on both`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let id = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try a.sync()
    try b.sync()
    try a.succeed("delete", "patient", id)
    try b.succeed("update", "patient", id, input: #"{"phone":"1"}"#)
    try a.sync()
    for laptop in [b, a] { #expect([0, 3].contains(try laptop.run("sync").status)) }
    for laptop in [a, b] {
      #expect(try laptop.succeed("get", "patient", id, "--json").contains(#""phone":"1""#))
    }
    try expectEqual(a, b)
  }

  @Test func `a restore brings a patient back everywhere`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    let id = try a.create("patient", #"{"first_name":"Ada","last_name":"Okafor"}"#)
    try a.succeed("delete", "patient", id)
    try a.sync()
    try b.sync()
    #expect(try b.succeed("list", "patient").isEmpty)
    #expect(try b.succeed("list", "patient", "--trash", "--json").contains(id))
    try b.succeed("restore", "patient", id)
    try b.sync()
    try a.sync()
    #expect(try a.succeed("list", "patient", "--json").contains(id))
    try expectEqual(a, b)
  }

  @Test func `thousands of documents travel in pages`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    try a.succeed("create", "patient", "--json", input: Self.patients(3000))
    let pushed = try JSONValue(parsing: Array(try a.succeed("sync", "--json").utf8)).objectValue
    #expect(pushed?["pushed"]?.intValue == 3000)
    let pulled = try JSONValue(parsing: Array(try b.succeed("sync", "--json").utf8)).objectValue
    #expect((pulled?["round_trips"]?.intValue ?? 0) > 2)
    let listed = try b.succeed("list", "patient", "--json")
    #expect(listed.utf8.count { $0 == UInt8(ascii: "\n") } == 3000)
    #expect(try a.succeed("list", "patient", "--json") == listed)
  }

  static func patients(_ count: Int) -> String {
    (0..<count).map { number in
      #"{"first_name":"First \#(number)","last_name":"Last","phone":"\#(number)"}"# + "\n"
    }.joined()
  }

  @Test func `an interrupted pull is finished by the next sync`() throws {
    let (a, b) = (try server.laptop("a"), try server.laptop("b"))
    try a.succeed("create", "patient", "--json", input: Self.patients(2500))
    try a.sync()
    let report = try TestLaptop(fixture, at: copy(b, "whole")).succeed("sync", "--json")
    let total =
      try JSONValue(parsing: Array(report.utf8)).objectValue?["bytes_received"]?.intValue ?? 0
    #expect(total > 50_000)
    let expected = try a.succeed("list", "patient", "--json")
    let proxy = try CuttingProxy(to: server.address)
    for (index, limit) in [0, 1, 100, 300, total / 3, total * 3 / 5, total - 500].enumerated() {
      let laptop = TestLaptop(fixture, at: try copy(b, "cut-\(index)"))
      proxy.cut(received: limit)
      let cut = try laptop.run("sync", "--server", proxy.url)
      #expect(cut.status == 1, "cut after \(limit) bytes")
      #expect(proxy.isCut && cut.errors.hasPrefix("satchel: \(proxy.url): "), "\(cut.errors)")
      #expect(try laptop.succeed("list", "patient").isEmpty, "nothing is shown half")
      proxy.mend()
      try laptop.succeed("sync", "--server", proxy.url)
      #expect(try laptop.succeed("list", "patient", "--json") == expected, "after \(limit) bytes")
    }
  }

  @Test func `an interrupted push is finished by the next sync`() throws {
    let b = try server.laptop("b")
    let proxy = try CuttingProxy(to: server.address)
    var expected = 0
    for (sent, received) in [(0, nil), (700, nil), (10_000, nil), (nil, 0), (nil, 100)] {
      try b.succeed("create", "patient", "--json", input: Self.patients(500))
      expected += 500
      proxy.cut(sent: sent, received: received)
      let cut = try b.run("sync", "--server", proxy.url)
      #expect(
        cut.status == 1 && proxy.isCut,
        "\((sent, received)): \(cut.status) \(cut.errors.prefix(3000))")
      proxy.mend()
      try b.succeed("sync", "--server", proxy.url)
      let a = TestLaptop(fixture, at: try copy(b, "reader-\(expected)"))
      #expect(try a.status()["unsent"]?.intValue == 0)
    }
    let a = try server.laptop("a")
    try a.sync()
    let listed = try a.succeed("list", "patient", "--json")
    #expect(listed.utf8.count { $0 == UInt8(ascii: "\n") } == expected)
    #expect(try b.succeed("list", "patient", "--json") == listed)
  }

  private func copy(_ laptop: TestLaptop, _ name: String) throws -> String {
    let path = fixture.path(name)
    try fixture.copyUnnoticed(laptop.store, to: path)
    return path
  }
}
