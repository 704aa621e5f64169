import Causality
import Documents
import JSON
import ReplicaTestSupport
import Testing

@testable import Replica

/// A document that lives again lacks what no active replica has: the server asks all, then gives it up (DESIGN,
/// rule 11).
@Suite struct GivingUpTests: TwoLaptopSuite {
  let all: TwoLaptops

  /// A deleted patient whose trash time is over.
  init() throws {
    all = try TwoLaptops()
    try edit(
      here, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active", "notes": "kept"])
    try meet()
    try here.replica.delete(key(1), reason: .mistake)
    for _ in 0..<2 { try meet() }
    clock.set("2026-04-05T08:00:00Z")
  }

  /// As an edit by a device that does not know of the content brings it back.
  private func bringBack() throws {
    try here.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.undelete(key(1))
    }
  }

  @Test func `what nobody has is given up, and the document is shown`() throws {
    for replica in [here, there, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try bringBack()
    try here.sync(with: server)
    #expect(try server.replica.wanted() == [key(1)], "there was not asked yet")
    try there.sync(with: server)
    #expect(try server.replica.wanted().isEmpty)
    try meet()
    for replica in [here, there, server] {
      #expect(try replica.replica.document(key(1))?.lacksContent == false)
      #expect(try replica.replica.wanted().isEmpty)
      #expect(try replica.shown(key(1))["notes"] == nil)
    }
    try expectEqual()
    // It is a document like others from now on.
    try edit(there, 1, ["notes": "written later"])
    try meet()
    #expect(try here.shown(key(1))["notes"]?.stringValue == "written later")
  }

  @Test func `what one laptop still has in its trash is not given up`() throws {
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try bringBack()
    for _ in 0..<3 { try here.sync(with: server) }
    #expect(try server.replica.wanted() == [key(1)])
    try meet()
    for replica in [here, there, server] {
      #expect(try replica.shown(key(1))["notes"]?.stringValue == "kept")
    }
    try expectEqual()
  }

  @Test func `a retired laptop is not waited for`() throws {
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try bringBack()
    try here.sync(with: server)
    try server.replica.retire(there.replica.id)
    try here.sync(with: server)
    #expect(try server.replica.wanted().isEmpty)
  }

  @Test func `nothing is given up while recovery is open`() throws {
    for replica in [here, there, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try server.replica.setRecovery(isOpen: true)
    try bringBack()
    try meet()
    #expect(try server.replica.wanted() == [key(1)])
    try server.replica.setRecovery(isOpen: false)
    try meet()
    #expect(try server.replica.wanted().isEmpty)
  }

  @Test func `who lacked it once, and has had it since, is asked again`() throws {
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try bringBack()
    for _ in 0..<2 { try here.sync(with: server) }
    // `here` has said that it lacks the patient; `there` brings it to all.
    try meet()
    try there.replica.delete(key(1), reason: .mistake)
    for _ in 0..<2 { try meet() }
    clock.set("2026-06-05T08:00:00Z")
    for replica in [there, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try there.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.undelete(key(1))
    }
    for _ in 0..<2 { try there.sync(with: server) }
    #expect(try server.replica.wanted() == [key(1)])
    try meet()
    #expect(try there.shown(key(1))["notes"]?.stringValue == "kept")
  }
}
