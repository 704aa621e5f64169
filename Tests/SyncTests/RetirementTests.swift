import Causality
import Documents
import JSON
import ReplicaTestSupport
import Storage
import Testing

@testable import Replica

/// Laptops that are silent for long (DESIGN, rule 15).
@Suite struct RetirementTests {
  let clock = TestClock("2026-03-01T08:00:00Z")
  let server: TestReplica
  let here: TestReplica
  private let key = DocumentKey(type: "patient", id: UniqueID(high: 0x4000, low: 1 << 63 | 1))

  init() throws {
    server = try TestReplica(clock: clock)
    here = try TestReplica(of: server, clock: clock)
    try here.carryOut(1, ["first_name": "Ana", "last_name": "Lima", "status": "active"], key)
    try here.sync(with: server)
  }

  /// Days on which the server serves some laptops.
  private func serve(_ laptops: [TestReplica], days: Int) throws {
    for _ in 0..<days {
      clock.advance(minutes: 24 * 60)
      for laptop in laptops { try laptop.sync(with: server) }
    }
  }

  @Test func `one of many that is silent for 180 days of service is retired, and comes back`()
    throws
  {
    let others = try (0..<4).map { _ in try TestReplica(of: server, clock: clock) }
    for laptop in others { try laptop.sync(with: server) }
    try here.carryOut(1, ["phone": "unsent"], key)
    let id = here.replica.id
    try serve([others[0]], days: 20)
    for laptop in others { try laptop.sync(with: server) }
    try serve(others, days: 160)
    #expect(try server.replica.retireSilent().isEmpty)
    try serve(others, days: 1)
    #expect(server.replica.silentReplicas == [id])
    #expect(try server.replica.retireSilent() == [id])
    try here.sync(with: server)
    #expect(here.replica.id != id)
    #expect(try server.shown(key)["phone"]?.stringValue == "unsent")
  }

  @Test func `days on which the server served nobody do not count`() throws {
    let others = try (0..<4).map { _ in try TestReplica(of: server, clock: clock) }
    for laptop in others { try laptop.sync(with: server) }
    clock.advance(minutes: 365 * 24 * 60)
    try serve(others, days: 5)
    #expect(server.replica.silentReplicas.isEmpty)
  }

  @Test func `more than a fifth at once is left to an administrator`() throws {
    let others = try (0..<2).map { _ in try TestReplica(of: server, clock: clock) }
    for laptop in others { try laptop.sync(with: server) }
    try serve(others, days: 181)
    #expect(server.replica.silentReplicas == [here.replica.id])
    #expect(try server.replica.retireSilent().isEmpty)
  }

  @Test func `an exchange of nothing is noted once a day, and no more`() throws {
    try here.sync(with: server)
    let log = server.replica.store.logByteCount
    for _ in 0..<5 { try here.sync(with: server) }
    #expect(server.replica.store.logByteCount == log)
    clock.advance(minutes: 24 * 60)
    try here.sync(with: server)
    let next = server.replica.store.logByteCount
    #expect(next > log)
    try here.sync(with: server)
    #expect(server.replica.store.logByteCount == next)
  }
}
