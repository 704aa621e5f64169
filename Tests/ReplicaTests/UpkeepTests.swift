import Dispatch
import JSON
import Replica
import Storage
import Testing

struct UpkeepTests {
  private func clock() -> CheckpointClock {
    CheckpointClock(idleMilliseconds: 30, pauseMilliseconds: 100)
  }

  private func expect(
    _ isDue: Bool, _ clock: inout CheckpointClock, log: Int, now: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = clock.isDue(log: log, limit: 100, now: now)
    #expect(found == isDue, sourceLocation: sourceLocation)
  }

  @Test func `a log that has grown is due at once`() {
    var clock = clock()
    expect(false, &clock, log: 99, now: 5)
    expect(true, &clock, log: 100, now: 5)
  }

  @Test func `a log that nobody adds to is due after a while, an empty one never`() {
    var clock = clock()
    expect(false, &clock, log: 1, now: 10)
    expect(false, &clock, log: 2, now: 39)
    expect(false, &clock, log: 2, now: 68)
    expect(true, &clock, log: 2, now: 69)
    expect(false, &clock, log: 0, now: 1000)
  }

  @Test func `after a failure it waits`() {
    var clock = clock()
    clock.noteFailure(now: 1000)
    expect(false, &clock, log: 500, now: 1099)
    expect(true, &clock, log: 500, now: 1100)
  }

  @Test func `an idle store is brought into files while it is open`() throws {
    let clinic = try TestClinic()
    try clinic.create("patient", ["first_name": "Ada", "last_name": "Okafor"])
    var timing = Upkeep.Timing()
    (timing.interval, timing.idleMilliseconds) = (1, 1)
    let (replica, seen) = (clinic.replica, DispatchSemaphore(value: 0))
    let upkeep = Upkeep(timing: timing) {
      if replica.store.logByteCount == 0 { seen.signal() }
      return [replica]
    }
    try upkeep.start()
    #expect(seen.wait(timeout: .now() + 60) == .success)
    upkeep.stop()
    #expect(replica.store.logByteCount == 0)
  }
}
