import Causality
import Clinic
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import SyncProtocol
import Testing

@testable import Replica

/// A document that cannot be kept stops nobody: its bytes are kept aside (DESIGN, rule 21).
@Suite struct UnreadableTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws {
    all = try TwoLaptops(pieces: 1)
    try server.carryOut(
      0, ["email": "ada@example.org", "name": "Ada", "role": "clinician", "status": "active"],
      DocumentKey(type: "user", id: TestReplica.user))
    for laptop in [here, there] { try laptop.sync(with: server) }
  }

  private func write(_ replica: TestReplica, _ number: UInt64, _ notes: String) throws {
    try replica.carryOut(
      number,
      [
        "first_name": "Ana", "last_name": "Lima", "status": "active", "notes": .string(notes),
      ], key(number))
  }

  private func parked(_ replica: TestReplica) throws -> [JSONObject] {
    try replica.replica.store.parked().compactMap {
      try JSONValue(parsing: $0.content).objectValue
    }
  }

  /// Lines that are no document that can be kept, in place of one that holds "POISON".
  private static let poison: [@Sendable (String) -> String] = [
    {
      $0.replacingOccurrences(
        of: "\"POISON\"",
        with: String(repeating: "[", count: 49) + String(repeating: "]", count: 49))
    },
    {
      $0.replacingOccurrences(
        of: "\"POISON\"",
        with: String(repeating: "[", count: 99_999) + String(repeating: "]", count: 99_999))
    },
    { $0.replacingOccurrences(of: "\"origin\":", with: "\"genesis\":") },
    { $0 + String(repeating: " ", count: 16 << 20) },
  ]

  @Test(arguments: poison.indices)
  func `a push with one goes on, and everybody is told`(number: Int) throws {
    try write(here, 1, "good 1")
    try write(here, 2, "POISON")
    try write(here, 3, "good 3")
    let transport = EditedTransport(
      base: DirectTransport(to: server, from: here, isJudged: true),
      digest: here.replica.world.digest, request: Self.poison[number])
    try here.sync(over: transport)
    try here.sync(with: server)
    try there.sync(with: server)
    #expect(try there.shown(key(1))["notes"]?.stringValue == "good 1")
    #expect(try there.shown(key(3))["notes"]?.stringValue == "good 3")
    #expect(try there.replica.document(key(2)) == nil)
    #expect(here.replica.read { $0.knowledge } == server.replica.read { $0.knowledge })
    let kept = try parked(server)
    #expect(kept.count == 1)
    #expect(kept[0]["line"] != nil && kept[0]["device"]?.stringValue == here.device.description)
    for replica in [server, here, there] {
      let items = try replica.replica.reviewItems().filter { $0.rule == "refused" }
      #expect(items.count == 1 && items[0].summary.contains("cannot be read"))
    }
    // The same bytes again are the same thing.
    let before = try server.state()
    try here.sync(over: transport)
    #expect(try server.state() == before)
    #expect(try parked(server).count == 1)
  }

  @Test(arguments: ["POISON", "\"POISON\"", "{\"id\":\"\\ud800\"}", "{\"units\":1}"])
  func `a push of a broken program is refused whole`(line: String) throws {
    try write(here, 1, "good")
    try write(here, 2, "POISON")
    let transport = EditedTransport(
      base: DirectTransport(to: server, from: here), digest: here.replica.world.digest,
      request: { _ in line })
    #expect(throws: ReplicaError.self) { try here.sync(over: transport) }
    #expect(try server.replica.document(key(1)) == nil && parked(server).isEmpty)
    try here.sync(with: server)
    #expect(try server.replica.document(key(2)) != nil)
  }

  @Test func `a pull with one goes on`() throws {
    for number: UInt64 in 1...3 { try write(here, number, number == 2 ? "POISON" : "good") }
    try here.sync(with: server)
    let transport = EditedTransport(
      base: DirectTransport(to: server, from: there), digest: there.replica.world.digest,
      reply: Self.poison[0])
    try there.sync(over: transport)
    #expect(try there.shown(key(3))["notes"]?.stringValue == "good")
    #expect(try there.replica.document(key(2)) == nil)
    #expect(try parked(there).count == 1)
    #expect(there.replica.read { $0.knowledge } == server.replica.read { $0.knowledge })
  }

  @Test func `what is kept of one goes when its document is erased`() throws {
    try write(here, 2, "secret")
    try here.sync(with: server)
    try write(here, 2, "POISON secret")
    let transport = EditedTransport(
      base: DirectTransport(to: server, from: here), digest: here.replica.world.digest,
      request: { $0.replacingOccurrences(of: "\"writes\":[", with: "\"writes\":[7,") })
    try here.sync(over: transport)
    #expect(try parked(server).contains { $0["line"]?.stringValue?.contains("secret") == true })
    try server.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(key(2), reason: .erasure)
    }
    #expect(try parked(server).allSatisfy { $0["line"] == nil })
  }

  @Test func `what somebody writes here can be kept by all`() throws {
    let deep = (0..<49).reduce(JSONValue.array([])) { value, _ in .array([value]) }
    for value in [deep, .string(String(repeating: "x", count: 5 << 20))] {
      #expect(throws: ReplicaError.self) {
        try here.replica.transact { (transaction) throws(ReplicaError) in
          try here.replica.create(
            ["first_name": "Ana", "last_name": "Lima", "status": "active", "plan": value],
            type: "patient", in: &transaction)
        }
      }
    }
  }

  @Test func `what is nested as deep as may be is still read when it stands beside another`() throws
  {
    let deep = (0..<46).reduce(JSONValue.array([])) { value, _ in .array([value]) }
    try write(here, 1, "base")
    try here.sync(with: server)
    try there.sync(with: server)
    try here.carryOut(1, ["plan": deep], key(1))
    try there.carryOut(1, ["plan": .array([deep])], key(1))
    for laptop in [here, there, here] { try laptop.sync(with: server) }
    #expect(try server.replica.document(key(1))?.versions(of: "plan").count == 2)
    #expect(try here.state() == server.state() && there.state() == server.state())
    let copy = try TestReplica(copyOf: here)
    #expect(try copy.state() == here.state())
    #expect(try parked(server).isEmpty && parked(here).isEmpty)
  }
}

/// A way that changes lines of messages and makes their ends fit again.
private struct EditedTransport: SyncTransport {
  let base: DirectTransport
  let digest: Digest
  var request: @Sendable (String) -> String = { $0 }
  var reply: @Sendable (String) -> String = { $0 }

  func send(_ message: TransportRequest) throws(TransportError) -> TransportReply {
    var message = message
    message.body = edited(message.body, request)
    var answer = try base.send(message)
    if answer.status == 200 { answer.body = edited(answer.body, reply) }
    return answer
  }

  private func edited(_ body: [UInt8], _ edit: (String) -> String) -> [UInt8] {
    var lines = String(decoding: body, as: UTF8.self).split(separator: "\n").map(String.init)
    lines.removeLast()
    let kept = lines.map { $0.contains("POISON") ? edit($0) : $0 }.joined(separator: "\n") + "\n"
    let bytes = Array(kept.utf8)
    let sum = HexText.text(Array(digest(bytes).prefix(8)))
    return bytes + Array("{\"end\":\(lines.count),\"digest\":\"\(sum)\"}\n".utf8)
  }
}

extension String {
  fileprivate func replacingOccurrences(of old: String, with new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
