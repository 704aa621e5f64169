import Causality
import Clinic
import Documents
import JSON
import ReplicaTestSupport
import Storage
import SyncProtocol
import Synchronization
import Testing

@testable import Replica

/// What somebody had no right to write is put back in the commit that takes it in (DESIGN, rule 21).
@Suite struct RefusedTests: TwoLaptopSuite {
  let all: TwoLaptops
  private let user = DocumentKey(type: "user", id: TestReplica.user)

  init() throws {
    all = try TwoLaptops(pieces: 1)
    try setUser(status: "active", role: "clinician")
    try edit(here, 1, ["first_name": "Ana", "last_name": "Lima", "status": "active", "phone": "1"])
    try meet(isJudged: true)
  }

  private func setUser(status: String, role: String) throws {
    try server.carryOut(
      0,
      [
        "email": "ada@example.org", "name": "Ada", "role": .string(role), "status": .string(status),
      ],
      user)
  }

  private func parked(_ replica: TestReplica) throws -> [String] {
    try replica.replica.store.parked().map { String(decoding: $0.content, as: UTF8.self) }
  }

  /// Found by `satchel-sim --seed 625`: both copies of one write stood beside each other.
  @Test func `a server that went back and puts the same write back again holds it once`() throws {
    try setUser(status: "inactive", role: "clinician")
    let disabled = try TestReplica(copyOf: server)
    try edit(here, 1, ["phone": "2"])
    try edit(there, 1, ["phone": "3"])
    try here.sync(with: server, isJudged: true)
    try server.restore(disabled)
    try there.sync(with: server, isJudged: true)
    try server.replica.setRecovery(isOpen: true)
    try meet(isJudged: true)
    try expectEqual()
    let versions = try #require(try server.replica.document(key(1))).versions(of: "phone")
    #expect(versions.count == 1 && versions[0].value["phone"]?.stringValue == "1")
    #expect(try server.shown(key(1))["phone"]?.stringValue == "1")
  }

