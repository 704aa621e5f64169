import Causality
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import SyncProtocol
import Testing

@testable import Replica

/// A laptop whose repair could not heal a document: of what it says that it knows, it lacks something.
@Suite struct DamagedLaptopTests: TwoLaptopSuite {
  let all: TwoLaptops

  init() throws {
    all = try TwoLaptops()
    try edit(
      here, 1,
      [
        "first_name": "Ana", "last_name": "Lima", "status": "active", "phone": "555",
        "notes": "prefers mornings",
      ])
    try meet()
  }

  /// A bit of a document's file flips, and somebody has the store repaired.
  private func loseDocument(_ number: UInt64, at laptop: TestReplica) throws {
    _ = try laptop.replica.checkpoint()
    laptop.replica.store.close()
    let (fileSystem, setup) = (POSIXFileSystem(), try ReplicaSetup.system())
    let path = StoreLayout(root: laptop.root).file(of: key(number))
    var bytes = try fileSystem.readFile(path)
    bytes[bytes.count / 2] ^= 1
    let file = try fileSystem.open(path, .openOrCreate)
    try file.write(bytes, at: 0)
    file.close()
    #expect(try setup.repair(laptop.root).lost == [key(number)])
    try laptop.reopen()
    #expect(try laptop.replica.document(key(number)) == nil && laptop.replica.hasLostDocuments)
  }

  /// Found by `satchel-sim --seed 112`: nobody asked for it, so the laptop never had it again.
  @Test func `a document that was damaged is fetched again, and edited meanwhile it comes whole`()
    throws
  {
    try loseDocument(1, at: here)
    try edit(there, 1, ["phone": "777"])
    try there.sync(with: server)
    for _ in 0..<2 { try here.sync(with: server) }
    #expect(!here.replica.hasLostDocuments)
    let shown = try here.shown(key(1))
    #expect(shown["phone"]?.stringValue == "777")
    #expect(shown["notes"]?.stringValue == "prefers mornings")
    #expect(try server.state() == here.state())
  }

  /// Found by `satchel-sim --seed 2376`: the new document had seen all that was written under the old id.
  @Test func `what is written to a lost document replaces nothing that was written here before`()
    throws
  {
    try loseDocument(1, at: here)
    try edit(here, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active"])
    try meet()
    try expectEqual()
    #expect(try there.shown(key(1))["notes"]?.stringValue == "prefers mornings")
  }

  /// Found by `satchel-sim --seed 2023`: with its knowledge the server claimed the document, and nobody else
  /// sent it.
  @Test func `it gives an emptied server nothing until the others have given what they have`()
    throws
  {
    try loseDocument(1, at: here)
    let empty = try emptyServer()
    let error = #expect(throws: ReplicaError.self) { try here.sync(with: empty) }
    #expect("\(error as Any)".contains("sync the other devices first"))
    #expect(empty.replica.read { $0.knowledge }.isEmpty)
    for laptop in [there, here] { try laptop.sync(with: empty) }
    #expect(!here.replica.hasLostDocuments)
    for replica in [empty, here] {
      #expect(try replica.shown(key(1))["notes"]?.stringValue == "prefers mornings")
    }
  }

  private func emptyServer() throws -> TestReplica {
    let empty = try TestReplica(clock: clock)
    try empty.replica.setRecovery(isOpen: true)
    for laptop in [here, there] { try laptop.enrol(at: empty) }
    return empty
  }

  @Test func `the last laptop rebuilds a server once what it has lost is given up`() throws {
    try edit(here, 2, ["first_name": "Bo", "last_name": "Kept", "status": "active"])
    try loseDocument(1, at: here)
    let empty = try emptyServer()
    #expect(throws: ReplicaError.self) { try here.sync(with: empty) }
    try here.replica.giveUpLostDocuments()
    try here.sync(with: empty)
    #expect(try empty.shown(key(2))["last_name"]?.stringValue == "Kept")
    #expect(try empty.replica.document(key(1)) == nil)
  }

  /// Found by `satchel-sim --seed 960`: the server had never heard of the id between, took what was written
  /// under it for another device's, and refused all of it.
  @Test func `what was written under an id that no server ever saw comes with the next push`()
    throws
  {
    try edit(here, 2, ["first_name": "Bo", "last_name": "L", "status": "active"])
    try meet()
    try loseDocument(1, at: here)
    try edit(here, 3, ["first_name": "Cy", "last_name": "Between", "status": "active"])
    try loseDocument(2, at: here)
    try meet()
    try expectEqual()
    #expect(try there.shown(key(3))["last_name"]?.stringValue == "Between")
    #expect(try here.shown(key(1))["notes"]?.stringValue == "prefers mornings")
  }
}
