import Cluster
import Testing

/// A few schedules of the simulator, for every test run; `satchel-sim` plays as many as there is time for.
@Suite struct ScheduleTests {
  private let runner: Runner

  init() throws { runner = try Runner() }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `every promise is kept`(seed: UInt64) {
    let outcome = runner.run(Schedule(seed: seed))
    #expect(outcome.failure == nil, "satchel-sim --seed \(seed)")
  }

  @Test(arguments: [7, 11] as [UInt64])
  func `a schedule played twice leaves the same trace`(seed: UInt64) {
    let schedule = Schedule(seed: seed)
    let (first, second) = (
      runner.run(schedule, keepsTrace: true), runner.run(schedule, keepsTrace: true)
    )
    #expect(first.trace == second.trace && first.traceHash == second.traceHash)
    #expect(first.trace.count > schedule.steps.count)
    #expect(runner.run(Schedule(seed: seed + 1)).traceHash != first.traceHash)
  }
}
