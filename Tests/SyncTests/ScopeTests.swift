import Causality
import Documents
import JSON
import Platform
import ReplicaTestSupport
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// What a device may see is part of its cursor and of what it knows (DESIGN, rule 25).
@Suite struct ScopeTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws {
    all = try TwoLaptops()
  }

  private func write(_ replica: TestReplica, _ number: UInt64, _ notes: String) throws {
    try replica.carryOut(
      number,
      [
        "first_name": "Ana", "last_name": "Lima", "status": "active", "notes": .string(notes),
      ], key(number))
  }

  @Test func `a change of scope brings everything anew, once, and loses nothing`() throws {
    for number: UInt64 in 1...20 { try write(here, number, "first") }
    try meet()
    server.devices.setScope("clinic-1")
    try write(here, 21, "unsent")
    try write(there, 1, "theirs")
    try there.sync(with: server)
    #expect(there.replica.peer.scope == "clinic-1")
    let bodies = Mutex<[String]>([])
    let seen = DirectTransport(to: server, from: here) { (request) throws(TransportError) in
      bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
      return true
    }
    try here.sync(over: seen)
    let sent = bodies.withLock { $0 }
    #expect(sent.count == 2)
    #expect(!sent[0].contains("\"scope\"") && sent[1].contains("\"scope\":\"clinic-1\""))
    #expect(sent[1].contains("\"since\":{}") && !sent[1].contains("\"cursor\""))
    try meet()
    #expect(try here.state() == server.state() && there.state() == server.state())
    #expect(try there.shown(key(21))["notes"]?.stringValue == "unsent")
    // From now on as ever.
    #expect(try here.sync(with: server).roundTrips == 1)
    server.devices.setScope(nil)
    #expect(try here.sync(with: server).roundTrips == 2)
    #expect(here.replica.peer.scope == nil)
  }
}
