import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// Every rule of MERGE.md between two laptops and a server, in both orders of arrival, seen by a third
/// laptop that pulls late.
@Suite struct MergeVectorTests {
  @Test(arguments: MergeVector.all)
  func `a vector comes out as its rule says`(vector: MergeVector) throws {
    try run(vector, isBFirst: false)
    // What comes is taken in document by document.
    try TestReplica.$pieces.withValue(1) { try run(vector, isBFirst: true) }
  }

  private func run(_ vector: MergeVector, isBFirst: Bool) throws {
    let clock = TestClock("2026-03-01T08:00:00Z")
    let server = try TestReplica(clock: clock)
    let (a, b, late) = (
      try TestReplica(of: server, clock: clock), try TestReplica(of: server, clock: clock),
      try TestReplica(of: server, clock: clock)
    )
    try a.put(vector.objects("start"))
    try a.sync(with: server)
    try b.sync(with: server)
    for edit in vector.objects("a") { try a.carryOut(edit) }
    for edit in vector.objects("b") { try b.carryOut(edit) }
    clock.set(vector.object["now"]?.stringValue ?? "2026-03-02T13:00:00Z")
    clock.catchUp()
    let (first, second) = isBFirst ? (b, a) : (a, b)
    for laptop in [first, second, first, late] { try laptop.sync(with: server) }
    let expected = isBFirst ? vector.object["b_first"]?.objectValue ?? vector.object : vector.object
    let what = "\(vector.name), \(isBFirst ? "b" : "a") first"
    for replica in [a, b, late, server] {
      try check(replica, expected, [("{a}", a), ("{b}", b)], what)
    }
    try expectNothingToWrite(server, what)
  }

  /// What the server writes by itself is written once.
  private func expectNothingToWrite(_ server: TestReplica, _ what: String) throws {
    let types = ["invite", "appointment", "user", "patient"]
    let keys = try server.replica.read { (tables) throws(StorageError) in
      var keys: [DocumentKey] = []
      for type in types { keys += try tables.documents(ofType: type).map(\.key) }
      return keys
    }
    for key in keys {
      let writes = try server.replica.looking { $0.serverWrites(because: [key]) }
      #expect(writes.isEmpty, "\(what): \(key)")
    }
  }

  private func check(
    _ replica: TestReplica, _ expected: JSONObject, _ devices: [(String, TestReplica)],
    _ what: String
  ) throws {
    for document in expected["merged"]?.arrayValue?.compactMap(\.objectValue) ?? [] {
      let key = try #require(document.key)
      let wanted = devices.reduce(canonical(document)) { text, device in
        text.replacing(device.0, with: device.1.device.description)
      }
      #expect(canonical(try replica.shown(key)) == wanted, "\(what)")
    }
    let items = (expected["review"]?.arrayValue ?? []).compactMap(\.objectValue).map(canonical)
    #expect(try replica.review() == items.sorted(), "\(what)")
  }
}
