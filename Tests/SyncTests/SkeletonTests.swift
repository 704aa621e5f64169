import Causality
import Documents
import JSON
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// A skeleton keeps the keys of what it dropped (DESIGN, rules 8, 10 and 11). A rebuilt server knows no
/// replica but the one that rebuilds it, so it drops content that others still edit.
@Suite struct SkeletonTests: TwoLaptopSuite {
  let all: TwoLaptops
  private let invite = DocumentKey(type: "invite", id: UniqueID(high: 0x4000, low: 1 << 63 | 50))

  init() throws {
    all = try TwoLaptops()
    try edit(here, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active", "phone": "1"])
    try here.put([
      [
        "type": "invite", "id": .string(invite.id.description),
        "patient_id": .string(key(1).id.description), "email": "ana@example.org",
        "status": "pending", "expires_at": "2026-09-01T00:00:00.000Z",
      ]
    ])
    try meet()
  }

  /// An empty server, open to be rebuilt, after the trash time.
  private func rebuilt(by laptop: TestReplica) throws -> TestReplica {
    clock.set("2026-04-20T08:00:00Z")
    let empty = try TestReplica(clock: clock)
    try empty.replica.setRecovery(isOpen: true)
    try join(empty, laptop)
    return empty
  }

  /// While recovery is open nobody knows who is still to come: then nothing leaves the trash.
  private func emptyTrash(of server: TestReplica, _ laptop: TestReplica? = nil) throws {
    #expect(try server.replica.emptyTrash() == 0)
    try server.replica.setRecovery(isOpen: false)
    #expect(try server.replica.emptyTrash() == 2)
    if let laptop {
      try laptop.sync(with: server)
      #expect(try laptop.replica.emptyTrash() == 2)
    }
    try server.replica.setRecovery(isOpen: true)
  }

  private func join(_ server: TestReplica, _ laptop: TestReplica) throws {
    try laptop.enrol(at: server)
    try laptop.sync(with: server)
  }

  @Test func `a delete that had not seen all that was dropped deletes nothing`() throws {
    let third = try TestReplica(of: server, clock: clock)
    try third.sync(with: server)
    try there.carryOut(1, ["email": "unseen@example.org"], invite)
    try meet([there, here])
    try here.replica.delete(key(1), reason: .mistake)
    try meet([here, there])
    try third.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(invite, reason: .mistake)
    }
    let server = try rebuilt(by: here)
    try emptyTrash(of: server)
    try there.replica.restore(key(1))
    try join(server, there)
    try join(server, third)
    for laptop in [there, here, third, there, here, third] { try laptop.sync(with: server) }
    for replica in [server, here, there, third] {
      #expect(try replica.shown(invite)["email"]?.stringValue == "unseen@example.org")
      #expect(try replica.shown(invite)["deleted"] == nil)
    }
    try expectEqual([server, here, there, third])
  }

  @Test func `what a skeleton dropped and a laptop never had is not lost with it`() throws {
    try edit(here, 1, ["phone": "unseen"])
    let copy = try TestReplica(copyOf: here)
    try here.replica.delete(key(1), reason: .mistake)
    let first = try rebuilt(by: here)
    try emptyTrash(of: first)
    try edit(there, 1, ["notes": "brings it back"])
    try join(first, there)
    try there.sync(with: first)
    let second = try rebuilt(by: copy)
    try join(second, there)
    for laptop in [copy, there, copy, there] { try laptop.sync(with: second) }
    for replica in [second, copy, there] {
      #expect(try replica.shown(key(1))["phone"]?.stringValue == "unseen")
      #expect(try replica.shown(key(1))["notes"]?.stringValue == "brings it back")
    }
    try expectEqual([second, copy, there])
  }

  @Test func `a rebuilt server that learns of more than it has can be read`() throws {
    try edit(here, 1, ["phone": "unseen"])
    let copy = try TestReplica(copyOf: here)
    try here.replica.delete(key(1), reason: .mistake)
    let first = try rebuilt(by: here)
    try emptyTrash(of: first, here)
    // Here is a skeleton, at the second server an older copy that somebody has edited.
    try edit(there, 1, ["notes": "brings it back"])
    let second = try rebuilt(by: there)
    try join(second, here)
    #expect(try second.replica.document(key(1))?.lacksContent == true)
    let late = try TestReplica(of: second, clock: clock)
    try late.sync(with: second)
    #expect(try late.replica.wanted().contains(key(1)))
    _ = try second.replica.checkpoint()
    #expect(second.replica.verify().problems.isEmpty)
    try join(second, copy)
    for laptop in [copy, late, there, here] { try laptop.sync(with: second) }
    for replica in [second, copy, late, there, here] {
      #expect(try replica.shown(key(1))["phone"]?.stringValue == "unseen")
    }
  }

  @Test func `when recovery is closed the rest of a document is shown without what nobody has`()
    throws
  {
    try edit(here, 1, ["phone": "gone"])
    try here.replica.delete(key(1), reason: .mistake)
    let server = try rebuilt(by: here)
    try emptyTrash(of: server, here)
    try edit(there, 1, ["notes": "brings it back"])
    try join(server, there)
    for laptop in [there, here] { try laptop.sync(with: server) }
    // Others may still have what was dropped.
    #expect(try server.replica.wanted() == [key(1)])
    try server.replica.setRecovery(isOpen: false)
    for laptop in [there, here, there, here] { try laptop.sync(with: server) }
    for replica in [server, here, there] {
      let shown = try replica.shown(key(1))
      #expect(shown["phone"]?.stringValue == "1")
      #expect(shown["notes"]?.stringValue == "brings it back")
      #expect(try replica.replica.wanted().isEmpty)
    }
    try expectEqual([server, here, there])
  }
}
