import Documents
import JSON
import Replica
import Simulation
import Storage
import SyncProtocol

extension World {
  /// One complete push and pull, or what the network lets come of it.
  func sync(_ laptop: Node, isBad: Bool, seed: UInt64) throws {
    if laptop.isCutOff, isBad || schedule.seed % 2 == 0 { return note("cut off") }
    let (disk, theirs) = (laptop.disk, server.disk)
    let line = Line(
      to: desk, from: laptop.device, isBad ? schedule.network : nil, seed: seed,
      isDown: { disk.isDead || theirs.isDead })
    checker.noteWriter(server, isKnowing: false)
    defer { note(line) }
    do throws(ReplicaError) {
      let sync = LaptopSync(replica: laptop.replica, transport: line, fileSystem: disk)
      if devices.isRevoked(laptop.device) { return try surrender(laptop, sync) }
      try enrolIfNeeded(laptop)
      let report = try sync.run()
      laptop.lacking = []
      note("sent \(report.pushed), got \(report.pulled)")
    } catch {
      try checkRefusal(error, isBad: isBad)
    }
    if seed % 4 == 0, let last = line.record.last { try repeatLast(last, of: laptop) }
  }

  /// A revoked laptop gives what it has not sent, and is wiped. Only one of several copies can.
  func surrender(_ laptop: Node, _ sync: LaptopSync) throws(ReplicaError) {
    // One that was restored from a backup has no credentials for it.
    let isEnrolled = laptop.replica.store.identity.enrolment != nil
    if isEnrolled, !devices.hasSurrendered(laptop.device) { try sync.surrender() }
    note("\(laptop.name) has surrendered")
    remove(laptop)
  }

  private func note(_ line: Line) {
    let record = line.record
    exchangeCount += record.count
    late += record.late
    if late.count > Self.mostLate { late.removeFirst(late.count - Self.mostLate) }
    for (fault, message) in record.faults { noteFault(fault.rawValue, at: message) }
    if !record.faults.isEmpty {
      note(record.faults.map(\.fault.rawValue).joined(separator: ", "))
    }
  }

  private static let mostLate = 10

  /// What no network and no administrator explains is an error of the engine.
  private func checkRefusal(_ error: ReplicaError, isBad: Bool) throws {
    note("\(error)")
    if case .storage = error { throw error }
    guard !isBad, case .sync(let refusal) = error else { return }
    // A session gives up after several refusals that it puts right one by one: the next goes on.
    let explained: [SyncRefusal.Code] = [
      .recoveryClosed, .unavailable, .clock, .cursorGone, .serverReset,
    ]
    if !explained.contains(refusal.code) {
      throw Broken("sync", "refused for no reason: \(refusal.code): \(refusal.message)")
    }
  }

  /// Lets the last request of a sync arrive once more: nothing may change.
  private func repeatLast(_ request: TransportRequest, of laptop: Node) throws {
    guard !server.disk.isDead, !server.isFailing else { return }
    try checker.look(at: [server])
    _ = desk.answer(request, from: laptop.device)
    if server.disk.isDead { return }
    try checker.requireUnchanged(server, "a request that came again")
  }
}
