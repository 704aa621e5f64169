import Causality
import Documents
import JSON
import ReplicaTestSupport
import Storage
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// Copies of stores, older stores, and servers that have lost something (DESIGN, rules 16 to 18).
@Suite struct IdentityTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws {
    all = try TwoLaptops()
    try here.put([patient(1, ["first_name": "Ana", "last_name": "Lima", "status": "active"])])
    try meet([here, there])
  }

  func patient(_ number: UInt64, _ fields: JSONObject) -> JSONObject {
    JSONObject([("type", "patient"), ("id", .string(key(number).id.description))])
      .merging(fields)
  }

  @Test func `a laptop that was copied goes on as two and loses nothing`() throws {
    let copy = try TestReplica(copyOf: here)
    try edit(here, 1, ["phone": "1"])
    try edit(here, 2, ["first_name": "Bo", "last_name": "Here", "status": "active"])
    try edit(copy, 1, ["notes": "copy"])
    try edit(copy, 3, ["first_name": "Cy", "last_name": "Copy", "status": "active"])
    let id = here.replica.id
    #expect(copy.replica.id == id)
    try meet([here, copy, there])
    try expectEqual([here, copy, there, server])
    let shown = try there.shown(key(1))
    #expect(shown["phone"]?.stringValue == "1" && shown["notes"]?.stringValue == "copy")
    #expect(try there.shown(key(2))["last_name"]?.stringValue == "Here")
    #expect(try there.shown(key(3))["last_name"]?.stringValue == "Copy")
    #expect(copy.replica.id != here.replica.id)
    // Both write on, and what they write is theirs.
    try edit(here, 1, ["phone": "2"])
    try edit(copy, 1, ["notes": "copy 2"])
    try meet([copy, here, there])
    try expectEqual([here, copy, there, server])
    #expect(try there.shown(key(1))["phone"]?.stringValue == "2")
    #expect(try there.shown(key(1))["notes"]?.stringValue == "copy 2")
    #expect(try there.replica.reviewItems().isEmpty)
  }

  @Test func `under a new id a document travels with those that it names`() throws {
    let invite = JSONObject([
      ("type", "invite"), ("id", .string(key(9).id.description)),
      ("patient_id", .string(key(1).id.description)), ("email", "ana@example.org"),
      ("status", "pending"),
    ])
    try server.replica.retire(here.replica.id)
    try here.put([invite])
    #expect(try here.sync(with: server).pushed == 2)
    try there.put([invite.merging(["id": .string(key(10).id.description)])])
    #expect(try there.sync(with: server).pushed == 1)
  }

  @Test func `a laptop that went back to an older copy gets all back under a new id`() throws {
    let copy = try TestReplica(copyOf: here)
    try edit(here, 1, ["phone": "sent"])
    try meet([here])
    let id = here.replica.id
    try here.restore(copy)
    #expect(here.replica.id == id)
    try edit(here, 1, ["notes": "after"])
    try meet([here, there])
    #expect(here.replica.id != id && here.replica.store.identity.former.contains(id))
    #expect(!here.replica.store.identity.isNew)
    try expectEqual([here, there, server])
    let shown = try there.shown(key(1))
    #expect(shown["phone"]?.stringValue == "sent" && shown["notes"]?.stringValue == "after")
  }

  @Test func `a laptop that went back without writing is noticed too`() throws {
    let copy = try TestReplica(copyOf: here)
    try edit(here, 1, ["phone": "sent"])
    try meet([here])
    let id = here.replica.id
    try here.restore(copy)
    try meet([here])
    #expect(here.replica.id != id)
    try expectEqual([here, server])
  }

  @Test func `a server that went back silently is given nothing of others until recovery is open`()
    throws
  {
    let old = try TestReplica(copyOf: server)
    try edit(there, 1, ["phone": "from there"])
    try meet([there, here])
    try server.restore(old)
    try edit(here, 1, ["notes": "unsent"])
    #expect(throws: ReplicaError.self) { try here.sync(with: server) }
    #expect(server.replica.recovery.refused.map(\.replica) == [here.replica.id])
    #expect(server.replica.recovery.refused[0].count > 0)
    #expect(try server.shown(key(1))["notes"] == nil)
    #expect(try here.shown(key(1))["notes"]?.stringValue == "unsent")
    try server.replica.setRecovery(isOpen: true)
    try meet([here, there])
    #expect(server.replica.recovery.refused.isEmpty)
    #expect(server.replica.recovery.accepted.map(\.replica) == [here.replica.id])
    try server.replica.setRecovery(isOpen: false)
    try meet([here, there])
    try expectEqual([here, there, server])
    let shown = try server.shown(key(1))
    #expect(shown["phone"]?.stringValue == "from there")
    #expect(shown["notes"]?.stringValue == "unsent")
  }

  @Test func `a server that went back and wrote on is made one with what laptops know`() throws {
    let old = try TestReplica(copyOf: server)
    try edit(here, 2, ["first_name": "Bo", "last_name": "Lost", "status": "active"])
    try meet([here, there])
    try server.restore(old)
    // The server's own transaction takes a number that it had given before.
    try edit(server, 3, ["first_name": "Cy", "last_name": "New", "status": "active"])
    try server.replica.setRecovery(isOpen: true)
    try meet([here, there])
    try expectEqual([here, there, server])
    for replica in [here, there, server] {
      #expect(try replica.shown(key(2))["last_name"]?.stringValue == "Lost")
      #expect(try replica.shown(key(3))["last_name"]?.stringValue == "New")
    }
  }

  @Test func `a laptop with everything rebuilds an emptied server`() throws {
    for number in 2...40 {
      try edit(
        there, UInt64(number),
        ["first_name": .string("P\(number)"), "last_name": "L", "status": "active"])
    }
    try there.replica.delete(key(7), reason: .mistake)
    try meet([there, here])
    let empty = try TestReplica(clock: clock)
    try empty.replica.setRecovery(isOpen: true)
    for laptop in [here, there] {
      try laptop.enrol(at: empty)
      try laptop.sync(with: empty)
    }
    try here.sync(with: empty)
    let new = try TestReplica(of: empty, clock: clock)
    try new.sync(with: empty)
    try expectEqual([here, there, empty, new])
    #expect(try new.shown(key(40))["first_name"]?.stringValue == "P40")
    #expect(try new.shown(key(7))["deleted"]?.boolValue == true)
  }

  @Test func `a server that was reset tells also those whose base it still knows`() throws {
    try server.replica.reset()
    try edit(here, 1, ["phone": "to be kept aside"])
    let refusal = #expect(throws: ReplicaError.self) { try here.sync(with: server) }
    guard case .sync(let told)? = refusal else { return #expect(Bool(false), "\(refusal as Any)") }
    #expect(told.code == .serverReset && here.replica.store.identity.startsOver)
    #expect(try server.shown(key(1))["phone"] == nil)
    let parked = try here.replica.store.parked().map { String(decoding: $0.content, as: UTF8.self) }
    #expect(parked.joined().contains("to be kept aside"))
    // What is written from here on would be lost: it is refused.
    #expect(throws: ReplicaError.self) { try edit(here, 1, ["phone": "too late"]) }
  }

  @Test func `a laptop that was retired comes back with its unsent work`() throws {
    try edit(here, 1, ["phone": "unsent"])
    let id = here.replica.id
    try server.replica.retire(id)
    try here.sync(with: server)
    #expect(here.replica.id != id)
    try meet([there])
    #expect(try there.shown(key(1))["phone"]?.stringValue == "unsent")
    try meet([here, there])
    try expectEqual([here, there, server])
  }

  @Test func `the same request that arrives late again makes nobody take a new id`() throws {
    let log = RequestLog()
    let transport = DirectTransport(to: server, from: here) { request throws(TransportError) in
      log.add(request)
      return true
    }
    try edit(here, 1, ["phone": "1"])
    try here.sync(over: transport)
    try edit(here, 1, ["phone": "2"])
    try here.sync(over: transport)
    let id = here.replica.id
    for request in log.all { _ = try transport.send(request) }
    try meet([here, there])
    #expect(here.replica.id == id)
    try expectEqual([here, there, server])
  }

  @Test(arguments: 1...6)
  func `a reply that is lost after the commit changes nothing`(lost: Int) throws {
    let copy = try TestReplica(copyOf: here)
    try edit(here, 1, ["phone": "1"])
    try edit(copy, 1, ["notes": "2"])
    try meet([copy])
    let count = Atomic(0)
    let transport = DirectTransport(to: server, from: here) { _ throws(TransportError) in
      count.wrappingAdd(1, ordering: .relaxed).newValue != lost
    }
    _ = try? here.sync(over: transport)
    try meet([here, copy, there])
    try expectEqual([here, copy, there, server])
    #expect(try there.shown(key(1))["phone"]?.stringValue == "1")
    #expect(try there.shown(key(1))["notes"]?.stringValue == "2")
  }
}

/// Requests as they were sent.
final class RequestLog: Sendable {
  private let requests = Mutex<[TransportRequest]>([])

  var all: [TransportRequest] { requests.withLock { $0 } }

  func add(_ request: TransportRequest) { requests.withLock { $0.append(request) } }
}
