import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// Servers that went back, and the numbers of a server's own transactions: none is given twice, and none is in
/// a document that is not in the history.
@Suite struct ServerBackTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws { all = try TwoLaptops() }

  private func expectKnown(_ replica: TestReplica) throws {
    let known = replica.replica.read { $0.knowledge }
    let documents = try replica.replica.read { (tables) throws(StorageError) in
      try tables.documents(ofType: "patient")
    }
    #expect(!documents.isEmpty && documents.allSatisfy { $0.clock.isCovered(by: known) })
  }

  /// Found by `satchel-sim --seed 2`: the number that a new document got stood in a transaction without
  /// number, which the next one took: laptops did not take that one's write to the document.
  @Test func `an import at a server whose last line changes nothing leaves no number open`() throws
  {
    let csv = "external_id,first_name,last_name\nE1,Ana,Lima\nE1,Ana,Lima\n"
    let report = try server.replica.importPatients(Array(csv.utf8))
    #expect(report.created == 1 && report.unchanged == 1)
    try expectKnown(server)
    let ana = try server.replica.find(type: "patient", named: "E1")
    try meet()
    try server.carryOut(0, ["phone": "1"], ana)
    try meet()
    try expectEqual()
    #expect(try here.shown(ana)["phone"]?.stringValue == "1")
  }

  /// Found by `satchel-sim --seed 4`: what came with such a push got its number in a transaction whose own
  /// number the push gave back to the server, so that no laptop ever got it.
  @Test func `a server that is given its own numbers back goes on behind them`() throws {
    let old = try TestReplica(copyOf: server)
    try edit(there, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    try meet([there, here])
    try server.restore(old)
    try server.replica.setRecovery(isOpen: true)
    try edit(here, 2, ["first_name": "Bo", "last_name": "New", "status": "active"])
    try meet()
    try expectEqual()
    for replica in [server, here, there] { try expectKnown(replica) }
    #expect(try here.replica.document(key(2))?.received != nil)
  }

  /// Found by `satchel-sim --seed 43`: the server could not read what it had joined, and refused the laptop
  /// for good.
  @Test func `a server that went back takes an erased document from a laptop`() throws {
    try edit(server, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    try meet()
    let old = try TestReplica(copyOf: server)
    try server.replica.delete(key(1), reason: .erasure)
    try meet([there])
    try server.restore(old)
    try server.replica.setRecovery(isOpen: true)
    try edit(there, 2, ["first_name": "Bo", "last_name": "New", "status": "active"])
    try meet([there, here])
    try expectEqual()
    #expect(try server.replica.document(key(1))?.isErased == true)
    #expect(try server.replica.document(key(1))?.hasContent == false)
  }

  /// Found by the simulator: the laptop went on with the push behind its first page, was told that its place in
  /// the pull was gone, and began anew where it had been before the server went back: without documents.
  @Test func `a push that begins anew after a server went back leaves nothing out`() throws {
    for replica in [server, here, there] { replica.replica.pieces.pageByteCount = 500 }
    let old = try TestReplica(copyOf: server)
    for number in 1...5 as ClosedRange<UInt64> {
      try edit(here, number, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    }
    try here.sync(with: server)
    try server.restore(old)
    #expect(throws: ReplicaError.self) { try here.sync(with: server) }
    try server.replica.setRecovery(isOpen: true)
    try meet()
    try expectEqual()
    for number in 1...5 as ClosedRange<UInt64> {
      #expect(try there.shown(key(number))["first_name"]?.stringValue == "Ana")
    }
  }
}