  @Test func `an edit by a disabled user is taken back and kept aside on both sides`() throws {
    try setUser(status: "inactive", role: "clinician")
    try edit(here, 1, ["phone": "secret 2"])
    try edit(here, 1, ["notes": "secret note"])
    try here.sync(with: server, isJudged: true)
    #expect(try server.shown(key(1))["phone"]?.stringValue == "1")
    #expect(try server.shown(key(1))["notes"]?.stringValue ?? "" == "")
    try meet(isJudged: true)
    try expectEqual()
    #expect(try here.shown(key(1))["phone"]?.stringValue == "1")
    for replica in [server, here] {
      let files = try parked(replica)
      #expect(files.count == 2)
      #expect(
        files.contains { $0.contains("secret 2") } && files.contains { $0.contains("secret note") })
    }
    #expect(try parked(there).isEmpty)
    for replica in [server, here, there] {
      let items = try replica.replica.reviewItems().filter { $0.rule == "refused" }
      #expect(items.count == 2)
      #expect(items.allSatisfy { $0.summary.contains("Ada") && !$0.summary.contains("secret") })
    }
    let seen = try there.state().joined()
    #expect(!seen.contains("secret"))
  }

  @Test func `a creation, a delete and a restore that are refused leave all as it was`() throws {
    try edit(here, 2, ["first_name": "Bo", "last_name": "Gone", "status": "active"])
    try here.replica.delete(key(2), reason: .mistake)
    try meet(isJudged: true)
    let before = try there.shown(key(1))
    try setUser(status: "suspended", role: "clinician")
    try edit(here, 3, ["first_name": "Cy", "last_name": "Secret", "status": "active"])
    try here.replica.delete(key(1), reason: .duplicate)
    try here.replica.restore(key(2))
    try meet(isJudged: true)
    try expectEqual()
    for replica in [server, here, there] {
      #expect(try canonical(replica.shown(key(1))) == canonical(before))
      #expect(try replica.shown(key(2))["deleted"]?.boolValue == true)
      #expect(try replica.shown(key(3))["deleted"]?.boolValue == true)
    }
    #expect(!(try there.state().joined().contains("Secret")))
    #expect(try parked(here).count == 3)
  }

  @Test func `an edit that would bring a deleted document back does not`() throws {
    try there.replica.delete(key(1), reason: .mistake)
    try there.sync(with: server, isJudged: true)
    try setUser(status: "inactive", role: "clinician")
    try edit(here, 1, ["phone": "late", "notes": "a field that it never had"])
    try meet(isJudged: true)
    try expectEqual()
    for replica in [server, here, there] {
      #expect(try replica.shown(key(1))["deleted"]?.boolValue == true)
    }
  }

  /// What a laptop wrote while its user was disabled arrives, then what another wrote by right, or the other
  /// way round.
  private func arrive(refusedFirst: Bool) throws {
    for isRefused in [refusedFirst, !refusedFirst] {
      try setUser(status: isRefused ? "inactive" : "active", role: "clinician")
      try (isRefused ? here : there).sync(with: server, isJudged: true)
    }
    try setUser(status: "active", role: "clinician")
    try meet(isJudged: true)
    try expectEqual()
  }

  /// The model's rule 21: what a server puts back where nothing had stood is no edit.
  @Test(arguments: [true, false])
  func `a refused edit keeps nothing alive that somebody deletes`(refusedFirst: Bool) throws {
    try edit(here, 1, ["notes": "a field that it never had"])
    try there.replica.delete(key(1), reason: .mistake)
    try arrive(refusedFirst: refusedFirst)
    for replica in [server, here, there] {
      #expect(try replica.shown(key(1))["deleted"]?.boolValue == true)
      #expect(try replica.replica.reviewItems().map(\.rule) == ["refused"])
    }
  }

  @Test(arguments: [true, false])
  func `a refused delete stands in the way of no other`(refusedFirst: Bool) throws {
    try here.replica.delete(key(1), reason: .duplicate)
    try there.replica.delete(key(1), reason: .mistake)
    try arrive(refusedFirst: refusedFirst)
    for replica in [server, here, there] {
      #expect(try replica.shown(key(1))["deleted"]?.boolValue == true)
    }
    try there.replica.restore(key(1))
    try meet(isJudged: true)
    try expectEqual()
    #expect(try here.shown(key(1))["phone"]?.stringValue == "1")
  }

  @Test(arguments: [true, false])
  func `what was put back is no side of a conflict`(refusedFirst: Bool) throws {
    try edit(here, 1, ["notes": "refused"])
    try edit(there, 1, ["notes": "by right"])
    try arrive(refusedFirst: refusedFirst)
    for replica in [server, here, there] {
      #expect(try replica.shown(key(1))["notes"]?.stringValue == "by right")
      #expect(try replica.replica.reviewItems().map(\.rule) == ["refused"])
    }
    try edit(here, 1, ["notes": "later"])
    try meet(isJudged: true)
    try expectEqual()
    #expect(try there.shown(key(1))["notes"]?.stringValue == "later")
  }

  /// A server that went back still has what the laptop has dropped: a delete that is refused now must not
  /// drop it, not for a moment.
  @Test func `a refused delete drops no content`() throws {
    let old = try TestReplica(copyOf: server)
    try here.replica.delete(key(1), reason: .mistake)
    try meet(isJudged: true)
    clock.set("2026-04-05T08:00:00Z")
    try meet(isJudged: true)
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try server.restore(old)
    try setUser(status: "inactive", role: "clinician")
    for _ in 0..<2 { try here.sync(with: server, isJudged: true) }
    for replica in [server, here] {
      #expect(try replica.shown(key(1))["phone"]?.stringValue == "1")
      #expect(try replica.shown(key(1))["deleted"]?.boolValue != true)
    }
  }

  /// A laptop that went back still has what was refused, of a document that is long gone: the skeleton names
  /// what it dropped, so the rest goes, and keeps nothing alive.
  @Test(arguments: ["phone", "notes"])
  func `an old copy of a refused edit keeps no skeleton alive`(unit: String) throws {
    try edit(here, 1, JSONObject([(unit, "refused")]))
    let old = try TestReplica(copyOf: here)
    try there.replica.delete(key(1), reason: .mistake)
    try arrive(refusedFirst: true)
    clock.set("2026-04-05T08:00:00Z")
    try meet(isJudged: true)
    for replica in [server, here, there] { #expect(try replica.replica.emptyTrash() == 1) }
    try here.restore(old)
    #expect(try here.state().joined().contains("refused\""))
    for _ in 0..<2 { try meet(isJudged: true) }
    try expectEqual()
    for replica in [server, here, there] {
      #expect(try replica.replica.isDeleted(key(1)))
      #expect(!(try replica.state().joined().contains("refused\"")))
    }
  }

  /// Two copies of a laptop wrote under one name: those of the second got another one before they were judged.
  @Test func `what was refused under another name is kept aside by its author`() throws {
    let copy = try TestReplica(copyOf: here)
    try edit(here, 1, ["phone": "first"])
    try edit(copy, 1, ["notes": "refused"])
    try here.sync(with: server, isJudged: true)
    try setUser(status: "inactive", role: "clinician")
    for _ in 0..<2 { try copy.sync(with: server, isJudged: true) }
    #expect(try parked(copy).joined().contains("refused"))
    #expect(try parked(here).isEmpty)
  }

  /// The server has only names left of what stood before: nothing comes from there in its place.
  @Test(arguments: ["phone", "last_name"])
  func `a refused edit of what left the trash goes from its author too`(field: String) throws {
    let old = try TestReplica(copyOf: here)
    try there.replica.delete(key(1), reason: .mistake)
    for _ in 0..<2 { try meet(isJudged: true) }
    clock.set("2026-04-05T08:00:00Z")
    for replica in [server, here, there] { #expect(try replica.replica.emptyTrash() == 1) }
    try here.restore(old)
    try setUser(status: "inactive", role: "clinician")
    try edit(here, 1, JSONObject([(field, "refused")]))
    for _ in 0..<2 { try meet(isJudged: true) }
    for replica in [server, here, there] {
      #expect(!(try replica.state().joined().contains("refused\"")))
    }
  }

  @Test func `an old copy does not bring what its author replaced by a refused edit`() throws {
    try here.replica.delete(key(1), reason: .mistake)
    for _ in 0..<2 { try meet(isJudged: true) }
    clock.set("2026-04-05T08:00:00Z")
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try setUser(status: "inactive", role: "clinician")
    try edit(there, 1, ["phone": "first words"])
    let old = try TestReplica(copyOf: there)
    try edit(there, 1, ["phone": "second words"])
    // Nothing of the first transaction comes: nobody can say whether it was allowed to write that.
    try there.sync(with: server, isJudged: true)
    try there.restore(old)
    for _ in 0..<2 { try meet(isJudged: true) }
    for replica in [server, here] {
      #expect(!(try replica.state().joined().contains("words\"")))
    }
  }

  @Test func `a push that comes twice brings nothing back`() throws {
    try setUser(status: "inactive", role: "clinician")
    let log = RequestLog()
    try edit(here, 1, ["phone": "secret"])
    let transport = DirectTransport(to: server, from: here, isJudged: true) {
      (request) throws(TransportError) in
      log.add(request)
      return true
    }
    try here.sync(over: transport)
    let state = try server.state()
    for request in log.all { _ = try transport.send(request) }
    #expect(try server.state() == state)
    #expect(try server.shown(key(1))["phone"]?.stringValue == "1")
  }

  @Test func `a push that comes twice brings nothing back to what is long gone`() throws {
    try server.replica.retire(there.replica.id)
    try here.replica.delete(key(1), reason: .mistake)
    for _ in 0..<2 { try here.sync(with: server, isJudged: true) }
    clock.set("2026-04-05T08:00:00Z")
    for replica in [here, server] { #expect(try replica.replica.emptyTrash() == 1) }
    try setUser(status: "inactive", role: "clinician")
    try edit(there, 1, ["phone": "late"])
    let log = RequestLog()
    let transport = DirectTransport(to: server, from: there, isJudged: true) {
      (request) throws(TransportError) in
      log.add(request)
      return true
    }
    try there.sync(over: transport)
    let state = try server.state()
    #expect(!state.joined().contains("late"))
    for request in log.all { _ = try transport.send(request) }
    #expect(try server.state() == state)
    try meet(isJudged: true)
    try expectEqual()
  }

  @Test func `what others wrote at the same time stands`() throws {
    try edit(there, 1, ["phone": "3"])
    try there.sync(with: server, isJudged: true)
    let other = try TestReplica(of: server, clock: clock)
    try other.sync(with: server, isJudged: true)
    try setUser(status: "inactive", role: "clinician")
    try edit(here, 1, ["phone": "2"])
    try meet(isJudged: true)
    try expectEqual()
    #expect(try here.shown(key(1))["phone"]?.stringValue == "3")
    #expect(try here.replica.reviewItems().map(\.rule) == ["refused"])
  }

  @Test func `a laptop writes no users, whatever its program says`() throws {
    try here.carryOut(0, ["role": "owner"], user)
    try meet(isJudged: true)
    try expectEqual()
    #expect(try server.shown(user)["role"]?.stringValue == "clinician")
    #expect(try parked(server).count == 1)
  }

  @Test func `a laptop cannot erase by itself`() throws {
    try here.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(key(1), reason: .erasure)
    }
    try here.sync(with: server, isJudged: true)
    #expect(try server.shown(key(1))["first_name"]?.stringValue == "Ana")
  }

  @Test func `what is kept aside goes with the document that is erased`() throws {
    try setUser(status: "inactive", role: "clinician")
    try edit(here, 1, ["phone": "secret 2"])
    try edit(here, 2, ["first_name": "Bo", "last_name": "Kept", "status": "active"])
    try meet(isJudged: true)
    #expect(try parked(server).joined().contains("secret 2"))
    try server.replica.transact { (transaction) throws(ReplicaError) in
      try transaction.delete(key(1), reason: .erasure)
    }
    try meet(isJudged: true)
    for replica in [server, here] {
      let files = try parked(replica).joined()
      #expect(!files.contains("secret 2") && files.contains("Kept"))
    }
  }

  @Test func `of lines that were committed at once only the forbidden one is refused`() throws {
    let commits = Atomic(0)
    here.replica.observeCommits { commits.add(1, ordering: .relaxed) }
    try here.replica.transact { (transaction) throws(ReplicaError) in
      for number: UInt64 in 2...4 {
        transaction.beginNext()
        let isForbidden = number == 3
        try transaction.set(
          isForbidden ? user : key(number),
          to: isForbidden
            ? ["email": "ada@example.org", "name": "Ada", "role": "owner", "status": "active"]
            : ["first_name": "Bo", "last_name": "Good", "status": "active"])
      }
      transaction.beginNext()
    }
    #expect(commits.load(ordering: .relaxed) == 1)
    try meet(isJudged: true)
    try expectEqual()
    for number: UInt64 in [2, 4] {
      #expect(try there.shown(key(number))["last_name"]?.stringValue == "Good")
    }
    #expect(try there.shown(user)["role"]?.stringValue == "clinician")
    #expect(try parked(server).count == 1)
  }

  @Test func `one transaction of many is refused, the others stand`() throws {
    try edit(here, 2, ["first_name": "Bo", "last_name": "Good", "status": "active"])
    try here.carryOut(0, ["role": "owner"], user)
    try edit(here, 3, ["first_name": "Cy", "last_name": "Good", "status": "active"])
    try meet(isJudged: true)
    try expectEqual()
    #expect(try there.shown(key(2))["last_name"]?.stringValue == "Good")
    #expect(try there.shown(key(3))["last_name"]?.stringValue == "Good")
    #expect(try there.shown(user)["role"]?.stringValue == "clinician")
  }
}
