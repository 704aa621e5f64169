import Causality
import Documents
import JSON
import ReplicaTestSupport
import Storage
import TestSupport
import Testing

@testable import Replica

/// Who changed what, when, on which device.
@Suite struct DocumentHistoryTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let here: TestReplica
  let there: TestReplica
  let patient = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 7))

  init() throws {
    server = try TestReplica(clock: clock)
    here = try TestReplica(of: server, clock: clock)
    there = try TestReplica(of: server, clock: clock)
    try here.put([
      [
        "type": "patient", "id": .string(patient.id.description), "first_name": "Ana",
        "last_name": "Lima", "status": "active", "phone": "555-0100",
      ]
    ])
    try meet()
  }

  private func meet() throws {
    for laptop in [here, there, here] { try laptop.sync(with: server) }
  }

  private func set(_ replica: TestReplica, _ patch: JSONObject) throws {
    clock.advance(minutes: 1)
    try replica.carryOut([
      "op": "update", "type": "patient", "id": .string(patient.id.description),
      "value": .object(patch),
    ])
  }

  /// Action, changes, and what became of them, without the transactions that nobody wrote.
  private func lines(_ replica: TestReplica) throws -> [String] {
    try replica.replica.history(of: patient)
      .filter { $0["action"]?.stringValue != "received" }
      .map { line in
        let changes = canonical(line["changes"]?.objectValue ?? JSONObject())
        let marks = ["not_shown", "replaced_since"].compactMap { name in
          line[name].map { "\(name) \($0.line)" }
        }
        return ([line["action"]?.stringValue ?? "", changes] + marks).joined(separator: " ")
      }
  }

  @Test func `each change is told, with what took its place`() throws {
    try set(here, ["phone": "555-0101"])
    try set(here, ["phone": "555-0102", "notes": "tall"])
    let expected = [
      #"created {"first_name":"Ana","last_name":"Lima","phone":"555-0100","status":"active"} "#
        + #"replaced_since ["phone"]"#,
      #"changed {"phone":"555-0101"} replaced_since ["phone"]"#,
      #"changed {"notes":"tall","phone":"555-0102"}"#,
    ]
    #expect(try lines(here) == expected)
    _ = try here.replica.checkpoint()
    #expect(try lines(here) == expected)
    let devices = try here.replica.history(of: patient).compactMap { $0["device"]?.stringValue }
    #expect(Set(devices.prefix(1)) == [here.replica.store.identity.device.description])
  }

  @Test func `what another laptop replaced is told too, and a conflict shows both`() throws {
    try set(there, ["phone": "555-0103"])
    try set(here, ["notes": "tall"])
    try set(there, ["notes": "short"])
    try meet()
    let lines = try lines(here)
    #expect(lines.contains(#"changed {"phone":"555-0103"}"#))
    #expect(lines[0].hasSuffix(#"replaced_since ["phone"]"#))
    #expect(lines.filter { $0.contains("notes") }.count == 2)
    #expect(lines.filter { $0.contains(#"not_shown ["notes"]"#) }.count == 1)
  }

  @Test func `deletes and restores are told with their reason`() throws {
    try here.replica.delete(patient, reason: .duplicate)
    clock.advance(minutes: 1)
    try here.replica.restore(patient)
    let actions = try here.replica.history(of: patient).compactMap { $0["action"]?.stringValue }
    #expect(actions.filter { $0 != "received" } == ["created", "deleted", "restored"])
    let reason = try here.replica.history(of: patient).compactMap {
      $0["changes"]?.objectValue?["reason"]?.stringValue
    }
    #expect(reason == ["duplicate"])
  }

  @Test func `what was replaced before an erasure is gone with it`() throws {
    try set(here, ["notes": "walks with a heronwood cane"])
    try set(here, ["notes": "walks again"])
    try meet()
    for replica in [here, there, server] { _ = try replica.replica.checkpoint() }
    #expect(try !here.filesHolding("heronwood").isEmpty)
    try server.replica.delete(patient, reason: .erasure)
    try meet()
    for replica in [here, there, server] {
      _ = try replica.replica.checkpoint()
      #expect(try replica.filesHolding("heronwood") == [])
      #expect(
        try replica.replica.history(of: patient).allSatisfy {
          $0["action"]?.stringValue != "changed"
        })
    }
  }
}
