import Causality
import Clinic
import Dispatch
import Documents
import JSON
import Platform
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// The review list through restarts of the program.
@Suite struct SavedReviewTests {
  let clock = TestClock("2026-03-01T08:00:00Z")

  private func list(_ replica: Replica) throws -> [String] {
    try replica.reviewItems().map { canonical($0.value) }
  }

  /// Another object on the same store, as after a restart.
  private func restarted(_ replica: Replica) -> Replica {
    Replica(store: replica.store, role: .server, catalogue: .standard, world: replica.world)
  }

  private func expectSaved(_ replica: Replica, _ context: String) throws {
    let day = Int(clock.now() / 86_400_000)
    let saved = try #require(try restarted(replica).savedReviewIndex(day: day), "\(context)")
    let fresh = try restarted(replica).newReviewIndex(day: day)
    #expect(
      saved.sorted.map { canonical($0.value) }
        == fresh.index.sorted.map { canonical($0.value) },
      "\(context)")
  }

  /// Of every rule, with what was written before and after the checkpoint.
  @Test(arguments: MergeVector.all)
  func `a list that a checkpoint noted is the list from nothing`(vector: MergeVector) throws {
    let server = try TestReplica(clock: clock)
    let replica = server.replica
    try server.put(vector.objects("start"))
    _ = try list(replica)
    for edit in vector.objects("a") { try? server.carryOut(edit) }
    _ = try replica.checkpoint()
    try expectSaved(replica, "at the checkpoint")
    let noted = clock.now()
    for edit in vector.objects("b") { try? server.carryOut(edit) }
    clock.set(Timestamp.text(milliseconds: max(noted, clock.now())))
    try expectSaved(replica, "after writes")
    clock.set("2026-04-20T08:00:00Z")
    try expectSaved(replica, "on another day")
    // The list of a program that never asked for it goes on from checkpoint to checkpoint.
    let other = restarted(replica)
    _ = try other.checkpoint()
    try expectSaved(other, "after another checkpoint")
    #expect(try list(other) == list(replica))
    // A clock that was wrong is put back: what had gone with the days is there again.
    clock.set("2026-03-02T13:00:00Z")
    #expect(try list(other) == list(restarted(server.replica)))
    #expect(try restarted(replica).savedReviewIndex(day: Int(clock.now() / 86_400_000)) == nil)
  }

  /// Of two moves of a visit the later is shown, days away; the other slot stays held, on top of another
  /// visit. Only the moved one finds the other.
  @Test func `an item follows what it names, though that finds no way to it`() throws {
    let vector = try #require(MergeVector.all.first { $0.name == "A1" })
    let server = try TestReplica(clock: clock)
    let (here, there) = (
      try TestReplica(of: server, clock: clock), try TestReplica(of: server, clock: clock)
    )
    var other = try #require(
      vector.objects("start").first { $0["type"]?.stringValue == "appointment" })
    let moved = other["id"] ?? .null
    let id = UniqueID(high: 0x4000, low: 1 << 63 | 99).description
    for (name, value) in [
      ("id", id), ("start_time", "14:00"), ("end_time", "14:30"), ("confirmation_code", "9KQ2M4NZ"),
    ] { other[name] = .string(value) }
    let patient = UniqueID(high: 0x4000, low: 1 << 63 | 98).description
    other["patient_id"] = .string(patient)
    let somebody: JSONObject = [
      "type": "patient", "id": .string(patient), "first_name": "Cy", "last_name": "Stone",
      "status": "active",
    ]
    try here.put(vector.objects("start") + [somebody, other])
    for laptop in [here, there] { try laptop.sync(with: server) }
    func move(_ replica: TestReplica, _ date: String) throws {
      clock.advance(minutes: 1)
      try replica.carryOut([
        "op": "update", "type": "appointment", "id": moved,
        "value": ["date": .string(date), "start_time": "14:00", "end_time": "14:30"],
      ])
    }
    try move(here, "2026-03-10")
    try move(there, "2026-03-24")
    for laptop in [here, there, here] { try laptop.sync(with: server) }
    let rules = try here.replica.reviewItems().map(\.rule).sorted()
    #expect(rules == ["A1", "A16"])
    clock.advance(minutes: 1)
    try here.carryOut([
      "op": "update", "type": "appointment", "id": .string(id), "value": ["status": "unconfirmed"],
    ])
    #expect(try list(here.replica) == list(restarted(here.replica)))
  }

  @Test func `a checkpoint between writes notes what it covers`() throws {
    let server = try TestReplica(clock: clock)
    let replica = server.replica
    _ = try list(replica)
    // One makes checkpoints, the others make patients, all with one of three addresses.
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for number in 0..<24 {
        if thread == 0 {
          if number % 4 == 0 {
            #expect(throws: Never.self) { _ = try replica.checkpoint() }
          }
          continue
        }
        let id = UniqueID(high: 0x4000, low: 1 << 63 | UInt64(1000 * thread + number))
        let patient: JSONObject = [
          "first_name": .string("P\(thread)-\(number)"), "last_name": "Lima", "status": "active",
          "email": .string("shared-\(number % 3)@example.org"),
        ]
        #expect(throws: Never.self) {
          try replica.transact { (tx) throws(ReplicaError) in
            try tx.set(DocumentKey(type: "patient", id: id), to: patient)
          }
        }
      }
    }
    try expectSaved(replica, "at the end")
    #expect(try list(replica) == list(restarted(replica)))
  }

  /// As after `kill -9` in the middle of the next checkpoint: a file is newer than the index that names it.
  @Test func `a list is made from nothing where a checkpoint was cut off`() throws {
    let vector = try #require(MergeVector.all.first { $0.name == "A1" })
    let server = try TestReplica(clock: clock)
    let store = server.replica.store
    try server.put(vector.objects("start"))
    _ = try list(server.replica)
    _ = try server.replica.checkpoint()
    for edit in vector.objects("a") { try server.carryOut(edit) }
    let other = try TestReplica(copyOf: server)
    _ = try other.replica.checkpoint()
    let files = POSIXFileSystem()
    for key in try vector.objects("a").map({ try #require($0.key) }) {
      let new = try files.readFile(other.replica.store.layout.file(of: key))
      #expect(try files.readFile(store.layout.file(of: key)) != new)
      try files.writeFileDurably(store.layout.file(of: key), new)
    }
    #expect(try list(restarted(server.replica)) == list(server.replica))
    _ = try server.replica.checkpoint()
    try expectSaved(server.replica, "after the next checkpoint")
  }

  @Test func `nothing is noted before anybody asks`() throws {
    let server = try TestReplica(clock: clock)
    try server.put(MergeVector.all[0].objects("start"))
    _ = try server.replica.checkpoint()
    #expect(try server.replica.savedReviewIndex(day: 20_000) == nil)
  }

  @Test func `what was noted under other rules is not used`() throws {
    let functions = try ReplicaSetup.system().world.clinic
    let saved = SavedReviewList(day: 3, documents: []).value(functions)
    #expect(SavedReviewList(saved, functions)?.day == 3)
    var other = functions
    other.zoneDataVersion = "2099z"
    #expect(SavedReviewList(saved, other) == nil)
    #expect(SavedReviewList("nonsense", functions) == nil)
  }
}
